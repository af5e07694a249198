"""Kernels for a GPU where they can be built; otherwise the plain path, and one line that says so.

Triton is imported when a tensor on a GPU comes along for the first time.
"""

import logging
import subprocess
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

import torch
from torch import Tensor

from augury.kernels.switch import enabled

if TYPE_CHECKING:
    from augury.kernels.steps import Scale, Step
    from augury.kernels.stream import Stream

Result = TypeVar("Result")

# The generations of NVIDIA cards that Triton supports begin with this compute capability.
_OLDEST = (7, 0)

# What is raised where Triton is missing, where it cannot compile or load a kernel, and where its
# interface is another one.
_UNBUILT = (
    ImportError,
    OSError,
    RuntimeError,
    AttributeError,
    TypeError,
    subprocess.SubprocessError,
)

_told: list[str] = []


def run_steps(images: Tensor, steps: "Sequence[Step]", scale: "Scale | None") -> Tensor | None:
    """See `augury.kernels.run.run_steps`; images: on a GPU."""

    def compute() -> Tensor | None:
        from augury.kernels.gpu.run import run

        return run(images, steps, scale)

    return _attempt(images, compute)


def draw(stream: "Stream", n: int, form: Literal["bits", "uniform", "bytes"]) -> Tensor | None:
    """The first n numbers of each sample: see `augury.kernels.gpu.philox.numbers`."""

    def compute() -> Tensor:
        from augury.kernels.gpu.philox import numbers

        return numbers(stream, n, form)

    return _attempt(stream.streams, compute)


def count_repeats(ids: Tensor) -> Tensor | None:
    """See `augury.kernels.gpu.rows.repeats_of`."""

    def compute() -> Tensor | None:
        from augury.kernels.gpu.rows import repeats_of

        return repeats_of(ids)

    return _attempt(ids, compute)


def find_partners(keys: Tensor, ids: Tensor, repeats: Tensor) -> Tensor | None:
    """See `augury.kernels.gpu.rows.partners_of`."""

    def compute() -> Tensor | None:
        from augury.kernels.gpu.rows import partners_of

        return partners_of(keys, ids, repeats)

    return _attempt(ids, compute)


def _attempt(tensor: Tensor, compute: Callable[[], Result]) -> Result | None:
    """What `compute` returns; None without kernels, or if one of them could not be built."""
    if _told or torch.compiler.is_compiling() or not enabled() or not supported(tensor):
        return None
    try:
        return compute()
    except torch.OutOfMemoryError:
        raise
    except _UNBUILT as error:
        _tell(error)
    except Exception as error:
        # Triton's own errors, whose classes are known only where it could be imported.
        if not type(error).__module__.startswith("triton."):
            raise
        _tell(error)
    return None


def _tell(error: Exception) -> None:
    _told.append(" ".join(f"{type(error).__name__}: {error}".split())[:300])
    logging.getLogger("augury").warning(
        "augmentation on the GPU takes PyTorch's own operations, which are slower: "
        "its kernels could not be built (%s)",
        _told[-1],
    )


def supported(tensor: Tensor) -> bool:
    """Whether kernels are tried for `tensor`: on an NVIDIA GPU, of a generation Triton knows."""
    # A subclass may have no memory of its own, like those that only follow shapes.
    return (
        tensor.is_cuda
        and type(tensor) is Tensor
        and torch.version.cuda is not None
        and torch.cuda.get_device_capability(tensor.device) >= _OLDEST
    )
