"""The formats of images that are read: by a file's name which, and the package that each needs."""

import importlib
import importlib.util
from functools import cache

FORMAT_OF_SUFFIX = {
    **dict.fromkeys((".png",), "PNG"),
    **dict.fromkeys((".jpg", ".jpeg", ".jfif", ".jpe"), "JPEG"),
    **dict.fromkeys((".webp",), "WEBP"),
    **dict.fromkeys((".bmp",), "BMP"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm"), "PPM"),
    **dict.fromkeys((".avif",), "AVIF"),
    **dict.fromkeys((".heic", ".heif"), "HEIF"),
}
"""Pillow's name of the format by the end of a file's name, in lower case."""
NEW_SUFFIXES = tuple(
    suffix
    for suffix in FORMAT_OF_SUFFIX
    if suffix not in (".png", ".jpg", ".jpeg", ".webp", ".bmp")
)
"""Those that the first versions did not read."""
NOT_AN_IMAGE = "not a PNG, JPEG, WebP, BMP, TIFF, PPM, AVIF or HEIC file"
_HEIF_PACKAGE = "pillow_heif"
_SUFFIXES = tuple(FORMAT_OF_SUFFIX)


def is_image_name(name: str) -> bool:
    """Whether a file is an image by its name."""
    return name.lower().endswith(_SUFFIXES)


def what_is_missing(name: str) -> str | None:
    """The package without which this file cannot be read, in words; None if it is there.

    name: of an image file, see `is_image_name`
    """
    suffix = next(end for end in _SUFFIXES if name.lower().endswith(end))
    return _missing(FORMAT_OF_SUFFIX[suffix])


@cache
def _missing(form: str) -> str | None:
    from PIL import features  # here, because listing the command line's options does without Pillow

    if form == "AVIF" and not features.check("avif"):
        return "AVIF needs Pillow 11.3 or later: pip install -U pillow"
    if form == "HEIF" and importlib.util.find_spec(_HEIF_PACKAGE) is None:
        return "HEIC needs the package pillow-heif: pip install pillow-heif"
    return None


@cache
def readable_formats() -> tuple[str, ...]:
    """Pillow's names of all formats that can be read here."""
    found = tuple(f for f in dict.fromkeys(FORMAT_OF_SUFFIX.values()) if _missing(f) is None)
    if "HEIF" in found:
        importlib.import_module(_HEIF_PACKAGE).register_heif_opener()
    return found
