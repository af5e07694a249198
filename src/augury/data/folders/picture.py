"""Decoding of one image file, by its content and not by its name."""

import io
import re
import struct
import zlib
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from augury.data.folders.canvas import write_picture
from augury.data.folders.deep import Counts, count_depths, is_deep, is_deep_gray, to_eight_bits
from augury.data.folders.formats import readable_formats
from augury.data.folders.profile import has_damaged_profile, has_profile, without_profile
from augury.data.folders.tiff import check_samples, quiet

CONVERSIONS = (
    UPRIGHT := "turned upright as EXIF says",
    FIRST := "the first of several pictures in a file",
    EIGHT_BITS := "16 bits scaled to 8",
    ON_WHITE := "transparency laid on white",
    CMYK := "CMYK converted to RGB",
    PROFILE := "a color profile other than sRGB, which is not applied",
    NO_PROFILE := "a damaged color profile, ignored",
)
"""Conversions beyond decoding, cutting and resizing."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
# Each scan of a progressive JPEG passes through the whole image, even if it has few bytes: 2,000
# scans of 40 kB in total keep a core busy for 20 s in a large image. 10 are usual, 60 the most.
MOST_SCANS = 200
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SCAN, _END = 0xDA, 0xD9
# Errors that Pillow's decoders are known to raise for damaged files.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    MemoryError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True)
class Header:
    """The properties of an image that are known before decoding; sides in pixels.

    turned: whether EXIF exchanges the sides, as far as it can be read before decoding
    """

    width: int
    height: int
    gray: bool
    format: str
    turned: bool = False

    @property
    def shown(self) -> tuple[int, int]:
        """(width, height) of the upright picture."""
        return (self.height, self.width) if self.turned else (self.width, self.height)


def read_header(content: bytes) -> Header:
    """The header of an image file; raises UnidentifiedImageError or one of UNREADABLE.

    Of these, Unsupported is for samples that are not read.
    """
    with opened(content) as image:
        check_samples(image)
        # Pillow decodes a PNG to find its EXIF, and turns the sides of a TIFF itself.
        turned = image.format not in ("PNG", "TIFF") and _orientation(image) in _SIDEWAYS
        return Header(*image.size, is_gray(image), image.format or "", turned)


def opened(content: bytes) -> ImageFile.ImageFile:
    """An image file's bytes, opened by Pillow but not decoded; raises as `read_header` does."""
    try:
        return Image.open(io.BytesIO(content), formats=readable_formats())
    except (UnidentifiedImageError, *UNREADABLE):
        bare = without_profile(content)
        if bare is None:
            raise
        image = Image.open(io.BytesIO(bare), formats=("PNG",))
        image.info["icc_profile"] = None
        return image


@dataclass(frozen=True)
class Decoded:
    """The CONVERSIONS that an image needed, and the depths of its 16-bit samples.

    upright: whether it is higher than wide; extent: (height, width) in pixels of what was written
    """

    conversions: frozenset[str]
    depths: Counts | None
    upright: bool = False
    extent: tuple[int, int] = (0, 0)


def decode_into(
    row: npt.NDArray[np.uint8], content: bytes, bits: int, size: int | None = None
) -> Decoded:
    """Decode an image file's bytes into `row`, (C, H, W); see `decode.decode_images`.

    size: of the center square; by default it fills the row. Raises as `read_header` does.
    """
    channels, size = row.shape[0], size or row.shape[1]
    with opened(content) as image:
        if image.info.get("progressive") and _scans(content) > MOST_SCANS:
            raise ValueError(f"more than {MOST_SCANS} scans")
        done = {FIRST} if getattr(image, "n_frames", 1) > 1 else set()
        if min(image.size) >= 4 * size:
            # JPEGs can be decoded at ½, ¼ or ⅛; here never below twice the wanted size.
            image.draft(None, (2 * size, 2 * size))
        if image.format == "TIFF" and _orientation(image) in _UPRIGHT:
            done.add(UPRIGHT)  # loading turns it
        if has_profile(image):
            done.add(PROFILE)
        if has_damaged_profile(image):
            done.add(NO_PROFILE)
        with quiet(image):
            image.load()
        if image.mode == "P" and image.palette is None:  # many functions of Pillow fail then
            raise ValueError("its palette is missing")
        if image.mode == "CMYK":
            done.add(CMYK)
        turn = _UPRIGHT.get(_orientation(image))
        depths, shown = None, cast(Image.Image, image)
        if is_deep(image, content):
            done.add(EIGHT_BITS)
            depths, shown = count_depths(image), to_eight_bits(image, content, bits)
        pixels, transparent = to_mode(
            shown if turn is None else shown.transpose(turn), "L" if channels == 1 else "RGB"
        )
    if turn is not None:
        done.add(UPRIGHT)
    if transparent:
        done.add(ON_WHITE)
    extent = write_picture(row, pixels, size)
    return Decoded(frozenset(done), depths, pixels.height > pixels.width, extent)


def _scans(jpeg: bytes) -> int:
    """The number of scans of a JPEG, without thumbnails and data after its end."""
    scans, at = 0, 2
    while (marker := _MARKER.search(jpeg, at)) and marker[0][1] != _END:
        scans += marker[0][1] == _SCAN
        at = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2])
    return scans


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1..8; 1 (upright) if the EXIF data are damaged."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except UNREADABLE:
        return 1
    return value if isinstance(value, int) else 1


def is_gray(image: Image.Image) -> bool:
    if image.mode in ("P", "PA"):
        palette = np.reshape(image.getpalette("RGB") or [], (-1, 3))
        return bool((palette == palette[:, :1]).all())
    return image.mode in ("1", "L", "LA", "La") or is_deep_gray(image)


def to_mode(image: Image.Image, mode: str) -> tuple[Image.Image, bool]:
    """The image in mode "L" or "RGB", and whether any of it was transparent."""
    if image.mode == mode and "transparency" not in image.info:
        return image, False
    transparent = False
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        transparent = bool(layer.getchannel("A").histogram()[255] < layer.width * layer.height)
        image = Image.new("RGBA", image.size, "white")
        image.alpha_composite(layer)
    return image.convert(mode), transparent
