"""Which test images a run got right, in few characters: bits, packed, zlib, base64."""

import base64
import binascii
import hashlib
import zlib

import numpy as np
from numpy.typing import NDArray

from augury.errors import InputError


def pack(correct: NDArray[np.bool_]) -> str:
    """(N,) bool as text; the first image is the highest bit of the first byte."""
    return base64.b64encode(zlib.compress(np.packbits(correct).tobytes(), 9)).decode()


def unpack(text: str, images: int) -> NDArray[np.bool_]:
    """(images,) bool from the text of `pack`; InputError where it does not hold so many."""
    size = -(-images // 8)
    try:
        inflate = zlib.decompressobj()
        # One byte more than allowed shows that there are too many; a small text may hold gigabytes.
        content = inflate.decompress(base64.b64decode(text, validate=True), size + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise InputError("must be bits, packed by zlib and base64") from error
    if len(content) != size or not inflate.eof or inflate.unused_data:
        raise InputError(f"must hold {images} bits in {size} bytes")
    bits = np.unpackbits(np.frombuffer(content, np.uint8)).astype(bool)
    if bits[images:].any():
        raise InputError(f"must hold {images} bits, and zeros to the end of the last byte")
    return bits[:images]


def ids_digest(ids: NDArray[np.int64]) -> str:
    """SHA-256, in hex, of test ids as 64-bit integers, lowest byte first."""
    return hashlib.sha256(ids.astype("<i8").tobytes()).hexdigest()
