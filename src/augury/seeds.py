"""Seeds and generators for one purpose each, from a hash of what they are for."""

import hashlib

import numpy as np

from augury.lazy import constant_when_compiled


@constant_when_compiled  # hashing cannot be compiled
def derive_key(*parts: int | str) -> int:
    """A 64-bit key, a hash of `parts`; different parts give independent keys."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def numpy_generator(*parts: int | str) -> np.random.Generator:
    """A NumPy generator for one purpose, for instance ("order", seed, epoch)."""
    return np.random.Generator(np.random.Philox(key=derive_key("numpy", *parts)))


def torch_seed(*parts: int | str) -> int:
    """A seed for `torch.manual_seed` for one purpose, for instance ("weights", seed)."""
    return derive_key("torch", *parts) >> 1
