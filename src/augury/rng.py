"""Randomness without state: every draw is a pure function of seed, epoch, sample and operation.

The bits are those of Philox (`augury.kernels.philox`), so they are the same on every device, for
any batch size and order. No global or device generator is read or advanced.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from augury.errors import InputError
from augury.kernels.stream import Stream

_MASK = 0xFFFFFFFF

# 2^64 over the golden ratio, as an int64. Its first 2^20 multiples, modulo 2^64, differ pairwise by
# more than 2^42, so that no copy of one image gets the stream number of another image.
_GOLDEN = 0x9E3779B97F4A7C15 - 2**64


def derive_key(*parts: int | str) -> int:
    """A 64-bit key, a hash of `parts`; different parts give independent keys."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


# Hashing cannot be compiled: a compiled augmentation keeps the key as a constant.
_constant_key: Callable[..., int] = torch.compiler.assume_constant_result(derive_key)  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Draws:
    """The random numbers of a batch: one independent stream per sample and operation.

    seed: the run's seed, any whole number; epoch: 0 to 2^32 - 1; ids: (B,) int64, the samples'
    stable numbers; scope: distinguishes two operations that have the same name.
    repeats: (B,) int64 ≥ 0, how many times each id came before in the epoch, so that every copy of
    an image has its own draws. None counts them within `ids`, in the order of the batch.
    Draw `index` of operation `name` for copy `repeat` of sample `id` depends on (seed, epoch, id,
    repeat, name, index) and on nothing else. Raises InputError for a seed or an epoch out of range
    and for ids or repeats of another shape or dtype.
    """

    seed: int
    epoch: int
    ids: Tensor
    scope: str = ""
    repeats: Tensor = None  # type: ignore[assignment]  # None is replaced in __post_init__

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_epoch(self.epoch)
        _check_numbers("ids", self.ids, self.ids)
        if self.repeats is None:
            object.__setattr__(self, "repeats", _count_repeats(self.ids))
        else:
            _check_numbers("repeats", self.repeats, self.ids)

    @property
    def streams(self) -> Tensor:
        """(B,) int64: each sample's stream number; the id, changed for repeated copies."""
        # int64 products wrap modulo 2^64.
        return self.ids + self.repeats * _GOLDEN

    def stream(self, operation: str) -> Stream:
        """The random numbers of one operation, which are drawn when they are asked for."""
        key = _constant_key("draws", self.seed, operation + self.scope)
        return Stream((key & _MASK, key >> 32), self.epoch, self.streams)

    def bits(self, operation: str, n: int) -> Tensor:
        """(B, n) int64: uniform 32-bit words."""
        return self.stream(operation).bits(n)

    def uniform(self, operation: str, n: int) -> Tensor:
        """(B, n) float32: uniform in [0, 1), multiples of 2^-24."""
        return (self.bits(operation, n) >> 8).float() * 2.0**-24

    def bytes(self, operation: str, n: int) -> Tensor:
        """(B, n) uint8: uniform in 0..255."""
        return self.stream(operation).bytes(n)


def check_seed(seed: int) -> None:
    """Raise InputError unless `seed` is a whole number."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise InputError(f"seed: must be a whole number, got {seed!r:.80}")


def check_epoch(epoch: int) -> None:
    """Raise InputError unless `epoch` is a whole number in 0..2^32 - 1.

    The generator has 32 bits for it: a larger epoch would repeat the draws of a smaller one.
    """
    if isinstance(epoch, bool) or not isinstance(epoch, int | np.integer):
        raise InputError(f"epoch: must be a whole number, got {epoch!r:.80}")
    if epoch < 0:
        raise InputError(f"epoch: must be at least 0, got {epoch}")
    if epoch > _MASK:
        raise InputError(f"epoch: must be at most {_MASK}, got {epoch}")


def _check_numbers(name: str, numbers: Tensor, ids: Tensor) -> None:
    if not isinstance(numbers, Tensor) or numbers.dtype != torch.int64 or numbers.ndim != 1:
        got = (numbers.dtype, tuple(numbers.shape)) if isinstance(numbers, Tensor) else numbers
        raise InputError(f"{name}: must be an int64 tensor of shape (B,), got {got!r:.80}")
    if numbers.shape != ids.shape:
        raise InputError(f"{name}: must be {len(ids)}, one for each id, got {len(numbers)}")


def _count_repeats(ids: Tensor) -> Tensor:
    """(B,) int64: how many earlier rows have the same id."""
    ordered, order = ids.sort(stable=True)
    # Among sorted ids, `searchsorted` finds where each run of equal ids begins.
    repeats = torch.arange(len(ids), device=ids.device) - torch.searchsorted(ordered, ordered)
    return torch.empty_like(order).scatter(0, order, repeats)


def numpy_generator(*parts: int | str) -> np.random.Generator:
    """A NumPy generator for one purpose, for instance ("order", seed, epoch)."""
    return np.random.Generator(np.random.Philox(key=derive_key("numpy", *parts)))


def torch_seed(*parts: int | str) -> int:
    """A seed for `torch.manual_seed` for one purpose, for instance ("weights", seed)."""
    return derive_key("torch", *parts) >> 1
