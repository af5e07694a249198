"""The three-level mask on a grid that has the lowest energy, found by a convex method.

The energy of levels k in {0, 1, 2} is

    Σ over cells of f(k) + Σ over neighbors of w · (k - k')²

with f convex over the levels and w ≥ 0. Such an energy is L♮-convex: extended linearly between the
levels it stays convex, and if x minimizes it over real numbers, so do the levels ⌊x + t⌋ for each t
in (0, 1) (Murota, "Discrete Convex Analysis", 2003). So a convex method finds the minimum to any
accuracy, without a graph, and updates all cells of all samples at once: the primal-dual method of
Chambolle and Pock (2011), with their steps by degree and over-relaxation (Condat 2013).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

# With puzzlemix's defaults, over 99 % of masks are optimal after so many steps, and the others have
# an energy within 0.001 % of the lowest: benchmarks/puzzlemix_gap.py.
_STEPS = 64
# Step of the levels divided by that of the flows; 6 to 12 hardly differ on 16×16 grids.
_RATIO = 8.0
# A power of two, so that products with it are exact. Fused and separate multiply-adds then give the
# same bits, on every device and at every place of a batch.
_FLOW_STEP = 0.5 / _RATIO
_RELAXATION = 1.8
# Where the method has not converged, these thresholds give different masks; the best one is kept.
_ROUNDINGS = (0.1, 0.3, 0.5, 0.7, 0.9)


def minimize(first: Tensor, second: Tensor, weight: Tensor) -> Tensor:
    """The levels in {0, 1, 2} with the lowest energy: (R, C, B) float32.

    first, second: (R, C, B) float32, f(1) - f(0) and f(2) - f(1); first ≤ second.
    weight: (2, R, C, B) float32 ≥ 0: w between cell (r, c) and (r + 1, c), and between (r, c) and
    (r, c + 1); 0 where there is no such neighbor.
    The batch is the last dimension, so that neighboring cells are contiguous rows of memory.
    """
    relaxed = _relaxed(first, second, weight)
    best = (relaxed + _ROUNDINGS[0]).floor().clamp(0, 2)
    lowest = energy(best, first, second, weight)
    for rounding in _ROUNDINGS[1:]:
        levels = (relaxed + rounding).floor().clamp(0, 2)
        found = energy(levels, first, second, weight)
        best = torch.where(found < lowest, levels, best)
        lowest = torch.minimum(found, lowest)
    return best


def _relaxed(first: Tensor, second: Tensor, weight: Tensor) -> Tensor:
    """(R, C, B) real numbers in [0, 2], near a minimum of the piecewise linear energy."""
    step = _RATIO / _degree(weight)
    step_first, step_second = step * first, step * second + 1
    # A difference of one level costs w; the second level of difference costs 3w more.
    inner, outer = weight, 3 * weight
    levels, flow = torch.ones_like(first), torch.zeros_like(weight)
    for _ in range(_STEPS):
        moved = levels - step * _divergence(flow)
        change = (moved - step_first).clamp_(0, 1)
        change.add_((moved - step_second).clamp_(0, 1)).sub_(levels)
        ahead = levels + 2 * change
        pushed = flow.clone()
        pushed[0, :-1].add_(ahead[1:] - ahead[:-1], alpha=_FLOW_STEP)
        pushed[1, :, :-1].add_(ahead[:, 1:] - ahead[:, :-1], alpha=_FLOW_STEP)
        within = torch.clamp(pushed, -inner, inner)
        kept = within.add(F.softshrink(pushed - within, _FLOW_STEP)).clamp_(-outer, outer)
        levels.add_(change.mul_(_RELAXATION))
        flow.add_(kept.sub_(flow).mul_(_RELAXATION))
    return levels.clamp(0, 2)


def _divergence(flow: Tensor) -> Tensor:
    """(2, R, C, B) flows along the edges -> (R, C, B): inflow minus outflow of each cell."""
    found = -(flow[0] + flow[1])
    found[1:].add_(flow[0, :-1])
    found[:, 1:].add_(flow[1, :, :-1])
    return found


def _degree(weight: Tensor) -> Tensor:
    """(2, R, C, B) -> (R, C, B): the number of neighbors of each cell, at least 1."""
    edges = (weight > 0).to(weight.dtype)
    found = edges[0] + edges[1]
    found[1:].add_(edges[0, :-1])
    found[:, 1:].add_(edges[1, :, :-1])
    return found.clamp_(min=1)


def energy(levels: Tensor, first: Tensor, second: Tensor, weight: Tensor) -> Tensor:
    """(B,): the energy of `levels` (R, C, B), minus the energy of level 0 everywhere."""
    total = first * levels.clamp(max=1) + second * (levels - 1).clamp(min=0)
    total[:-1].add_(weight[0, :-1] * (levels[1:] - levels[:-1]).square())
    total[:, :-1].add_(weight[1, :, :-1] * (levels[:, 1:] - levels[:, :-1]).square())
    return ordered_sum(total.flatten(0, 1))


def ordered_sum(values: Tensor) -> Tensor:
    """The sum over the first dimension, by adding one half to the other again and again.

    The order of additions is fixed, so the bits depend neither on the device nor on the size of the
    batch.
    """
    while len(values) > 1:
        half = len(values) // 2
        rest = values[2 * half :]
        values = torch.cat((values[:half] + values[half : 2 * half], rest))
    return values[0]
