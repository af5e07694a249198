"""Color profiles (ICC): they are not applied, and a profile other than sRGB is told."""

import struct

from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"
_SMALLEST = 132  # bytes: the header and the number of tags
_SIGNATURE = slice(36, 40)
_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))
_SEARCHED = 100_000  # bytes in which the name is looked for; it stands near the start


def has_profile(image: Image.Image) -> bool:
    """Whether `image` brings a color profile other than sRGB that can be read."""
    found = image.info.get("icc_profile")
    if not isinstance(found, bytes) or not _is_whole(found):
        return False
    return not any(name in found[:_SEARCHED] for name in _NAMES)


def has_damaged_profile(image: Image.Image) -> bool:
    """Whether `image` brings a color profile that cannot be read; Pillow may have None for it."""
    return "icc_profile" in image.info and not _is_whole(image.info["icc_profile"])


def _is_whole(profile: object) -> bool:
    if not isinstance(profile, bytes) or len(profile) < _SMALLEST:
        return False
    size: int = struct.unpack(">I", profile[:4])[0]
    return profile[_SIGNATURE] == b"acsp" and size <= len(profile)


def without_profile(content: bytes) -> bytes | None:
    """A PNG without its color profile; None for other files, and where it has none.

    Some damaged profiles keep Pillow from opening the file.
    """
    at = len(_PNG)
    while content.startswith(_PNG) and at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        if content[at + 4 : at + 8] == b"iCCP":
            return content[:at] + content[at + 12 + length :]
        at += 12 + length
    return None
