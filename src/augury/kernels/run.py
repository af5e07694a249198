"""The images of a batch after some steps, by the compiled loops for their device."""

from collections.abc import Sequence

import torch
from torch import Tensor

from augury.kernels.steps import Scale, Step
from augury.kernels.switch import enabled


def run_steps(images: Tensor, steps: Sequence[Step], scale: Scale | None = None) -> Tensor | None:
    """(B, C, H, W): `images` after all `steps`; None where no compiled loops can do it.

    images: uint8, or float32 in [0, 1]; not written to. The dtype is that of the plain path:
    uint8 stays where no step computes new values. scale: normalizes the result, which is float32.
    """
    if torch.compiler.is_compiling() or not enabled():
        return None
    return None
