"""Environment variables that a process must have to run cells like every other process."""

import os

from augury.startup import SAFE_PATH


def cublas_workspace() -> dict[str, str]:
    """cuBLAS's workspace, as it is set or else one with which results repeat to the bit.

    Without it some of CUDA's matrix products differ from run to run.
    """
    name = "CUBLAS_WORKSPACE_CONFIG"
    return {name: os.environ.get(name, ":4096:8")}


def mps_fallback() -> dict[str, str]:
    """The processor does what Apple's GPUs cannot; PyTorch reads this when it is loaded."""
    name = "PYTORCH_ENABLE_MPS_FALLBACK"
    return {name: os.environ.get(name, "1")}


def worker_environment(threads: int) -> dict[str, str]:
    """For a worker process that is to run cells with `threads` and to import augury's code only."""
    threads_each = {"OMP_NUM_THREADS": str(threads)}
    return {**SAFE_PATH, **threads_each, **cublas_workspace(), **mps_fallback()}
