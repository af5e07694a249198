"""The images of a batch after some steps, by the compiled loops for their device."""

from collections.abc import Sequence

import torch
from torch import Tensor

from augury.kernels import on_gpu
from augury.kernels.processor import ready
from augury.kernels.steps import Scale, Step, Taps
from augury.kernels.switch import enabled


def run_steps(images: Tensor, steps: Sequence[Step], scale: Scale | None = None) -> Tensor | None:
    """(B, C, H, W): `images` after all `steps`; None where no compiled loops can do it.

    images: uint8, or float32 in [0, 1]; not written to. The dtype is that of the plain path:
    uint8 stays where no step computes new values. scale: normalizes the result, which is float32.
    """
    if torch.compiler.is_compiling() or not enabled() or not _plain_tensor(images):
        return None
    if not steps and scale is None:
        return images
    if images.device.type == "cpu" and ready.usable():
        threads = torch.get_num_threads()
        found: Tensor | None = ready.call("images", "images_after", images, steps, scale, threads)
        return found
    if images.is_cuda:
        return on_gpu.run_steps(images, steps, scale)
    return None


def sum_taps(images: Tensor, rows: Taps, columns: Taps) -> Tensor | None:
    """(B, C, n rows, n columns) float32, of (B, C, H, W); None where no compiled loop can do it.

    images: uint8, which is divided by 255, or float32; not written to. Along the rows first.
    """
    if torch.compiler.is_compiling() or not enabled() or not _plain_tensor(images):
        return None
    if images.device.type != "cpu" or not ready.usable():
        return None
    found: Tensor | None = ready.call(
        "viewing", "summed", images, rows, columns, torch.get_num_threads()
    )
    return found


def _plain_tensor(images: Tensor) -> bool:
    """Whether loops may read its memory, it has any, and nobody asks for gradients."""
    if (
        type(images) is not Tensor
        or not len(images)
        or images.dtype not in (torch.uint8, torch.float32)
    ):
        return False
    return not (images.requires_grad and torch.is_grad_enabled())
