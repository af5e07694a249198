"""Seeds and generators for one purpose each, from a hash of what they are for."""

import hashlib

import numpy as np


def derive_key(*parts: int | str) -> int:
    """A 64-bit key, a hash of `parts`; different parts give independent keys."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


# Hashing cannot be compiled: torch.compile keeps a key as a constant. This is what
# torch.compiler.assume_constant_result sets, without the second that importing its compiler takes.
derive_key._dynamo_marked_constant = True  # type: ignore[attr-defined]


def numpy_generator(*parts: int | str) -> np.random.Generator:
    """A NumPy generator for one purpose, for instance ("order", seed, epoch)."""
    return np.random.Generator(np.random.Philox(key=derive_key("numpy", *parts)))


def torch_seed(*parts: int | str) -> int:
    """A seed for `torch.manual_seed` for one purpose, for instance ("weights", seed)."""
    return derive_key("torch", *parts) >> 1
