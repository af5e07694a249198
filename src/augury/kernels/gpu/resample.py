"""Reading images at other places: bilinear, or whole pixels."""

import triton
import triton.language as tl


@triton.jit
def bounded(where, edge, cover, BLACK: tl.constexpr):
    """Coordinates clipped to the image, and the share of each pixel inside it."""
    if BLACK:
        share = 1 + edge - tl.abs(where)
        cover = cover * tl.minimum(tl.maximum(share, 0.0), 1.0)
    return tl.minimum(tl.maximum(where, -edge), edge), cover


@triton.jit
def moved(y, x, m00, m01, m02, m10, m11, m12):
    """The points (y, x) times a matrix, rounded after each operation as in `affine`."""
    return m00 * y + m01 * x + m02, m10 * y + m11 * x + m12


@triton.jit
def located(matrices, image, count, y, x, edge_y, edge_x, PARTS: tl.constexpr, BLACK: tl.constexpr):
    """Input coordinates of output points after all parts, and the share of each pixel inside.

    matrices: (PARTS, B, 2, 3). Bit i of BLACK: part i has a black border.
    """
    cover = y * 0 + 1
    for part in tl.static_range(PARTS - 1, -1, -1):
        at = matrices + (part * count + image) * 6
        y, x = moved(
            y, x, tl.load(at), tl.load(at + 1), tl.load(at + 2),
            tl.load(at + 3), tl.load(at + 4), tl.load(at + 5),
        )  # fmt: skip
        # The first part reads the image itself, where the nearest pixel is repeated anyway.
        if part > 0 or (BLACK >> part) & 1:
            y, cover = bounded(y, edge_y, cover, (BLACK >> part) & 1)
            x, cover = bounded(x, edge_x, cover, (BLACK >> part) & 1)
    return y, x, cover


@triton.jit
def corner(where, scale, side):
    """The pixel before each coordinate, and the share of the next; as in `grid_sample`.

    scale: 2 / (side - 1), by which the plain path turns pixels into its units.
    """
    last = (side - 1).to(tl.float32)
    place = (where * scale + 1) * 0.5 * last
    place = tl.minimum(tl.maximum(place, 0.0), last)
    before = tl.floor(place)
    return before.to(tl.int32), place


@triton.jit
def bilinear(plane, row, y, column, x, height, width, keep, RECIPROCAL: tl.constexpr):
    """Values in [0, 1] between four pixels of `plane`; row, column: the pixel before (y, x)."""
    upper, lower = row * width, (row + 1) * width
    below, right = keep & (row + 1 < height), keep & (column + 1 < width)
    down, along = y - row.to(tl.float32), x - column.to(tl.float32)
    up, back = (row + 1).to(tl.float32) - y, (column + 1).to(tl.float32) - x
    found = unit(tl.load(plane + upper + column, keep, other=0), RECIPROCAL) * (back * up)
    found += unit(tl.load(plane + upper + column + 1, right, other=0), RECIPROCAL) * (along * up)
    found += unit(tl.load(plane + lower + column, below, other=0), RECIPROCAL) * (back * down)
    both = below & right
    found += unit(tl.load(plane + lower + column + 1, both, other=0), RECIPROCAL) * (along * down)
    return found


@triton.jit
def unit(value, RECIPROCAL: tl.constexpr):
    """Stored values as float32 in [0, 1]; uint8 is divided by 255, as PyTorch divides there."""
    if value.dtype == tl.uint8:
        found = over_255(value.to(tl.float32), RECIPROCAL)
    else:
        found = value.to(tl.float32)
    return found


@triton.jit
def over_255(level, RECIPROCAL: tl.constexpr):
    """float32 levels over 255, rounded once, or as a product with the rounded 1/255."""
    return level * (1.0 / 255) if RECIPROCAL else tl.div_rn(level, level * 0 + 255)


@triton.jit
def normalized(value, mean, std, channel):
    """(value - mean) / std of a channel, divided exactly; the value itself where mean is None."""
    found = value
    if mean is not None:
        found = tl.div_rn(value - tl.load(mean + channel), tl.load(std + channel) + value * 0)
    return found
