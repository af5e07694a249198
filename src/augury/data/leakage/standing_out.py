"""How much closer than an image's neighbors another must be, not to be so by chance.

Were the K nearest of a point spread evenly around it in D dimensions, the nearest would come within
x of the K-th one's distance with probability at most (K - 1) x^D. Over T points looked at from two
sides, as they are and mirrored, that is expected once where x = (2 T (K - 1))^(-1/D).
"""

import numpy as np
import numpy.typing as npt

NEIGHBORS = 32  # K
_ROWS = 64
_CLOSE_TO_NOTHING = 1e-3  # what rounding leaves between equal images

Floats = npt.NDArray[np.float32]
Distances = npt.NDArray[np.float64]


def neighbor_distances(points: Floats, others: Floats) -> Distances:
    """(N, K) distances of (N, F) points to the nearest of (M, F) others, M >= K, ascending.

    All are of length 1, or 0, which is sqrt(2) from everything.
    """
    nearest = np.empty((len(points), NEIGHBORS))
    for start in range(0, len(points), _ROWS):
        similar = points[start : start + _ROWS] @ others.T
        kept = np.partition(similar, -NEIGHBORS, axis=1)[:, -NEIGHBORS:]
        nearest[start : start + _ROWS] = np.sort(np.sqrt(np.maximum(2 - 2 * kept, 0)), axis=1)
    return nearest


def dimension(distances: Distances) -> Distances:
    """(N,): D around each point by maximum likelihood, from (N, K) ascending distances.

    The nearest half counts only as being nearer than the rest (censored), so that copies of a
    point do not change its dimension: Levina & Bickel 2004 use all K.
    """
    count = distances.shape[1] - 1
    used = (count + 1) // 2
    logs = np.log(distances[:, -1:] / np.maximum(distances[:, :-1], _CLOSE_TO_NOTHING))
    far = logs[:, count - used :]
    total = far.sum(axis=1) + (count - used) * far[:, 0]
    return np.asarray(used / np.maximum(total, _CLOSE_TO_NOTHING))


def standout_ratio(distances: Distances, tests: int, plainest: float) -> float:
    """x for a test part of `tests` images, some of which have these (N, K) distances.

    plainest: D is this quantile over the images, in (0, 1). A low one, as some images look more
        alike than others do (trousers beside bags), and x must fit those.
    """
    typical = float(np.quantile(dimension(distances), plainest))
    chances = 2 * tests * (distances.shape[1] - 1)
    return float(chances ** (-1 / typical))
