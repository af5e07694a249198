"""Steps as calls of compiled loops over a few images of a batch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from augury.kernels.processor.color_passes import recolor_pass
from augury.kernels.processor.filling import fill_boxes
from augury.kernels.processor.moving import move_windows, resample_images
from augury.kernels.processor.policy_passes import layers_pass, mixture_pass
from augury.kernels.processor.showing import normalize_images, show_levels
from augury.kernels.steps import Fill, Layers, Mixture, Resample, Scale, Step, Window
from augury.kernels.stream import Stream

Array = NDArray[Any]
Shape = tuple[int, int, int]

# The value that is 1 in [0, 1].
WHITE: dict[np.dtype[Any], np.float32] = {
    np.dtype(np.uint8): np.float32(255),
    np.dtype(np.float32): np.float32(1),
}


class Finish:
    """How images end: `mean` and `std`, (C,) float32, and what levels become.

    scale: of the normalization; None for values in [0, 1].
    """

    def __init__(self, channels: int, scale: Scale | None = None) -> None:
        if scale is None:
            self.mean = np.zeros(channels, np.float32)
            self.std = np.ones(channels, np.float32)
        else:
            self.mean, self.std = (each.detach().cpu().float().numpy().copy() for each in scale)
        self.scaled = scale is not None
        levels: Array = np.broadcast_to(np.arange(256, dtype=np.uint8), (channels, 256)).copy()
        unit: Array = levels / np.float32(255)
        self._levels = {
            levels.dtype: levels,
            unit.dtype: (unit - self.mean[:, None]) / self.std[:, None],
        }

    def of_levels(self, images: Array) -> Array:
        """(C, 256): what each level is in `images`."""
        return self._levels[images.dtype]


class Room:
    """Memory that loops over images of `shape` write to, for one thread."""

    def __init__(self, shape: Shape) -> None:
        _, height, width = shape
        long = -(-width // 4) * 4
        # The pixels of an image, whose last row and column stay 0, and ten rows.
        self.resample = np.zeros(4 * (height + 1) * (width + 1) + 10 * long, np.float32)
        self.places = np.zeros(long, np.int32)
        self.drawn = np.empty(width + 32, np.uint8)


# From images (B, C·H·W), their rows in the batch, memory, and the place of the result if there is
# one; returns the result.
Pass = Callable[[Array, slice, Room, Array | None, Finish], Array]


def show(images: Array, out: Array, finish: Finish) -> None:
    """Write finished `images` to `out`, normalized if that is float32."""
    if out.dtype == np.uint8:
        out[:] = images
    elif images.dtype == np.uint8:
        show_levels(images, finish.of_levels(out), out)
    else:
        normalize_images(images, finish.mean, finish.std, out)


def pass_of(step: Step, shape: Shape) -> Pass:
    """The pass of `step` over images of `shape`, (C, H, W)."""
    if isinstance(step, Resample):
        return _resample(step, shape)
    if isinstance(step, Window):
        return _window(step, shape)
    if isinstance(step, Fill):
        return _fill_copy(step, shape)
    if isinstance(step, Layers):
        return layers_pass(step, shape)
    return mixture_pass(step, shape) if isinstance(step, Mixture) else recolor_pass(step, shape)


def _resample(step: Resample, shape: Shape) -> Pass:
    maps = np.concatenate([_array(part.matrix, np.float32) for part in step.parts], 1)
    blacks = sum(1 << k for k, part in enumerate(step.parts) if part.border == "black")
    count = len(maps)
    alone = (
        np.zeros(count, np.uint8)
        if step.left_alone is None
        else _array(step.left_alone, np.uint8)[:, 0]
    )
    plain = Finish(shape[0])

    def run(images: Array, rows: slice, room: Room, out: Array | None, finish: Finish) -> Array:
        if out is None:
            out, finish = np.empty(images.shape, np.float32), plain
        resample_images(
            images,
            WHITE[images.dtype],
            shape,
            maps[rows],
            blacks,
            alone[rows],
            finish.mean,
            finish.std,
            room.resample,
            room.places,
            out,
        )
        return out

    return run


def _window(step: Window, shape: Shape) -> Pass:
    columns = (step.mirror_y, step.mirror_x, step.down, step.right)
    windows = np.concatenate([_array(column, np.int64) for column in columns], 1)

    def run(images: Array, rows: slice, room: Room, out: Array | None, finish: Finish) -> Array:
        if out is None or out.dtype != images.dtype or finish.scaled:
            out = np.empty_like(images)
        move_windows(images, shape, windows[rows], out)
        return out

    return run


def _fill_copy(step: Fill, shape: Shape) -> Pass:
    fill, plain = fill_of(step, shape), Finish(shape[0])

    def run(images: Array, rows: slice, room: Room, out: Array | None, finish: Finish) -> Array:
        images = images.copy()
        fill(images, rows, room, plain)
        return images

    return run


def fill_of(step: Fill, shape: Shape) -> Callable[[Array, slice, Room, Finish], None]:
    """What overwrites the rectangles of `step` in place, in images that are finished as said."""
    box = [_array(each, np.int64) for each in (step.top, step.left, step.height, step.width)]
    chosen = np.ones_like(box[0]) if step.chosen is None else _array(step.chosen, np.int64)
    boxes = np.concatenate([*box, chosen], 1)
    count, value = len(boxes), step.value
    key, streams = np.zeros(3, np.uint64), np.zeros(count, np.uint64)
    given = np.zeros((1, 1), np.uint8)
    if isinstance(value, Stream):
        key = np.array([*(int(word) for word in value.key), int(value.epoch)], np.uint64)
        streams = _array(value.streams, np.int64)[:, 0].view(np.uint64)
    elif isinstance(value, Tensor):
        given = _array(value, np.uint8)
    else:
        given[:] = value
    each_its_own = len(given) > 1

    def run(images: Array, rows: slice, room: Room, finish: Finish) -> None:
        fill_boxes(
            images,
            shape,
            boxes[rows],
            isinstance(value, Stream),
            key,
            streams[rows],
            given[rows] if each_its_own else given,
            finish.of_levels(images),
            room.drawn,
        )

    return run


def _array(values: Tensor, dtype: type) -> Array:
    """(B, numbers of an image), contiguous, of `dtype`."""
    found = values.detach().numpy().reshape(len(values), -1)
    return np.ascontiguousarray(found, dtype)
