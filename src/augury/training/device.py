"""What differs between devices: which is current, waiting for it, what it computes, and in what."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from augury.records.numbers import Precision


@contextmanager
def current_device(device: torch.device) -> Iterator[None]:
    """Within the block, CUDA's streams and events are those of `device`, where it is one of them.

    PyTorch's own are of the first GPU until it is told otherwise.
    """
    if device.type != "cuda":
        yield
        return
    with torch.cuda.device(device):
        yield


def wait_for(device: torch.device) -> None:
    """Return when all work that was given to `device` is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def augmenting_device(device: torch.device) -> torch.device:
    """Where the batches of a network on `device` are augmented: there, but for Apple's GPUs.

    Draws and coordinates are computed in float64, which those do not have.
    """
    return torch.device("cpu") if device.type == "mps" else device


def computes_in(precision: Precision, device: torch.device) -> bool:
    """Whether autocast really computes in `precision` on `device`; it may refuse or ignore it.

    For Apple's GPUs bfloat16 needs macOS 14, and PyTorch's versions differ in what they do without.
    """
    if precision == "float32" or device.type == "cpu":
        return True
    matrix = torch.ones(8, 8, device=device)
    try:
        with torch.autocast(device.type, dtype=torch.bfloat16):
            return (matrix @ matrix).dtype == torch.bfloat16
    except (RuntimeError, TypeError):
        return False
