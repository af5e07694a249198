"""TIFF files of more than 8 bits a sample: which of them are read, and their lower bytes."""

import contextlib
import os
import sys
from collections.abc import Iterator

from PIL import Image
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    EXTRASAMPLES,
    PHOTOMETRIC_INTERPRETATION,
    PLANAR_CONFIGURATION,
    TiffImageFile,
)

_STANDARD_ERROR = 2  # its number for the system; libtiff knows nothing of Python's
_WHITE_IS_ZERO, _IN_PLANES, _PREMULTIPLIED = 0, 2, 1


class Unsupported(ValueError):
    """An image whose samples are of a kind that is not read; the message says which, in words."""


def is_deep_color(image: Image.Image) -> bool:
    """Whether `image` is a TIFF file with colors of 16 bits a sample."""
    return _bits(image) == 16 and image.mode in ("RGB", "RGBA")


def check_samples(image: Image.Image) -> None:
    """Raise Unsupported for samples that cannot be scaled to 8 bits in a way that all agree on."""
    if image.mode == "F":
        raise Unsupported("its samples are floats; convert it to 8 or 16 bits")
    if not isinstance(image, TiffImageFile):
        return
    if image.mode == "I":
        raise Unsupported("its samples are signed, or have 32 bits; convert it to 8 or 16 bits")
    tags = image.tag_v2
    if _bits(image) < 16:
        return
    if image.mode.startswith("I;") and tags.get(PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO:
        raise Unsupported("16-bit gray in which 0 is white; convert it so that 0 is black")
    if is_deep_color(image) and tags.get(PLANAR_CONFIGURATION) == _IN_PLANES:
        raise Unsupported("16-bit colors, each in a plane of its own; convert it to 8 bits")
    if is_deep_color(image) and tags.get(EXTRASAMPLES) == (_PREMULTIPLIED,):
        raise Unsupported("16-bit colors multiplied with transparency; convert it to 8 bits")


@contextlib.contextmanager
def quiet(image: Image.Image) -> Iterator[None]:
    """Within the block libtiff writes nothing on standard error; Pillow raises an error anyway."""
    with contextlib.ExitStack() as after:
        if isinstance(image, TiffImageFile) and any(tile[0] == "libtiff" for tile in image.tile):
            with contextlib.suppress(OSError):  # without a standard error there is nothing to do
                kept = os.dup(_STANDARD_ERROR)
                after.callback(os.close, kept)
                with open(os.devnull, "wb") as nowhere:
                    os.dup2(nowhere.fileno(), _STANDARD_ERROR)
                after.callback(os.dup2, kept, _STANDARD_ERROR)
        yield


def other_byte(raw_mode: str) -> str:
    """Pillow's mode for reading the lower byte of each sample, from that for the upper one."""
    native = {"little": "16L", "big": "16B"}[sys.byteorder]
    order = native if raw_mode.endswith("16N") else raw_mode[-3:]
    return raw_mode[:-3] + {"16L": "16B", "16B": "16L"}[order]


def _bits(image: Image.Image) -> int:
    """Bits a sample of a TIFF file; 0 for others, and where samples differ."""
    if not isinstance(image, TiffImageFile):
        return 0
    bits = set(image.tag_v2.get(BITSPERSAMPLE, (1,)))
    return int(bits.pop()) if len(bits) == 1 else 0
