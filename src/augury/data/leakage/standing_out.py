"""How close an image must be, compared with other neighbors, so that this is not by chance.

If the K nearest neighbors of a point are spread evenly around it in D dimensions, the nearest has
at most x times the distance of the K-th with probability at most (K - 1) x^D. Over T points, each
also mirrored, one such case is expected for x = (2 T (K - 1))^(-1/D).
"""

import numpy as np
import numpy.typing as npt

NEIGHBORS = 32  # K
_ROWS = 64
_CLOSE_TO_NOTHING = 1e-3  # largest distance of equal images, by rounding errors

Floats = npt.NDArray[np.float32]
Distances = npt.NDArray[np.float64]


def neighbor_distances(points: Floats, others: Floats) -> Distances:
    """(N, K) distances of (N, F) points to the nearest of (M, F) others, M >= K, ascending.

    All have length 1, or 0; points of length 0 count as sqrt(2) away from everything.
    """
    nearest = np.empty((len(points), NEIGHBORS))
    for start in range(0, len(points), _ROWS):
        similar = points[start : start + _ROWS] @ others.T
        kept = np.partition(similar, -NEIGHBORS, axis=1)[:, -NEIGHBORS:]
        nearest[start : start + _ROWS] = np.sort(np.sqrt(np.maximum(2 - 2 * kept, 0)), axis=1)
    return nearest


def dimension(distances: Distances) -> Distances:
    """(N,): D around each point by maximum likelihood, from (N, K) ascending distances.

    The nearest half is censored (counts only as nearer than the rest), so that copies of a point do
    not change its dimension; Levina & Bickel 2004 use all K.
    """
    count = distances.shape[1] - 1
    used = (count + 1) // 2
    logs = np.log(distances[:, -1:] / np.maximum(distances[:, :-1], _CLOSE_TO_NOTHING))
    far = logs[:, count - used :]
    total = far.sum(axis=1) + (count - used) * far[:, 0]
    return np.asarray(used / np.maximum(total, _CLOSE_TO_NOTHING))


def standout_ratio(distances: Distances, tests: int, plainest: float) -> float:
    """x for a test part of `tests` images, some of which have these (N, K) distances.

    plainest: D is this quantile over the images, in (0, 1). It should be low, because x must also
        fit those images that look more alike than others (trousers, compared with bags).
    """
    typical = float(np.quantile(dimension(distances), plainest))
    chances = 2 * tests * (distances.shape[1] - 1)
    return float(chances ** (-1 / typical))
