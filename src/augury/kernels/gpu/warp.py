"""AutoAugment's moves on the levels of one image: a run of them in one bilinear reading."""

import triton
import triton.language as tl

from augury.kernels.gpu.resample import bounded, moved

_PER_DEGREE = tl.constexpr(0.017453292519943295)


@triton.jit
def write_matrix(target, operation, magnitude, height, width):
    """Six float32, rows y and x, about the center: from output to input coordinates.

    Computed in float64 and rounded once, like `_matrices` of the plain path.
    """
    amount = magnitude.to(tl.float64)
    nothing = amount * 0
    shear_x, shear_y = (
        tl.where(operation == 1, amount, nothing),
        tl.where(operation == 2, amount, nothing),
    )
    angle = tl.where(operation == 5, amount, nothing) * _PER_DEGREE
    cosine, sine = tl.cos(angle), tl.sin(angle)
    # A shear keeps the corner in its place, and the center is half an image away from it.
    down = shear_y * (width.to(tl.float64) * 0.5) - tl.where(operation == 4, amount, nothing)
    right = shear_x * (height.to(tl.float64) * 0.5) - tl.where(operation == 3, amount, nothing)
    tl.store(target, cosine.to(tl.float32))
    tl.store(target + 1, (sine + shear_y).to(tl.float32))
    tl.store(target + 2, down.to(tl.float32))
    tl.store(target + 3, (shear_x - sine).to(tl.float32))
    tl.store(target + 4, cosine.to(tl.float32))
    tl.store(target + 5, right.to(tl.float32))


@triton.jit
def between(start, end, share):
    return (end - start) * share + start


@triton.jit
def level_at(plane, at, keep):
    return tl.load(plane + at, keep, other=0).to(tl.float32)


@triton.jit
def warp(
    source, target, matrices, first, last, height, width,
    CHANNELS: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """Levels read where the layers from `first` to `last` lead to; black beyond the border."""
    area = height * width
    edge_y, edge_x = (height - 1).to(tl.float32) * 0.5, (width - 1).to(tl.float32) * 0.5
    for start in range(0, area, LANES):
        pixel = start + tl.arange(0, LANES)
        keep = pixel < area
        row, column = pixel // width, pixel % width
        y, x = row.to(tl.float32) - edge_y, column.to(tl.float32) - edge_x
        cover = y * 0 + 1
        for back in range(last - first + 1):
            at = matrices + (last - back) * 6
            y, x = moved(
                y, x, tl.load(at), tl.load(at + 1), tl.load(at + 2),
                tl.load(at + 3), tl.load(at + 4), tl.load(at + 5),
            )  # fmt: skip
            y, cover = bounded(y, edge_y, cover, True)
            x, cover = bounded(x, edge_x, cover, True)
        y, x = y + edge_y, x + edge_x
        corner_y, corner_x = tl.floor(y), tl.floor(x)
        at = corner_y.to(tl.int32) * width + corner_x.to(tl.int32)
        below = tl.where(corner_y.to(tl.int32) < height - 1, width, 0)
        beside = tl.where(corner_x.to(tl.int32) < width - 1, 1, 0)
        down, along = y - corner_y, x - corner_x
        for channel in tl.static_range(CHANNELS):
            plane = source + channel * area
            upper = between(level_at(plane, at, keep), level_at(plane, at + beside, keep), along)
            lower = between(
                level_at(plane, at + below, keep), level_at(plane, at + below + beside, keep), along
            )
            found = between(upper, lower, down) * cover + 0.5
            new = found.to(tl.int32).to(tl.uint8)
            tl.store(target + channel * area + pixel, new, keep)
