"""The images of a batch after some steps, on a processor.

A step is a compiled loop over images. A few images at a time go through all steps, so that what a
step leaves is still in the processor's cache when the next one reads it. The last step that moves
or recolors pixels writes them to their place, normalized; there rectangles are overwritten then.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from augury.kernels.processor.passes import Finish, Room, fill_of, pass_of, show
from augury.kernels.processor.pieces import in_pieces
from augury.kernels.steps import Fill, Layers, Scale, Step, Window

# Numbers of an image that go through all steps together: 1 MB of float32, half of a core's cache.
_TOGETHER = 2**18


def images_after(
    images: Tensor, steps: Sequence[Step], scale: Scale | None, threads: int
) -> Tensor:
    """(B, C, H, W), see `augury.kernels.run.run_steps`; images: uint8 or float32, on a processor.

    The batch is cut into a piece for each of `threads`, which changes no bit.
    """
    count, channels, height, width = images.shape
    shape = channels, height, width
    source = images.detach().contiguous().view(count, channels * height * width)
    keeps = scale is None and all(isinstance(step, Fill | Window | Layers) for step in steps)
    # NumPy asks the system for large pages of memory, PyTorch for small ones. For 1,000 images of
    # 32×32, getting small ones takes 4 ms, as long as all the rest, and large ones 0.5 ms.
    levels = keeps and images.dtype == torch.uint8
    written = np.empty(source.shape, np.uint8 if levels else np.float32)
    finish = Finish(channels, scale)
    tail = max((k for k, step in enumerate(steps, 1) if not isinstance(step, Fill)), default=0)
    passes = [pass_of(step, shape) for step in steps[:tail]]
    fills = [fill_of(step, shape) for step in steps[tail:] if isinstance(step, Fill)]
    given = source.numpy()
    together = max(1, _TOGETHER // max(1, source.shape[1]))

    def work(first: int, last: int) -> None:
        room = Room(shape)
        for begin in range(first, last, together):
            rows = slice(begin, min(begin + together, last))
            now, out = given[rows], written[rows]
            for k, each in enumerate(passes, 1):
                target = out if k == tail else None
                now = each(now, rows, room, target, finish)
            if now is not out:
                show(now, out, finish)
            for fill in fills:
                fill(out, rows, room, finish)

    in_pieces(work, count, threads, source.numel())
    return torch.from_numpy(written).view(images.shape)
