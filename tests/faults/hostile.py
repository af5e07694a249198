"""What the hostile archives share: sound pictures, and what must be said of each archive."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from odd_images import plain_png

NAMES = ("ant/0.png", "bee/0.png", "ant/1.png", "bee/1.png", "bee/5.png")
LEADS_OUT = "^refused: its path leads out of the archive$"
ABSOLUTE = "^refused: an absolute path$"
SPECIAL = "^refused: a link or device$"
UNPACKED = "^cannot be unpacked "
TOO_MUCH = "unpacks to more than .* bytes, 50 times its size"
CUT = "cut short"
BOMB = 300_000_000
COUNT = 100_000


@dataclass(frozen=True)
class Hostile:
    """An archive of five sound pictures, besides what is hostile.

    told: the files set aside with their reasons, as regular expressions
    error: what the one line says that refuses the archive
    images: how many pictures are read
    """

    name: str
    make: Callable[[], bytes]
    told: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    images: int = 5


def picture(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return plain_png(pixels)
