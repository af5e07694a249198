"""Moves of an image's cells, so that salient cells lie where its mask shows the image.

Puzzle Mix moves the cells of an image by a one-to-one plan of low cost Σ ε·d²(i, j) - s(i)·z(j),
with s the saliency of a cell, z whether a place is shown and d the distance (in units of the
grid's side). Its algorithm: each cell asks for its cheapest place; if several cells ask for one
place, the cheapest gets it, and the others ask for another place in the next round.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.kernels.constants import constant

# Cells move by at most √18 cells: the 61 possible steps fit into the bits of one integer.
_FARTHEST = 18
_REACH = 4
_STEPS = sorted(
    (dy * dy + dx * dx, dy, dx)
    for dy in range(-_REACH, _REACH + 1)
    for dx in range(-_REACH, _REACH + 1)
    if dy * dy + dx * dx <= _FARTHEST
)
# For a gain of up to 0, 1, ... times the price: the bits of the steps whose price is lower. Staying
# is always among them.
_WORTH = tuple(
    max(1, sum(1 << i for i, (square, _, _) in enumerate(_STEPS) if square < limit))
    for limit in range(_FARTHEST + 2)
)
# Rounds: as many as there are cells along the side of the largest grid, as in the authors' code.
_ROUNDS = 16
# The largest side whose cells can be numbered in 8 bits.
MAX_SIDE = 16


def plan(saliency: Tensor, shown: Tensor, price: Tensor) -> Tensor:
    """(N, R, C) int64: for each place the number r * C + c of the cell that moves there.

    saliency: (N, R, C) float32 ≥ 0; shown: (N, R, C) bool, z; price: (N,) float32 > 0, the cost of
    a move by one cell: ε / (side - 1)². R and C are at most 16.
    Places that are not shown keep their cells.

    Cell and place agree on the cost of a pair (i, j), so there is exactly one stable plan, which
    takes the cheapest pair first; the rounds lead to it. A cell whose own place is not shown asks
    only for places that cost less than staying. No cell asks for a place more than √18 cells away:
    a longer move would need a cell with more than 19 · price of the whole saliency.
    """
    columns = saliency.shape[2]
    gain, wishes = saliency.flatten(1), _wishes(saliency, shown, price).flatten(1)
    cell = torch.arange(gain.shape[1], device=gain.device)
    squares = constant(tuple(square for square, _, _ in _STEPS), torch.int64, gain.device)
    offset = tuple(dy * columns + dx for _, dy, dx in _STEPS)
    offsets = constant(offset, torch.int64, gain.device)
    for _ in range(_ROUNDS):
        nearest = wishes & -wishes
        # The float32 exponent of a power of two is the number of its bit.
        step = ((nearest.float().view(torch.int32) >> 23) - 127).clamp(min=0)
        place = cell + _look_up(offsets, step)
        left = (gain - price[:, None] * _look_up(squares, step)).clamp(min=0)
        # Bits of floats ≥ 0 sort like their values; the first of equal ones wins.
        bid = left.view(torch.int32).long() * MAX_SIDE**2 + (MAX_SIDE**2 - 1 - cell)
        bid = torch.where(wishes != 0, bid, -1)
        holder = torch.full_like(wishes, -1).scatter_reduce(1, place, bid, "amax")
        wishes = torch.where(bid == holder.gather(1, place), wishes, wishes ^ nearest)
    found = MAX_SIDE**2 - 1 - holder % MAX_SIDE**2
    return torch.where(holder >= 0, found, cell).view(saliency.shape)


def _wishes(saliency: Tensor, shown: Tensor, price: Tensor) -> Tensor:
    """(N, R, C) int64: bit i is set if step i (sorted from near to far) is worth its price."""
    rows, columns = saliency.shape[1:]
    around = F.pad(shown.long(), (_REACH,) * 4)
    wishes = torch.zeros_like(saliency, dtype=torch.int64)
    for i, (_, dy, dx) in enumerate(_STEPS):
        top, left = _REACH + dy, _REACH + dx
        wishes.add_(around[:, top : top + rows, left : left + columns], alpha=1 << i)
    limit = (saliency / price[:, None, None]).ceil().clamp(max=_FARTHEST + 1).long()
    return wishes & _look_up(constant(_WORTH, torch.int64, saliency.device), limit)


def _look_up(table: Tensor, places: Tensor) -> Tensor:
    """`table[places]`; `index_select` is the faster way on a CPU."""
    return table.index_select(0, places.flatten()).view(places.shape)
