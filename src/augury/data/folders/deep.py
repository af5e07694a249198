"""Images of 16 bits a sample become 8: by which range, and how.

Cameras and scanners fill 10, 12 or 14 of the 16 bits. Were 0..65535 made 0..255 then, images of 12
bits would keep 17 gray levels. So all images of a data set are scaled by one range, the smallest
usual one that holds every sample of every image. It is not taken from a PNG's sBIT: that says how
exact the samples are, which by PNG's specification fill all 16 bits.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

DEPTHS = (8, 10, 12, 14, 16)
"""The usual numbers of bits that 16-bit samples use."""
FULL = DEPTHS[-1]
FEW = 0.001
"""A range that all but this share of the samples do without is told, as it costs them levels."""

_PNG, _PNG_DEPTH = b"\x89PNG\r\n\x1a\n", 24  # how it begins, and where its bits per sample stand

Counts = tuple[int, ...]
"""How many samples need each of DEPTHS, and no fewer bits; alpha left out."""


def is_deep(image: Image.Image, content: bytes) -> bool:
    """Whether the file's `content`, opened as `image`, has 16 bits a sample."""
    return is_deep_gray(image) or (content.startswith(_PNG) and content[_PNG_DEPTH] == 16)


def is_deep_gray(image: Image.Image) -> bool:
    return image.mode == "I" or image.mode.startswith("I;")


def count_depths(image: Image.Image) -> Counts:
    """What a deep image's samples need; Pillow keeps the upper 8 bits of colors, which tell."""
    if is_deep_gray(image):
        upper = np.asarray(image).clip(0, 65535) >> 8
        image = Image.fromarray(upper.astype(np.uint8))
    histograms = np.reshape(image.histogram(), (-1, 256))
    colors = [row for band, row in zip(image.getbands(), histograms, strict=True) if band != "A"]
    first = [2 ** (depth - 8) for depth in DEPTHS[:-1]]  # upper bytes that need more bits
    counts = np.add.reduceat(np.sum(colors, axis=0), [0, *first])
    return tuple(int(count) for count in counts)


@dataclass(frozen=True)
class Range:
    """The bits that a data set's 16-bit samples use, and as many as all but FEW of them use."""

    bits: int = FULL
    most: int = FULL

    @classmethod
    def of(cls, counts: Iterable[Counts]) -> "Range":
        """Over all images of a data set; FULL where none is deep."""
        total = np.sum([*counts, (0,) * len(DEPTHS)], axis=0)
        if not total.any():
            return cls()
        above = total.sum() - np.cumsum(total)
        return cls(
            next(depth for depth, more in zip(DEPTHS, above, strict=True) if more == 0),
            next(d for d, more in zip(DEPTHS, above, strict=True) if more <= FEW * total.sum()),
        )

    def notes(self) -> list[str]:
        """What has to be said of it."""
        highest = 2**self.bits - 1
        notes = []
        if self.bits < FULL:
            notes.append(
                f"16-bit images use {self.bits} bits: 0..{highest} becomes 0..255 in all of them"
            )
        if self.most < self.bits:
            levels = int(_scaled(np.array(2**self.most - 1), self.bits)) + 1
            notes.append(
                f"few levels: {1 - FEW:.1%} of the 16-bit samples lie in 0..{2**self.most - 1} and "
                f"get {levels} of 256 levels, as others reach up to {highest}"
            )
        return notes


def to_eight_bits(image: Image.Image, content: bytes, bits: int) -> Image.Image:
    """A deep image with 8 bits a sample, 0..2^bits - 1 scaled to 0..255, higher ones to 255.

    Of colors with bits = 16 the upper 8 bits are kept, as Pillow reads them. Alpha always has 16.
    image: "I;16" or "I" where it is gray, otherwise "RGB" or "RGBA", as Pillow opens such files.
    """
    if is_deep_gray(image):
        return Image.fromarray(_scaled(np.asarray(image), bits))
    if bits == FULL:
        return image
    planes = [_scaled(plane, bits) for plane in _color_samples(image, content)]
    bands = [Image.fromarray(plane) for plane in planes]
    if image.mode == "RGBA":
        bands.append(image.getchannel("A"))
    return Image.merge(image.mode, bands)


def _scaled(values: npt.NDArray[np.integer], bits: int) -> npt.NDArray[np.uint8]:
    # In place, and with no more bits than needed: the largest images have 89 million pixels.
    highest = 2**bits - 1
    scaled = values.clip(0, highest).astype(np.uint32)
    scaled *= 255
    scaled += highest // 2
    scaled //= highest
    return scaled.astype(np.uint8)


def _color_samples(image: Image.Image, content: bytes) -> Iterator[npt.NDArray[np.uint16]]:
    """The samples of a PNG's colors, each (H, W); `image` has their upper bytes.

    Pillow gives either byte of a sample, by the name of how it lies in the file: where the most
    significant byte comes first, "16L", which says the opposite, gives the other one.
    """
    with Image.open(io.BytesIO(content), formats=("PNG",)) as lower:
        kind = lower.tile[0][3]
        gray = kind == "LA;16B"  # of whose 4 bytes a pixel the second is wanted
        other = "RGBA" if gray else str(kind).replace("16B", "16L")
        lower.tile = [(*tile[:3], other) for tile in lower.tile]  # type: ignore[misc]
        lower.load()
        for number, name in enumerate("RGB"):
            upper = np.asarray(image.getchannel(number)).astype(np.uint16)
            yield upper << 8 | np.asarray(lower.getchannel("G" if gray else name))
