"""Rows of a batch compared with each other: repeated ids, and the circle of partners.

Each row looks at all others, which for up to a few thousand rows takes less time than launching
one sort.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from augury.kernels.gpu.launch import EXACT, on_device_of

# Above, sorting takes less time than comparing all pairs.
MOST = 4096

_ROWS = 8
_OTHERS = 64


@triton.jit(do_not_specialize=["count"])
def count_repeats(ids, out, count, ROWS: tl.constexpr, OTHERS: tl.constexpr):
    """How many earlier rows have the same id."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    own = tl.load(ids + row, row < count, other=0)
    found = tl.zeros([ROWS], tl.int64)
    for start in range(0, tl.program_id(0) * ROWS + ROWS, OTHERS):
        other = start + tl.arange(0, OTHERS)
        read = tl.load(ids + other, other < count, other=0)
        earlier = (other[None, :] < row[:, None]) & (read[None, :] == own[:, None])
        found += tl.sum(earlier.to(tl.int64), 1)
    tl.store(out + row, found, row < count)


@triton.jit
def following(
    row, keys, ids, repeats, count, DISTINCT: tl.constexpr, ROWS: tl.constexpr,
    OTHERS: tl.constexpr,
):  # fmt: skip
    """The next row in the circle, ordered by (key, id, repeat, row), after each `row`; or -1.

    DISTINCT: the next one that has another id.
    """
    inside = row < count
    key = tl.load(keys + row, inside, other=0)[:, None]
    own = tl.load(ids + row, inside, other=0)[:, None]
    copy = tl.load(repeats + row, inside, other=0)[:, None]
    # The first of the rows that each lane has seen. Rows before `row` come on a second lap, which
    # makes their keys larger by 2^32.
    none: tl.constexpr = 0x7FFFFFFFFFFFFFFF
    best_key = tl.full([ROWS, OTHERS], none, tl.int64)
    best_id = tl.full([ROWS, OTHERS], none, tl.int64)
    best_copy = tl.full([ROWS, OTHERS], none, tl.int64)
    best = tl.full([ROWS, OTHERS], -1, tl.int64)
    for start in range(0, count, OTHERS):
        other = (start + tl.arange(0, OTHERS))[None, :]
        there = other < count
        that_key = tl.load(keys + other, there, other=0)
        that_id = tl.load(ids + other, there, other=0)
        that_copy = tl.load(repeats + other, there, other=0)
        later = (that_copy > copy) | ((that_copy == copy) & (other > row[:, None]))
        later = (that_id > own) | ((that_id == own) & later)
        later = (that_key > key) | ((that_key == key) & later)
        lap = tl.where(later, that_key, that_key + 0x100000000)
        sooner = (that_copy < best_copy) | ((that_copy == best_copy) & (other < best))
        sooner = (that_id < best_id) | ((that_id == best_id) & sooner)
        sooner = (lap < best_key) | ((lap == best_key) & sooner)
        takes = sooner & there & ((that_id != own) if DISTINCT else (other != row[:, None]))
        best_key = tl.where(takes, lap, best_key)
        best_id = tl.where(takes, that_id, best_id)
        best_copy = tl.where(takes, that_copy, best_copy)
        best = tl.where(takes, other.to(tl.int64), best)
    # Among the lanes, the smallest key, then the smallest id of those, and so on.
    first = tl.min(best_key, 1)[:, None] == best_key
    best_id = tl.where(first, best_id, none)
    first = first & (tl.min(best_id, 1)[:, None] == best_id)
    best_copy = tl.where(first, best_copy, none)
    first = first & (tl.min(best_copy, 1)[:, None] == best_copy)
    return tl.min(tl.where(first, best, none), 1)


@triton.jit(do_not_specialize=["count"])
def find_partners(
    keys, ids, repeats, out, count, ROWS: tl.constexpr, OTHERS: tl.constexpr
):  # fmt: skip
    """The next row of another id in the circle; the next row where there is one id only."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    found = following(row, keys, ids, repeats, count, True, ROWS, OTHERS)
    if tl.min(tl.where(row < count, found, 0), 0) < 0:
        found = following(row, keys, ids, repeats, count, False, ROWS, OTHERS)
    # A batch of one has no other row.
    found = tl.where(found < 0, row.to(tl.int64), found)
    tl.store(out + row, found, row < count)


def repeats_of(ids: Tensor) -> Tensor | None:
    """(B,) int64: how many earlier rows have the same id; None for more than MOST rows."""
    if len(ids) > MOST:
        return None
    out = torch.empty_like(ids, memory_format=torch.contiguous_format)
    if len(ids):
        with on_device_of(ids):
            count_repeats[(triton.cdiv(len(ids), _ROWS),)](
                ids.contiguous(), out, len(ids), ROWS=_ROWS, OTHERS=_OTHERS, num_warps=4, **EXACT
            )
    return out


def partners_of(keys: Tensor, ids: Tensor, repeats: Tensor) -> Tensor | None:
    """(B,) int64: each row's partner; None for more than MOST rows.

    keys, ids, repeats: (B,) int64; keys are 32-bit words. The circle's order is that of (key, id,
    repeat, row); a partner is the next row of another id, or the next row if there is one id only.
    """
    if len(ids) > MOST:
        return None
    out = torch.empty_like(ids, memory_format=torch.contiguous_format)
    if len(ids):
        with on_device_of(ids):
            find_partners[(triton.cdiv(len(ids), _ROWS),)](
                keys.contiguous(), ids.contiguous(), repeats.contiguous(), out, len(ids),
                ROWS=_ROWS, OTHERS=_OTHERS, num_warps=4, **EXACT,
            )  # fmt: skip
    return out
