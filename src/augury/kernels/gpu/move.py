"""Move, fill and normalize the pixels of a batch in one launch."""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from augury.kernels.gpu.fill import random_levels, rectangle
from augury.kernels.gpu.launch import EXACT, by_reciprocal, on_device_of
from augury.kernels.gpu.philox import seed_of
from augury.kernels.gpu.resample import bilinear, corner, located, normalized, over_255, unit
from augury.kernels.steps import Fill, Resample, Scale, Window
from augury.kernels.stream import Stream


@triton.jit(
    do_not_specialize=["count", "height", "width", "scale_y", "scale_x", "k0", "k1", "epoch"]
)
def move(
    source, out, count, height, width,
    matrices, left_alone, scale_y, scale_x,
    mirror_y, mirror_x, down, right,
    top, left, tall, wide, chosen, value, key, k0, k1, epochs, epoch,
    mean, std,
    CHANNELS: tl.constexpr, MOVER: tl.constexpr, PARTS: tl.constexpr, BLACK: tl.constexpr,
    FILL: tl.constexpr, LEVEL: tl.constexpr, RECIPROCAL: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """One block of pixels of one image, in all its channels.

    value: bytes (B, C, H, W), or stream numbers (B,), or None for LEVEL in all pixels.
    """
    image = tl.program_id(0).to(tl.int64)
    pixel = tl.program_id(1) * LANES + tl.arange(0, LANES)
    area = height * width
    keep = pixel < area
    row, column = pixel // width, pixel % width
    plane = source + image * CHANNELS * area
    target = out + image * CHANNELS * area

    still = row < 0
    if MOVER == "resample":
        edge_y, edge_x = (height - 1).to(tl.float32) * 0.5, (width - 1).to(tl.float32) * 0.5
        y, x, cover = located(
            matrices, image, count, row.to(tl.float32) - edge_y, column.to(tl.float32) - edge_x,
            edge_y, edge_x, PARTS, BLACK,
        )  # fmt: skip
        from_row, y = corner(y, scale_y, height)
        from_column, x = corner(x, scale_x, width)
        if left_alone is not None:
            still = still | (tl.load(left_alone + image) != 0)
    if MOVER == "window":
        from_row = row + tl.load(down + image).to(tl.int32)
        from_column = column + tl.load(right + image).to(tl.int32)
        within = (from_row >= 0) & (from_row < height) & (from_column >= 0) & (from_column < width)
        within = within & keep
        from_row = tl.where(tl.load(mirror_y + image) != 0, height - 1 - from_row, from_row)
        from_column = tl.where(tl.load(mirror_x + image) != 0, width - 1 - from_column, from_column)
    if FILL != "none":
        inside = rectangle(top, left, tall, wide, chosen, image, row, column) & keep
        some = tl.max(inside.to(tl.int32), 0) > 0

    for channel in tl.static_range(CHANNELS):
        here = plane + channel * area
        if MOVER == "resample":
            found = bilinear(here, from_row, y, from_column, x, height, width, keep, RECIPROCAL)
            if BLACK:
                found = found * cover
            if left_alone is not None:
                found = tl.where(still, unit(tl.load(here + pixel, keep), RECIPROCAL), found)
            found = tl.minimum(tl.maximum(found, 0.0), 1.0)
        elif MOVER == "window":
            found = tl.load(here + from_row * width + from_column, within, other=0)
        else:
            found = tl.load(here + pixel, keep)
        # Pixels stay as they are stored up to here, unless they were resampled.
        found = unit(found, RECIPROCAL) if out.dtype.element_ty != tl.uint8 else found.to(tl.int32)
        if FILL != "none":
            if FILL == "stream":
                level = tl.zeros([LANES], tl.int32)
                if some:
                    level = random_levels(
                        value, key, k0, k1, epochs, epoch, image, channel * area + pixel
                    )
            elif FILL == "pixels":
                at = value + image * CHANNELS * area + channel * area + pixel
                level = tl.load(at, inside, other=0).to(tl.int32)
            else:
                level = tl.zeros([LANES], tl.int32) + LEVEL
            if out.dtype.element_ty != tl.uint8:
                new = over_255(level.to(tl.float32), RECIPROCAL)
            else:
                new = level
            found = tl.where(inside, new, found)
        found = normalized(found, mean, std, channel)
        tl.store(target + channel * area + pixel, found.to(out.dtype.element_ty), keep)


@dataclass(frozen=True)
class Pass:
    """What one launch does: move, then fill; at most one of each."""

    mover: Resample | Window | None = None
    fill: Fill | None = None


def run_pass(images: Tensor, work: Pass, scale: Scale | None) -> Tensor:
    """`images` after `work` and, if given, `scale`."""
    resampled = isinstance(work.mover, Resample)
    dtype = torch.float32 if resampled or scale else images.dtype
    out = torch.empty_like(images, dtype=dtype, memory_format=torch.contiguous_format)
    count, channels, height, width = images.shape
    lanes = 128 if height * width <= 1024 else 256
    resample, parts, black = _resample_arguments(work.mover, height, width)
    fill, kind, level = _fill_arguments(work.fill)
    if images.numel():
        with on_device_of(images):
            move[(count, triton.cdiv(height * width, lanes))](
                images.contiguous(), out, count, height, width,
                *resample, *_window_arguments(work.mover), *fill, *scale_arguments(scale),
                CHANNELS=channels, MOVER=_MOVERS[type(work.mover)], PARTS=parts, BLACK=black,
                FILL=kind, LEVEL=level, RECIPROCAL=by_reciprocal(images), LANES=lanes,
                num_warps=4, **EXACT,
            )  # fmt: skip
    return out


_MOVERS = {Resample: "resample", Window: "window", type(None): "none"}


def _resample_arguments(
    mover: Resample | Window | None, height: int, width: int
) -> tuple[tuple[Tensor | float | None, ...], int, int]:
    if not isinstance(mover, Resample):
        return (None, None, 1.0, 1.0), 0, 0
    parts = [part.matrix.contiguous() for part in mover.parts]
    matrices = parts[0] if len(parts) == 1 else torch.stack(parts)
    black = sum(1 << i for i, part in enumerate(mover.parts) if part.border == "black")
    scales = 2 / max(height - 1, 1), 2 / max(width - 1, 1)
    alone = None if mover.left_alone is None else mover.left_alone.contiguous()
    return (matrices, alone, *scales), len(parts), black


def _window_arguments(mover: Resample | Window | None) -> tuple[Tensor | None, ...]:
    if not isinstance(mover, Window):
        return (None,) * 4
    return tuple(
        each.contiguous() for each in (mover.mirror_y, mover.mirror_x, mover.down, mover.right)
    )


def _fill_arguments(fill: Fill | None) -> tuple[tuple[Tensor | int | None, ...], str, int]:
    """The arguments from `top` to `epoch`, the kind of filling and its level."""
    if fill is None:
        return (*(None,) * 6, *_NO_SEED), "none", 0
    box = [each.contiguous() for each in (fill.top, fill.left, fill.height, fill.width)]
    chosen = None if fill.chosen is None else fill.chosen.contiguous()
    value = fill.value
    if isinstance(value, Stream):
        return (*box, chosen, value.streams.contiguous(), *seed_of(value)), "stream", 0
    if isinstance(value, Tensor):
        return (*box, chosen, value.contiguous(), *_NO_SEED), "pixels", 0
    return (*box, chosen, None, *_NO_SEED), "level", value


_NO_SEED = (None, 0, 0, None, 0)


def scale_arguments(scale: Scale | None) -> tuple[Tensor | None, Tensor | None]:
    """Mean and standard deviation, as kernels read them."""
    return (None, None) if scale is None else (scale.mean.contiguous(), scale.std.contiguous())
