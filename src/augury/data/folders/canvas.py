"""Pictures that are kept whole: the center square, and what lies beyond it along the longer side.

All lie on canvases of one size, each in the middle, black around it. The center square is what is
stored of a picture where nothing else is, to the bit.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

# The canvas is made for so many of the pictures, so that a few panoramas don't make it large. What
# is longer than so many times the shorter side is cut.
_SHARE, LONGEST = 0.99, 2.0


@dataclass(frozen=True)
class Reach:
    """The canvas's height and width over the side of the center squares, 1..2 each."""

    height: float
    width: float

    @classmethod
    def of(cls, sizes: Iterable[tuple[int, int]]) -> "Reach":
        """The reach for pictures of these sizes, (width, height) in pixels."""
        width, height = np.array(list(sizes), dtype=np.float64).T
        ratios = (height / width, width / height)
        tall, wide = (float(np.quantile(each, _SHARE, method="higher")) for each in ratios)
        return cls(*(min(max(each, 1.0), LONGEST) for each in (tall, wide)))

    def canvas(self, side: int) -> tuple[int, int]:
        """(height, width) in pixels, with center squares of `side`.

        The margins are even, so that the center of a canvas is that of its square where the center
        is rounded to a whole pixel.
        """
        height, width = (side + 4 * -(-(reach - 1) * side // 4) for reach in self.sides)
        return int(height), int(width)

    @property
    def sides(self) -> tuple[float, float]:
        return self.height, self.width

    def cut_off(self, width: int, height: int) -> float:
        """The share of a picture's area that reaches beyond the canvas."""
        reach = self.height if height > width else self.width
        return max(0.0, 1 - reach * min(width, height) / max(width, height))


def write_square(row: npt.NDArray[np.uint8], picture: Image.Image) -> None:
    """Write the center square of `picture` to `row`, (C, S, S), resized bilinearly."""
    channels, side, _ = row.shape
    if picture.size != (side, side):
        picture = ImageOps.fit(picture, (side, side), Image.Resampling.BILINEAR)
    row[:] = _channels_first(picture, channels)


def write_picture(row: npt.NDArray[np.uint8], picture: Image.Image, side: int) -> tuple[int, int]:
    """Write `picture` to the middle of `row`, (C, H, W), with its center square of `side` pixels.

    Its shorter side becomes `side`; of the longer one as many whole pixels are written as there
    are, and as fit. Returns (height, width) in pixels of what is written.
    """
    channels, rows, columns = row.shape
    top, left = (rows - side) // 2, (columns - side) // 2
    write_square(row[:, top : top + side, left : left + side], picture)
    width, height = picture.size
    short, long = min(width, height), max(width, height)
    tall = height > width
    most = min(top if tall else left, int((LONGEST - 1) * side / 2))
    margin = min((long - short) * side // (2 * short), most)
    if margin == 0:
        return side, side
    # The two strips beside the square, on its grid: a pixel covers as much of the picture.
    start, length = (long - short) / 2, margin * short / side
    for begin, place in ((start - length, -margin), (start + short, side)):
        ends = max(0.0, begin), min(float(long), begin + length)
        box = (0.0, ends[0], short, ends[1]) if tall else (ends[0], 0.0, ends[1], short)
        size = (side, margin) if tall else (margin, side)
        strip = picture.resize(size, Image.Resampling.BILINEAR, box=box)
        at = (top + place, left) if tall else (top, left + place)
        row[:, at[0] : at[0] + size[1], at[1] : at[1] + size[0]] = _channels_first(strip, channels)
    return (side + 2 * margin, side) if tall else (side, side + 2 * margin)


def _channels_first(picture: Image.Image, channels: int) -> npt.NDArray[np.uint8]:
    width, height = picture.size
    return np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1)
