"""Where the cells of an image move, so that salient ones lie where its mask shows them.

Puzzle Mix moves the cells of an image by a one-to-one plan of low cost Σ ε·d²(i, j) - s(i)·z(j),
with s the saliency of a cell, z whether a place is shown and d the distance (in units of the
grid's side). Its algorithm: each cell asks for the place that costs it least; of several that ask
for one place the cheapest stays, and the others ask elsewhere in the next round.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

# Cells move at most √18 cells: these 61 steps fit into the bits of one integer.
_FARTHEST = 18
_REACH = 4
_STEPS = sorted(
    (dy * dy + dx * dx, dy, dx)
    for dy in range(-_REACH, _REACH + 1)
    for dx in range(-_REACH, _REACH + 1)
    if dy * dy + dx * dx <= _FARTHEST
)
# For a gain of up to 0, 1, ... times the price: the bits of the steps that are worth it. To stay
# always is.
_WORTH = [
    max(1, sum(1 << i for i, (square, _, _) in enumerate(_STEPS) if square < limit))
    for limit in range(_FARTHEST + 2)
]
# As many as cells along the side of the largest grid, as in the authors' code.
_ROUNDS = 16
# Whose cells are numbered in 8 bits.
MAX_SIDE = 16


def plan(saliency: Tensor, shown: Tensor, price: Tensor) -> Tensor:
    """(N, R, C) int64: the cell r * C + c that comes to each place.

    saliency: (N, R, C) float32 ≥ 0; shown: (N, R, C) bool, z; price: (N,) float32 > 0, the cost of
    a move by one cell: ε / (side - 1)². R and C are at most 16.
    A place that is not shown keeps its own cell, as nobody sees it.

    A pair (i, j) of cell and place costs both sides the same, so that there is one stable plan,
    which takes the cheapest pair first; that is what the rounds lead to. A cell whose own place is
    not shown asks only for places that cost less than to stay, and a cell never asks for a place
    farther away than √18 cells: a longer move needs a cell with more than 19 · price of all
    saliency.
    """
    columns = saliency.shape[2]
    gain, wishes = saliency.flatten(1), _wishes(saliency, shown, price).flatten(1)
    cell = torch.arange(gain.shape[1], device=gain.device)
    squares = torch.tensor([square for square, _, _ in _STEPS], device=gain.device)
    offsets = torch.tensor([dy * columns + dx for _, dy, dx in _STEPS], device=gain.device)
    for _ in range(_ROUNDS):
        nearest = wishes & -wishes
        # The exponent of a power of two as float32 says which bit it is.
        step = ((nearest.float().view(torch.int32) >> 23) - 127).clamp(min=0)
        place = cell + _look_up(offsets, step)
        left = (gain - price[:, None] * _look_up(squares, step)).clamp(min=0)
        # Gains are not negative, so that their bits are in their order; of equal ones the first.
        bid = left.view(torch.int32).long() * MAX_SIDE**2 + (MAX_SIDE**2 - 1 - cell)
        bid = torch.where(wishes != 0, bid, -1)
        holder = torch.full_like(wishes, -1).scatter_reduce(1, place, bid, "amax")
        wishes = torch.where(bid == holder.gather(1, place), wishes, wishes ^ nearest)
    found = MAX_SIDE**2 - 1 - holder % MAX_SIDE**2
    return torch.where(holder >= 0, found, cell).view(saliency.shape)


def _wishes(saliency: Tensor, shown: Tensor, price: Tensor) -> Tensor:
    """(N, R, C) int64: bit i is set where step i, from near to far, would be worth its price."""
    rows, columns = saliency.shape[1:]
    around = F.pad(shown.long(), (_REACH,) * 4)
    wishes = torch.zeros_like(saliency, dtype=torch.int64)
    for i, (_, dy, dx) in enumerate(_STEPS):
        top, left = _REACH + dy, _REACH + dx
        wishes.add_(around[:, top : top + rows, left : left + columns], alpha=1 << i)
    limit = (saliency / price[:, None, None]).ceil().clamp(max=_FARTHEST + 1).long()
    return wishes & _look_up(torch.tensor(_WORTH, device=saliency.device), limit)


def _look_up(table: Tensor, places: Tensor) -> Tensor:
    """`table[places]`, by the quicker of the two ways on a CPU."""
    return table.index_select(0, places.flatten()).view(places.shape)
