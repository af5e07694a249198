"""Damages of files, drawn from a seeded generator."""

import io
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

# A pickle that makes this file when it is loaded. Nothing may ever make it.
PLANTED = Path("/tmp/augury-planted-by-a-pickle")


class _Hostile:
    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (PLANTED,)


def hostile(name: str) -> bytes:
    """What a file of this name would hold that harms whoever unpickles it."""
    content = pickle.dumps(_Hostile())
    array = io.BytesIO()
    np.save(array, np.array([_Hostile()], dtype=object), allow_pickle=True)
    if name.endswith(".npy"):
        return array.getvalue()
    if name.endswith(".npz"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            for part in ("test_ids", "test_labels", "test_logits", "ids"):
                file.writestr(f"{part}.npy", array.getvalue())
        return packed.getvalue()
    return content


def truncated(content: bytes, generator: random.Random) -> bytes:
    return content[: generator.randrange(1, len(content))]


def bit_flips(content: bytes, generator: random.Random) -> bytes:
    """One to eight bits."""
    changed = bytearray(content)
    for _ in range(generator.randint(1, 8)):
        changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def one_flip(content: bytes, generator: random.Random) -> bytes:
    changed = bytearray(content)
    changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def zeros(content: bytes, generator: random.Random) -> bytes:
    """A block of the disk that was never written."""
    start = generator.randrange(len(content))
    length = min(512, len(content) - start)
    return content[:start] + bytes(length) + content[start + length :]


def longer(content: bytes, generator: random.Random) -> bytes:
    return content + generator.randbytes(generator.randint(1, 100))


def empty(content: bytes, generator: random.Random) -> bytes:
    return b""


def web_page(content: bytes, generator: random.Random) -> bytes:
    return b"<!DOCTYPE html><html><body>404</body></html>"


RANDOM = (truncated, bit_flips, one_flip, zeros, longer)
FIXED = (empty, web_page)
