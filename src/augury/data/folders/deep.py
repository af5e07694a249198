"""Conversion of 16-bit images to 8 bits: choice of the range, and scaling.

Cameras and scanners use 10, 12 or 14 of the 16 bits. Scaling 0..65535 to 0..255 would leave images
of 12 bits with 17 gray levels. So all images of a data set are scaled by one range, the smallest
usual one that contains every sample of every image. A PNG's sBIT is not used for it: it gives the
precision of samples that, by PNG's specification, fill all 16 bits.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from augury.data.folders.tiff import is_deep_color, other_byte, quiet

DEPTHS = (8, 10, 12, 14, 16)
"""The usual numbers of bits that 16-bit samples use."""
FULL = DEPTHS[-1]
FEW = 0.001
"""A note says if fewer samples than this share need the range, as it costs the others levels."""

_PNG, _PNG_DEPTH = b"\x89PNG\r\n\x1a\n", 24  # signature, and position of the bits per sample

Counts = tuple[int, ...]
"""For each of DEPTHS, how many samples need that depth; without alpha."""


def is_deep(image: Image.Image, content: bytes) -> bool:
    """Whether the file's `content`, opened as `image`, has 16 bits a sample."""
    deep_png = content.startswith(_PNG) and content[_PNG_DEPTH] == 16
    return deep_png or is_deep_gray(image) or is_deep_color(image)


def is_deep_gray(image: Image.Image) -> bool:
    return image.mode == "I" or image.mode.startswith("I;")


def count_depths(image: Image.Image) -> Counts:
    """The depths of a deep image's samples; for colors, from the upper 8 bits that Pillow keeps."""
    if is_deep_gray(image):
        return count_values(np.asarray(image).clip(0, 65535))
    histograms = np.reshape(image.histogram(), (-1, 256))
    colors = [row for band, row in zip(image.getbands(), histograms, strict=True) if band != "A"]
    return _by_depth(np.sum(colors, axis=0))


def count_values(values: npt.NDArray[np.integer]) -> Counts:
    """The depths of samples in 0..65535, an array of any shape."""
    upper = Image.fromarray((values >> 8).astype(np.uint8).reshape(len(values), -1))
    return _by_depth(np.array(upper.histogram()))


def _by_depth(histogram: npt.NDArray[np.integer]) -> Counts:
    """histogram: (256,), of the samples' upper bytes."""
    first = [2 ** (depth - 8) for depth in DEPTHS[:-1]]  # the first upper byte beyond each depth
    return tuple(int(count) for count in np.add.reduceat(histogram, [0, *first]))


@dataclass(frozen=True)
class Range:
    """The bits that a data set's 16-bit samples use, and the bits that all but FEW of them use."""

    bits: int = FULL
    most: int = FULL

    @classmethod
    def of(cls, counts: Iterable[Counts]) -> "Range":
        """The range of all images of a data set; FULL if none is deep."""
        total = np.sum([*counts, (0,) * len(DEPTHS)], axis=0)
        if not total.any():
            return cls()
        above = total.sum() - np.cumsum(total)
        return cls(
            next(depth for depth, more in zip(DEPTHS, above, strict=True) if more == 0),
            next(d for d, more in zip(DEPTHS, above, strict=True) if more <= FEW * total.sum()),
        )

    def notes(self) -> list[str]:
        """Notes on the range, for the user."""
        highest = 2**self.bits - 1
        notes = []
        if self.bits < FULL:
            notes.append(
                f"16-bit images use {self.bits} bits: 0..{highest} becomes 0..255 in all of them"
            )
        if self.most < self.bits:
            levels = int(scaled(np.array(2**self.most - 1), self.bits)) + 1
            notes.append(
                f"few levels: {1 - FEW:.1%} of the 16-bit samples lie in 0..{2**self.most - 1} and "
                f"get {levels} of 256 levels, as others reach up to {highest}"
            )
        return notes


def to_eight_bits(image: Image.Image, content: bytes, bits: int) -> Image.Image:
    """A deep image with 8 bits a sample, 0..2^bits - 1 scaled to 0..255, higher ones to 255.

    Colors with bits = 16 keep their upper 8 bits, as Pillow reads them. Alpha always has 16 bits.
    image: mode "I", "I;16" or "I;16B" for gray, "RGB" or "RGBA" for color, as Pillow opens it.
    """
    if is_deep_gray(image):
        return Image.fromarray(scaled(np.asarray(image), bits))
    if bits == FULL:
        return image
    planes = [scaled(plane, bits) for plane in _color_samples(image, content)]
    bands = [Image.fromarray(plane) for plane in planes]
    if image.mode == "RGBA":
        bands.append(image.getchannel("A"))
    return Image.merge(image.mode, bands)


def scaled(values: npt.NDArray[np.integer], bits: int) -> npt.NDArray[np.uint8]:
    """Samples of any shape with 8 bits: 0..2^bits - 1 becomes 0..255, higher ones become 255."""
    # In place and in a small dtype, because the largest images have 89 million pixels.
    highest = 2**bits - 1
    large = values.clip(0, highest).astype(np.uint32)
    large *= 255
    large += highest // 2
    large //= highest
    return large.astype(np.uint8)


def _color_samples(image: Image.Image, content: bytes) -> Iterator[npt.NDArray[np.uint16]]:
    """The samples of a PNG or TIFF's colors, each (H, W); `image` has their upper bytes.

    Pillow can decode either byte of a sample, depending on the byte order that it is told. Told the
    opposite of the file's, it reads the lower byte.
    """
    with Image.open(io.BytesIO(content), formats=(str(image.format),)) as lower:
        gray = lower.tile[0][3] == "LA;16B"  # 4 bytes per pixel, of which the second is needed
        lower.tile = [_for_lower_byte(tile) for tile in lower.tile]
        with quiet(lower):
            lower.load()
        for number, name in enumerate("RGB"):
            upper = np.asarray(image.getchannel(number)).astype(np.uint16)
            yield upper << 8 | np.asarray(lower.getchannel("G" if gray else name))


def _for_lower_byte(tile: Any) -> Any:
    """What Pillow's decoder is told of a tile, changed from the upper to the lower byte.

    Its last value is the mode for PNG, and begins with the mode for TIFF.
    """
    told = tile[3]
    if isinstance(told, tuple):
        changed: object = (other_byte(str(told[0])), *told[1:])
    else:
        changed = "RGBA" if told == "LA;16B" else other_byte(str(told))
    make = getattr(tile, "_make", tuple)  # a named tuple since Pillow 11
    return make([*tile[:3], changed])
