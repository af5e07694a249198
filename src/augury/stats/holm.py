"""Holm's step-down adjustment: the family-wise error rate of many comparisons."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values, in the order given (Holm, Scandinavian Journal of Statistics 6, 1979).

    p: (M,) in [0, 1]; NaN marks a comparison without a test: it stays NaN and is not counted in
    the family. Raises ValueError for other values.
    """
    p = np.asarray(p, dtype=np.float64)
    if p.ndim != 1 or np.any((p < 0) | (p > 1)):
        raise ValueError(f"p: a list of values in [0, 1] or NaN is needed, got {p}")
    adjusted = np.full_like(p, np.nan)
    # NaN sorts last, so the first `family` places hold the tests.
    family = np.count_nonzero(~np.isnan(p))
    order = np.argsort(p, kind="stable")[:family]
    steps = p[order] * np.arange(family, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
