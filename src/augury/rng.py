"""Randomness without state: every draw is a pure function of what it is for.

Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11) in integer
tensor operations, so the bits are the same on every device, for any batch size and order. No
global or device generator is read or advanced.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_MASK = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10


def philox(counter: Tensor, key: tuple[int, int]) -> Tensor:
    """Philox4x32-10 of each counter.

    counter: (4, ...) int64 whose values are 32-bit words; key: two 32-bit words.
    Returns (4, ...) int64 of 32-bit words.
    """
    shape = (2,) + (1,) * (counter.ndim - 1)
    multipliers = torch.tensor(_MULTIPLIERS, device=counter.device).view(shape)
    even, odd = counter[0::2], counter[1::2]
    # Row r holds the round's key, in the order in which the swapped halves meet it.
    keys = [[(k + r * w) & _MASK for k, w in zip(key, _WEYL, strict=True)] for r in range(_ROUNDS)]
    for round_key in torch.tensor(keys, device=counter.device).view(_ROUNDS, *shape):
        # int64 products wrap modulo 2^64, which leaves all the bits that are wanted.
        product = even * multipliers
        high, low = (product >> 32) & _MASK, product & _MASK
        even, odd = high.flip(0) ^ odd ^ round_key, low.flip(0)
    return torch.stack((even[0], odd[0], even[1], odd[1]))


def derive_key(*parts: int | str) -> int:
    """A 64-bit key from any names and numbers; distinct parts give independent keys."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


# Hashing is no tensor operation: a compiled augmentation keeps the key as a constant.
_constant_key: Callable[..., int] = torch.compiler.assume_constant_result(derive_key)  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Draws:
    """The random numbers of a batch: one independent stream per sample and operation.

    seed: the run's seed; epoch: 0, 1, ...; ids: (B,) int64, the samples' stable numbers; scope:
    tells operations of one name apart.
    Draw `index` of operation `name` for sample `id` depends on (seed, epoch, id, name, index)
    and on nothing else.
    """

    seed: int
    epoch: int
    ids: Tensor
    scope: str = ""

    def bits(self, operation: str, n: int) -> Tensor:
        """(B, n) int64: uniform 32-bit words."""
        key = _constant_key("draws", self.seed, operation + self.scope)
        blocks = -(-n // 4)
        ids = self.ids[:, None].expand(-1, blocks)
        block = torch.arange(blocks, device=ids.device).expand_as(ids)
        epoch = torch.full_like(ids, self.epoch & _MASK)
        counter = torch.stack((block, ids & _MASK, (ids >> 32) & _MASK, epoch))
        words = philox(counter, (key & _MASK, key >> 32))
        return words.permute(1, 2, 0).reshape(len(self.ids), 4 * blocks)[:, :n]

    def uniform(self, operation: str, n: int) -> Tensor:
        """(B, n) float32: uniform in [0, 1), multiples of 2^-24."""
        return (self.bits(operation, n) >> 8).float() * 2.0**-24

    def bytes(self, operation: str, n: int) -> Tensor:
        """(B, n) uint8: uniform in 0..255."""
        words = self.bits(operation, -(-n // 4))
        shifts = torch.tensor((0, 8, 16, 24), device=words.device)
        return ((words[..., None] >> shifts) & 0xFF).to(torch.uint8).flatten(1)[:, :n]


def numpy_generator(*parts: int | str) -> np.random.Generator:
    """A NumPy generator for one named purpose, for instance ("order", seed, epoch)."""
    return np.random.Generator(np.random.Philox(key=derive_key("numpy", *parts)))


def torch_seed(*parts: int | str) -> int:
    """A seed for `torch.manual_seed` for one named purpose, for instance ("weights", seed)."""
    return derive_key("torch", *parts) >> 1
