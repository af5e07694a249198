"""Color operations as calls of compiled loops over a few images of a batch; see `passes.py`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.kernels.processor.blurring import blur
from augury.kernels.processor.recoloring import recolor
from augury.kernels.steps import RECOLORINGS, Blur, Recolor

Array = NDArray[Any]


def recolor_pass(step: Recolor | Blur, shape: tuple[int, int, int]) -> Callable[..., Array]:
    """The pass of `step` over images of `shape`, (C, H, W); its result is float32."""
    given = step.weights if isinstance(step, Blur) else step.amount
    numbers = np.ascontiguousarray(given.detach().numpy(), np.float32)
    channels, height, width = shape

    def run(images: Array, rows: slice, room: Any, out: Array | None, finish: Any) -> Array:
        if images.dtype == np.uint8:
            images = np.divide(images, np.float32(255), dtype=np.float32)
        if out is None or finish.scaled:
            out = np.empty(images.shape, np.float32)
        planes = len(images), channels, height * width
        source, found = images.reshape(planes), out.reshape(planes)
        if isinstance(step, Blur):
            blur(source, shape, numbers[rows], found)
        else:
            recolor(source, shape, RECOLORINGS.index(step.kind), numbers[rows], found)
        return out

    return run
