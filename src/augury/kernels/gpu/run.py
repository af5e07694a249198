"""All steps of a batch on a GPU, with as few launches as they allow."""

from collections.abc import Sequence

import torch
from torch import Tensor

from augury.kernels.gpu.mixture import run_mixture
from augury.kernels.gpu.move import Pass, run_pass
from augury.kernels.gpu.policy import run_layers
from augury.kernels.gpu.recolor import run_blur, run_recolor
from augury.kernels.steps import (
    Blur,
    Fill,
    Layers,
    Mixture,
    Recolor,
    Resample,
    Scale,
    Step,
    Window,
)

_DTYPES = (torch.uint8, torch.float32)
_KNOWN = {Resample, Window, Fill, Layers, Mixture, Recolor, Blur}

# What one launch takes on, or two at most.
Work = Pass | Layers | Mixture | Recolor | Blur


def run(images: Tensor, steps: Sequence[Step], scale: Scale | None = None) -> Tensor | None:
    """(B, C, H, W): `images` after all `steps` and, if given, `scale`; None for other dtypes
    and steps.

    images: uint8, or float32 in [0, 1]; not written to. The result is contiguous.
    """
    if images.dtype not in _DTYPES or not set(map(type, steps)) <= _KNOWN:
        return None
    *earlier, last = works(steps) or [Pass()]
    for work in earlier:
        images = _done(images, work, None)
    if last == Pass() and scale is None:
        return images
    return _done(images, last, scale)


def works(steps: Sequence[Step]) -> list[Work]:
    """`steps` in groups: a move and the filling after it share a launch."""
    found: list[Work] = []
    for step in steps:
        before = found[-1] if found else None
        if isinstance(step, Resample | Window):
            found.append(Pass(mover=step))
        elif not isinstance(step, Fill):
            found.append(step)
        elif isinstance(before, Pass) and before.fill is None:
            found[-1] = Pass(before.mover, step)
        else:
            found.append(Pass(fill=step))
    return found


def _done(images: Tensor, work: Work, scale: Scale | None) -> Tensor:
    if isinstance(work, Layers):
        return run_layers(images, work, scale)
    if isinstance(work, Mixture):
        return run_mixture(images, work, scale)
    if isinstance(work, Recolor):
        return run_recolor(images, work, scale)
    if isinstance(work, Blur):
        return run_blur(images, work, scale)
    return run_pass(images, work, scale)
