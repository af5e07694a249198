"""Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11).

In integer tensor operations, so the bits are the same on every device.
"""

import torch
from torch import Tensor

from augury.kernels.constants import constant

_MASK = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
# Row r is what round r adds to the key.
_ADDED = tuple(tuple(r * word for word in _WEYL) for r in range(_ROUNDS))


def philox(counter: Tensor, key: tuple[int, int] | Tensor) -> Tensor:
    """Philox4x32-10 of each counter.

    counter: (4, ...) int64 whose values are 32-bit words; key: two 32-bit words, or a (2,) int64
    tensor of them. Returns (4, ...) int64 of 32-bit words.
    """
    shape = (2,) + (1,) * (counter.ndim - 1)
    multipliers = constant(_MULTIPLIERS, torch.int64, counter.device).view(shape)
    even, odd = counter[0::2], counter[1::2]
    # Row r holds the key of round r, with its two words in the order of the swapped halves.
    for round_key in _round_keys(key, counter.device).view(_ROUNDS, *shape):
        # int64 products wrap modulo 2^64; all 64 bits that are needed stay.
        product = even * multipliers
        high, low = (product >> 32) & _MASK, product & _MASK
        even, odd = high.flip(0) ^ odd ^ round_key, low.flip(0)
    return torch.stack((even[0], odd[0], even[1], odd[1]))


def _round_keys(key: tuple[int, int] | Tensor, device: torch.device) -> Tensor:
    """(10, 2) int64."""
    if isinstance(key, Tensor):
        return (key + constant(_ADDED, torch.int64, device)) & _MASK
    rows = [[(k + a) & _MASK for k, a in zip(key, added, strict=True)] for added in _ADDED]
    return torch.tensor(rows, device=device)
