"""Puzzle Mix by its equations, one sample at a time, and masks of provably lowest energy.

An energy is two tables: unary (R, C, 3), the cost of each level of a cell, and pairs, a list of
(cell, cell, (3, 3)), the cost of both levels of two neighbors. Cells are (row, column).
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow
from scipy.stats import binom

# Capacities of the cut are whole numbers of 2^-20 of the mean cell's saliency.
_SCALE = 2.0**20


@dataclass
class Tables:
    unary: np.ndarray
    pairs: list

    def energy(self, levels):
        """Of (R, C) levels, or of many: (N, R, C) -> (N,)."""
        levels = np.asarray(levels)
        total = np.zeros(levels.shape[:-2])
        for cell in np.ndindex(*self.unary.shape[:2]):
            total += self.unary[cell][levels[..., *cell]]
        for one, other, cost in self.pairs:
            total += cost[levels[..., *one], levels[..., *other]]
        return total


def part(pixel, pixels, parts):
    return pixel * parts // pixels


def members(k, pixels, parts):
    """The pixels of part k."""
    return [i for i in range(pixels) if part(i, pixels, parts) == k]


def block_mean(image, cell, cells):
    """image (..., H, W): its mean over one of rows × columns cells."""
    rows = members(cell[0], image.shape[-2], cells[0])
    columns = members(cell[1], image.shape[-1], cells[1])
    return image[..., rows, :][..., columns].mean((-2, -1))


def pooled(saliency, cells):
    """Average-pooled to `cells` and normalized to sum 1."""
    found = np.array([[block_mean(saliency, (r, c), cells) for c in range(cells[1])]
                      for r in range(cells[0])])  # fmt: skip
    return found / found.sum() if found.sum() > 0 else np.full(cells, 1 / found.size)


def patches_per_cell(pixels, cells):
    """Of about 4 pixels, along one side."""
    return max(1, pixels // cells // 4)


def border_distance(one, other, cell, cells, below):
    """Between `one` in `cell` and `other` in the cell below it, or on its right.

    one, other: (C, H, W). Mean |difference| over channels and over the patches that meet.
    """
    size = one.shape[1:]
    k = [patches_per_cell(size[i], cells[i]) for i in (0, 1)]
    patches = cells[0] * k[0], cells[1] * k[1]
    found = []
    for i in range(k[1] if below else k[0]):
        if below:
            here = ((cell[0] + 1) * k[0] - 1, cell[1] * k[1] + i)
            there = (here[0] + 1, here[1])
        else:
            here = (cell[0] * k[0] + i, (cell[1] + 1) * k[1] - 1)
            there = (here[0], here[1] + 1)
        found.append(np.abs(block_mean(one, here, patches) - block_mean(other, there, patches)))
    return np.mean(found)


def tables(images, maps, lam, side, beta=1.2, gamma=0.5, eta=0.2):
    """The energy of the mask between images (2, C, H, W) float64 with saliency maps (2, H, W).

    In units of the mean cell's saliency, 1 / n². Level k is z = k / 2, the share of images[0].
    """
    cells = min(side, images.shape[2]), min(side, images.shape[3])
    n = math.sqrt(cells[0] * cells[1])
    z = np.array([0, 0.5, 1])
    own, others = pooled(maps[0], cells), pooled(maps[1], cells)
    lam = min(max(lam, 1e-4), 1 - 1e-4)
    prior = -eta / n**2 * binom.logpmf([0, 1, 2], 2, lam)
    unary = z * others[..., None] + (1 - z) * own[..., None] + prior
    pairs = []
    for r, c in np.ndindex(*cells):
        for below in (True, False):
            other = (r + 1, c) if below else (r, c + 1)
            if other[0] < cells[0] and other[1] < cells[1]:
                # phi[p, q]: the first cell shows images[0] where p = 1, the other where q = 1.
                phi = np.array([[border_distance(images[1 - p], images[1 - q], (r, c), cells, below)
                                 for q in (0, 1)] for p in (0, 1)])  # fmt: skip
                pairs.append(((r, c), other, beta / (16 * n) * pair_cost(phi, gamma)))
    return Tables(unary * n**2, [(a, b, cost * n**2) for a, b, cost in pairs])


def pair_cost(phi, gamma):
    """(3, 3): (z - z')² + gamma φ(z, z'), linear in each of z, z' plus a multiple of (z - z')²."""
    z, y = np.meshgrid([0, 0.5, 1], [0, 0.5, 1], indexing="ij")
    first = (phi[1, 0] + phi[1, 1] - phi[0, 1] - phi[0, 0]) / 2
    second = (phi[0, 1] + phi[1, 1] - phi[1, 0] - phi[0, 0]) / 2
    square = (phi[1, 0] + phi[0, 1] - phi[1, 1] - phi[0, 0]) / 2
    smooth = phi[0, 0] + first * z + second * y + square * (z - y) ** 2
    for p, q in itertools.product((0, 1), repeat=2):
        assert np.isclose(smooth[2 * p, 2 * q], phi[p, q])
    return (z - y) ** 2 + gamma * smooth


def lowest_by_enumeration(energy):
    rows, columns = energy.unary.shape[:2]
    every = np.array(list(itertools.product(range(3), repeat=rows * columns)))
    every = every.reshape(-1, rows, columns)
    return every[energy.energy(every).argmin()]


def lowest_by_cut(energy):
    """By Ishikawa's construction: a minimum cut between a source and a sink.

    A cell has two nodes, for level ≥ 1 and level ≥ 2; those on the source's side hold.
    """
    rows, columns = energy.unary.shape[:2]
    source, sink = 2 * rows * columns, 2 * rows * columns + 1
    edges = []

    def node(cell, level):
        return 2 * (cell[0] * columns + cell[1]) + level - 1

    slopes = np.diff(energy.unary, axis=-1)
    for one, other, cost in energy.pairs:
        # cost[a, b] = cost[0, 0] + u a + v b + w (a - b)².
        w = (cost[1, 0] + cost[0, 1] - cost[1, 1] - cost[0, 0]) / 2
        assert w > -1e-12
        w = max(w, 0.0)
        u, v = cost[1, 0] - cost[0, 0] - w, cost[0, 1] - cost[0, 0] - w
        a, b = np.meshgrid(range(3), range(3), indexing="ij")
        assert np.allclose(cost, cost[0, 0] + u * a + v * b + w * (a - b) ** 2)
        slopes[one] += u
        slopes[other] += v
        for high, low in ((one, other), (other, one)):
            edges += [(node(high, k), node(low, k), w) for k in (1, 2)]
            edges.append((node(high, 2), node(low, 1), 2 * w))
    for cell in np.ndindex(rows, columns):
        edges.append((node(cell, 2), node(cell, 1), 500.0))
        for level in (1, 2):
            slope = slopes[*cell, level - 1]
            edges.append((source, node(cell, level), max(-slope, 0.0)))
            edges.append((node(cell, level), sink, max(slope, 0.0)))
    start, end, capacity = map(np.array, zip(*edges, strict=True))
    capacity = np.rint(capacity * _SCALE).astype(np.int32)
    graph = csr_matrix((capacity, (start, end)), shape=(sink + 1, sink + 1))
    left = graph - maximum_flow(graph, source, sink).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    holds = np.zeros(sink + 1, dtype=int)
    holds[breadth_first_order(left, source, return_predecessors=False)] = 1
    return holds[:source].reshape(rows, columns, 2).sum(-1)


def masked_transport(saliency, shown, epsilon, rounds):
    """The paper's algorithm 2: (R, C) twice -> the place that each cell has when it ends.

    Each cell asks for its cheapest place; who is not the cheapest there never asks for it again.
    Returns {place: cell} for the places that have one, as indices row · C + column.
    """
    rows, columns = saliency.shape
    cells = np.arange(rows * columns)
    y, x = cells // columns, cells % columns
    squares = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2
    cost = epsilon * squares / max(max(rows, columns) - 1, 1) ** 2
    cost = cost - saliency.reshape(-1, 1) * shown.reshape(1, -1)
    for _ in range(rounds):
        asked = cost.argmin(axis=1)
        winner = {}
        for cell in cells:
            held = winner.get(asked[cell])
            if held is None or cost[cell, asked[cell]] < cost[held, asked[cell]]:
                winner[asked[cell]] = cell
        losers = [cell for cell in cells if winner[asked[cell]] != cell]
        if not losers:
            break
        cost[losers, asked[losers]] += 1e3
    return winner
