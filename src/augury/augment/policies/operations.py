"""AutoAugment's operations on whole batches, with different operations for each image.

The operations of Cubuk et al., "AutoAugment", CVPR 2019, from which RandAugment, TrivialAugment
and AugMix draw. Each is computed for all images at once; images that got another operation are
computed with parameters that change nothing. Between operations images are uint8, as in PIL; the
color operations equal PIL's bit for bit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from augury.augment.base import per_image
from augury.augment.color.sharpness import smooth
from augury.augment.color.tables import (
    apply_table,
    autocontrast_table,
    equalize_table,
    invert_table,
    posterize_table,
    solarize_add_table,
    solarize_table,
)
from augury.augment.geometry.resampling import Points, affine, bounded, pixel_centers, read
from augury.batch import Batch, to_float, to_uint8
from augury.errors import InputError
from augury.kernels import steps
from augury.kernels.constants import constant
from augury.kernels.steps import OPERATIONS

_GEOMETRIC = ("shear-x", "shear-y", "translate-x", "translate-y", "rotate")
_TONE = ("brightness", "contrast")
_LOCAL = ("saturation", "sharpness")
# What leaves images of one channel as they are.
_ONLY_COLOR = ("saturation",)

# PIL's luma, ITU-R 601-2, in units of 2^-16.
_LUMA = (19595, 38470, 7471)


@dataclass(frozen=True)
class Layers:
    """The operations of each image, layer after layer.

    operation: (B, L) int64, indices of OPERATIONS. magnitude: (B, L) float32, in the units of the
    operation, as in torchvision:
      shear: pixels by which a row or column moves relative to its neighbor, about the corner
        (0, 0); positive is to the left or up
      translate: pixels; positive is to the right or down
      rotate: degrees about the center; positive is counterclockwise
      brightness, saturation, contrast, sharpness: the factor minus 1
      posterize: bits that are kept; solarize: levels from this one on are inverted
      solarize-add: what is added to levels under 128, cut to a whole number
    """

    operation: Tensor
    magnitude: Tensor


@dataclass(frozen=True)
class Reach:
    """The magnitudes of one operation: linear from `start` at level 0 to `end` at the top level.

    signed: half of them become negative. whole: they are cut to whole numbers.
    """

    start: float = 0.0
    end: float = 0.0
    signed: bool = False
    whole: bool = False


def draw_layers(reaches: Mapping[str, Reach], u: Tensor, level: Tensor, top: float) -> Layers:
    """Operations of `reaches`, all equally likely, at `level` of `top`.

    u: (B, L, 2) uniform in [0, 1), for operation and sign; level: (B, L) float64 in [0, top].
    """
    place = (u[..., 0].double() * len(reaches)).long()
    numbers = constant(tuple(map(OPERATIONS.index, reaches)), torch.int64, u.device)
    rows = tuple((reach.start, reach.end, reach.signed, reach.whole) for reach in reaches.values())
    start, end, signed, whole = constant(rows, torch.float64, u.device)[place].unbind(-1)
    # Divided by a tensor: for a Python number a GPU multiplies by the reciprocal, and 2/30 of 255
    # might miss the whole level 17.
    magnitude = start + (end - start) * level / torch.full_like(level, top)
    magnitude = torch.where(whole > 0, magnitude.trunc(), magnitude)
    negative = (signed > 0) & (u[..., 1] < 0.5)
    return Layers(numbers[place], torch.where(negative, -magnitude, magnitude).float())


def named_operations(names: Iterable[str]) -> dict[str, bool]:
    """Those of OPERATIONS called `names`, as `Augmentation.operations` returns them."""
    return {name: name in _ONLY_COLOR for name in names}


def check_magnitudes(layers: int, magnitude: float, magnitude_std: float, top: float) -> None:
    """Raise InputError unless these describe RandAugment's magnitudes, on a scale up to `top`."""
    if layers < 1 or layers != int(layers):
        raise InputError(f"layers: must be a whole number over 0, got {layers}")
    if not 0 <= magnitude <= top:
        raise InputError(f"magnitude: must lie in [0, {top}], got {magnitude}")
    if not 0 <= magnitude_std < float("inf"):
        raise InputError(f"magnitude_std: must be at least 0 and finite, got {magnitude_std}")


def layers_step(layers: Layers, size: tuple[int, int]) -> steps.Layers:
    """What `apply_layers` does, as a step for compiled loops; size: (height, width)."""
    # Forty launches on a GPU, where one kernel does it all.
    matrix = None if layers.magnitude.is_cuda else _matrices(layers, size)
    return steps.Layers(layers.operation, layers.magnitude, matrix)


def apply_layers(batch: Batch, layers: Layers) -> Batch:
    """The batch after all `layers`; uint8 stays uint8, floats are rounded to 256 levels first.

    Consecutive operations that move the pixels of an image become one bilinear resampling; beyond
    the border is black.
    """
    found = batch.with_images(to_uint8(batch.images))
    matrices = _matrices_of_passes(layers, batch.images.shape[-2:])
    for i in range(layers.operation.shape[1]):
        magnitude = layers.magnitude[:, i]
        images = _recolor(found.images, layers.operation[:, i], magnitude)
        found = found.with_images(images)
        if i < len(matrices):
            found = _warp(found, matrices[i])
    if batch.images.is_floating_point():
        dtype = torch.promote_types(batch.images.dtype, torch.float32)
        return found.with_images(to_float(found.images).to(dtype))
    return found


def _is(operation: Tensor, *names: str) -> Tensor:
    """Whether each `operation` is one of `names`: bool of the same shape."""
    found = torch.zeros_like(operation, dtype=torch.bool)
    for name in names:
        found = found | (operation == OPERATIONS.index(name))
    return found


def _matrices_of_passes(layers: Layers, size: Sequence[int]) -> list[list[Tensor]]:
    """For each resampling its (B, 2, 3) matrices, to be applied in order.

    Resampling i comes right after the color operations of layer i. There is at least one layer
    between two runs of moves; so a run that starts in layer 0 or 1 can be the first resampling, and
    any other comes right before the colors of its first layer: L layers need at most L - 1
    resamplings.
    """
    moves = _is(layers.operation, *_GEOMETRIC)
    matrices = _matrices(layers, size)
    still = torch.eye(2, 3, device=moves.device)
    depth = moves.shape[1]
    turns = [torch.zeros_like(layers.operation[:, 0])]
    for j in range(1, depth):
        turns.append(torch.where(moves[:, j] & moves[:, j - 1], turns[-1], j - 1))
    return [
        [
            torch.where(((turns[j] == i) & moves[:, j])[:, None, None], matrices[:, j], still)
            for j in range(i + 1 if i else 0, depth)
        ]
        for i in range(max(depth - 1, 1))
    ]


def _matrices(layers: Layers, size: Sequence[int]) -> Tensor:
    """(B, L, 2, 3) float32, rows y and x, about the center: from output to input coordinates.

    Computed in float64 and rounded once, so that a result does not depend on the place in the
    batch.
    """

    def magnitude(name: str) -> Tensor:
        return layers.magnitude.double().masked_fill(~_is(layers.operation, name), 0)

    angle = torch.deg2rad(magnitude("rotate"))
    cos, sin = angle.cos(), angle.sin()
    shear_y, shear_x = magnitude("shear-y"), magnitude("shear-x")
    # A shear keeps the corner in its place, and the center is half an image away from it.
    down = shear_y * (size[1] / 2) - magnitude("translate-y")
    right = shear_x * (size[0] / 2) - magnitude("translate-x")
    rows = torch.stack((cos, sin + shear_y, down), -1), torch.stack((shear_x - sin, cos, right), -1)
    return torch.stack(rows, -2).float()


def _warp(batch: Batch, matrices: Sequence[Tensor]) -> Batch:
    """Move uint8 images by `matrices`, one after the other, in one bilinear resampling."""
    height, width = batch.images.shape[-2:]
    points = pixel_centers(batch.images)
    for matrix in reversed(matrices):
        points = bounded(affine(points, matrix), (height, width), "black")
    return batch.moved(_read_levels(batch.images, points), partial(read, points=points))


def _read_levels(images: Tensor, points: Points) -> Tensor:
    """(B, C, H, W) uint8: uint8 `images` read at `points`, bilinear, rounded to whole levels.

    `grid_sample` differs in the last bits from device to device, which changes some levels and all
    operations after them. The additions and multiplications here are exactly rounded.
    """
    size = images.shape[-2:]
    corners, shares, steps = [], [], []
    for where, side, stride in ((points.y, size[0], size[1]), (points.x, size[1], 1)):
        where = (where + (side - 1) / 2).expand(len(images), *size)
        corner = where.floor()
        corners.append(corner.long() * stride)
        shares.append((where - corner)[:, None])
        steps.append((corner < side - 1) * stride)
    first = corners[0] + corners[1]

    def level(offset: Tensor | int) -> Tensor:
        place = (first + offset).flatten(1)[:, None].expand(-1, images.shape[1], -1)
        return images.flatten(2).gather(2, place).view(images.shape).float()

    upper = _between(level(0), level(steps[1]), shares[1])
    lower = _between(level(steps[0]), level(steps[0] + steps[1]), shares[1])
    found = _between(upper, lower, shares[0])
    if points.cover is not None:
        found.mul_(points.cover[:, None])
    return found.add_(0.5).to(torch.uint8)


def _between(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    # Some devices fuse `lerp` and round it differently.
    return (end - start).mul_(share).add_(start)


def _recolor(images: Tensor, operation: Tensor, magnitude: Tensor) -> Tensor:
    """uint8 images after the color operations of one layer. operation, magnitude: (B,)."""
    gray = _gray(images)
    images = apply_table(images, _table(images, gray, operation, magnitude))
    other = torch.where(per_image(_is(operation, "sharpness")), _smooth(images), gray)
    factor = torch.where(_is(operation, *_LOCAL), 1 + magnitude, 1)
    return _blend(other.float(), images.float(), per_image(factor))


def _table(images: Tensor, gray: Tensor, operation: Tensor, magnitude: Tensor) -> Tensor:
    """(B, C, 256) uint8: the new value of each level."""
    levels = torch.arange(256.0, device=images.device)
    pixels = gray.shape[2] * gray.shape[3]
    mean = (2 * gray.long().sum((1, 2, 3)) + pixels) // (2 * pixels)
    towards = mean.masked_fill(~_is(operation, "contrast"), 0).float()
    factor = torch.where(_is(operation, *_TONE), 1 + magnitude, 1)
    table = _blend(towards[:, None, None], levels, factor[:, None, None])
    for name, other in (
        ("posterize", posterize_table(magnitude.clamp(0, 8))),
        ("solarize", solarize_table(magnitude)),
        ("autocontrast", autocontrast_table(images)),
        ("equalize", equalize_table(images)),
        ("invert", invert_table(images.device)),
        ("solarize-add", solarize_add_table(magnitude)),
    ):
        table = torch.where(_is(operation, name)[:, None, None], other, table)
    return table


def _blend(other: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    """PIL's blend of float levels, factor · images + (1 - factor) · other, cut to uint8."""
    return (images - other).mul_(factor).add_(other).clamp_(0, 255).to(torch.uint8)


def _gray(images: Tensor) -> Tensor:
    """(B, C, H, W) uint8 -> (B, 1, H, W) uint8: PIL's mode "L"."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, i : i + 1].int() * weight for i, weight in enumerate(_LUMA))
    return ((red + green + blue + 2**15) >> 16).to(torch.uint8)


def _smooth(images: Tensor) -> Tensor:
    """PIL's `ImageFilter.SMOOTH` of uint8 images, rounded to whole levels as there."""
    # Multiples of 1/13 are at least 1/26 away from a half, so rounding errors do not matter.
    return smooth(images.float()).add_(0.5).to(torch.uint8)
