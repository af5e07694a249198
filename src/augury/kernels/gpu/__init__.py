"""Kernels for NVIDIA GPUs, written in Triton, which comes with PyTorch's CUDA wheels.

Their integers equal those of the plain path, their levels too, and their floats to 1e-6. Modules
here import Triton at the top: import them only for tensors on a GPU.
"""
