"""How kernels are launched: options that keep the plain path's rounding, and the right device."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

# The plain path rounds after every multiplication and every addition. A fused multiply-add rounds
# once, and may change a level. One stage: a loop that is pipelined would read what an earlier step
# of the same kernel has yet to write.
EXACT = {"enable_fp_fusion": False, "num_stages": 1}


def interpreted() -> bool:
    """Whether Triton interprets kernels on the processor, which tests without a GPU ask for."""
    return os.environ.get("TRITON_INTERPRET") == "1"


def by_reciprocal(images: Tensor) -> bool:
    """Whether PyTorch divides `images` by a number as a product with its reciprocal."""
    return images.is_cuda


@contextmanager
def on_device_of(images: Tensor) -> Iterator[None]:
    """Kernels launched within the block run on the device of `images`."""
    if images.is_cuda and images.device.index != torch.cuda.current_device():
        with torch.cuda.device(images.device):
            yield
    else:
        yield
