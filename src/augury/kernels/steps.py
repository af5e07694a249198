"""What the compiled loops can do to the images of a batch, one step after the other.

All tensors lie on the device of the images; their first dimension is B.
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from augury.kernels.stream import Stream


@dataclass(frozen=True)
class Affine:
    """From output to input coordinates, in pixels relative to the center ((H-1)/2, (W-1)/2).

    matrix: (B, 2, 3) float32, rows y and x. border: "nearest" or "black", what lies beyond the
    image.
    """

    matrix: Tensor
    border: str = "nearest"


@dataclass(frozen=True)
class Resample:
    """One bilinear reading at the points that all `parts`, applied in order, lead to; float32.

    left_alone: (B,) bool, images that keep their pixels bit for bit; None if none does.
    """

    parts: tuple[Affine, ...]
    left_alone: Tensor | None = None


@dataclass(frozen=True)
class Window:
    """Move whole pixels and keep the dtype: mirror first, then shift; black beyond the image.

    mirror_y, mirror_x: (B,) bool. down, right: (B,) int64, pixels by which the window moves.
    """

    mirror_y: Tensor
    mirror_x: Tensor
    down: Tensor
    right: Tensor


@dataclass(frozen=True)
class Fill:
    """Overwrite a rectangle, which may reach beyond the image; keeps the dtype.

    top, left, height, width: (B,) int64, pixels. chosen: (B,) bool, the images that are changed;
    None for all. value: (B, C, H, W) uint8; the stream whose first C·H·W bytes these are; or one
    level for all pixels.
    """

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    value: Tensor | Stream | int
    chosen: Tensor | None = None


# AutoAugment's operations, by their numbers in `Layers`.
OPERATIONS = (
    "identity",
    "shear-x",
    "shear-y",
    "translate-x",
    "translate-y",
    "rotate",
    "brightness",
    "saturation",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
    "invert",
    "solarize-add",
)


@dataclass(frozen=True)
class Layers:
    """AutoAugment's operations, L after each other, on 256 levels: see `policies/operations.py`.

    operation: (B, L) int64, indices of OPERATIONS. magnitude: (B, L) float32.
    matrix: (B, L, 2, 3) float32, of the moves; as in `Affine`, with a black border. Neighboring
    moves are one resampling. Other operations have any. None on a GPU, whose kernels compute it.
    chosen: (B,) bool, the images that are rounded to levels, None for all; the others, which have
    the identity alone, keep their values. Given only where no operation moves pixels.
    """

    operation: Tensor
    magnitude: Tensor
    matrix: Tensor | None = None
    chosen: Tensor | None = None


@dataclass(frozen=True)
class Mixture:
    """AugMix: (1 - m) · image + m · weighted sum of `chains`; float32, clipped to [0, 1].

    chains: W times the layers of one version. weights: (B, W) float32; m: (B,) float32.
    """

    chains: tuple[Layers, ...]
    weights: Tensor
    m: Tensor


# Color operations without rounding to levels, by the names of their methods.
RECOLORINGS = ("brightness", "contrast", "saturation", "sharpness", "hue", "grayscale")


@dataclass(frozen=True)
class Recolor:
    """One of RECOLORINGS, as in `augment/color/`; float32, clipped to [0, 1].

    amount: (B,) float32: the factor; for "hue" turns; for "grayscale" 1 where the image loses its
    color, and 0 where it does not. A factor of 1, and 0 for the others, changes no bit.
    """

    kind: str
    amount: Tensor


@dataclass(frozen=True)
class Blur:
    """A filter along the columns, then along the rows; the nearest pixel is repeated; float32.

    weights: (B, R+1) float32, those of pixels at distances 0 to R, on both sides.
    """

    weights: Tensor


Step = Resample | Window | Fill | Layers | Mixture | Recolor | Blur


class Taps(NamedTuple):
    """Along one side of an image: the pixels of which each new pixel is a weighted sum.

    places: (K, B, n) int64, of `n` new pixels; weights: (K, B, n) float64. The sums are those of
    float32, in the order of K.
    """

    places: Tensor
    weights: Tensor


class Scale(NamedTuple):
    """Normalization after the last step: (image in [0, 1] - mean) / std; (C,) float32 each."""

    mean: Tensor
    std: Tensor
