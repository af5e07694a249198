"""The false discovery rate: of what is picked out of many comparisons, the share that is chance.

For exploratory questions, where a bound on any false claim at all, as Holm's, would find nothing.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values, in the order given (Benjamini & Hochberg, JRSS B 57, 1995).

    p: (M,) in [0, 1]. Those that are at most q after adjustment hold at most a share q of chance
    findings on average, proven for independent and for positively dependent p-values. Raises
    ValueError for other values.
    """
    p = np.asarray(p, dtype=np.float64)
    if p.ndim != 1 or not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"p: a list of values in [0, 1] is needed, got {p}")
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty_like(p)
    # Each is as small as that of any larger p: the procedure steps up.
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted


def e_benjamini_hochberg(e: ArrayLike) -> NDArray[np.float64]:
    """The smallest rate, at most 1, at which e-BH picks each e-value, in the order given.

    e: (M,) ≥ 0, infinity allowed. At the rate q, e-BH picks the k largest, for the largest k whose
    smallest is at least M / (q k); it holds for any dependence (Wang & Ramdas, JRSS B 84, 2022).
    Raises ValueError for other values.
    """
    e = np.asarray(e, dtype=np.float64)
    if e.ndim != 1 or not np.all(e >= 0):
        raise ValueError(f"e: a list of values of at least 0 is needed, got {e}")
    with np.errstate(divide="ignore"):
        return benjamini_hochberg(np.minimum(1 / e, 1.0))


def e_of_maximum(maximum: ArrayLike) -> NDArray[np.float64]:
    """√m − 1: an e-value at any time, made of the maximum m that an e-process has reached.

    maximum: ≥ 1. The process itself is an e-value only where the rule that stops it looks at
    nothing but its own data; this one also where other arms, or the clock, decide. An adjuster A
    has ∫ A(m)/m² dm ≤ 1 over m from 1, and this one has 1 (Shafer, Shen, Vereshchagin & Vovk,
    Statistical Science 26, 2011). Raises ValueError for other values.
    """
    maximum = np.asarray(maximum, dtype=np.float64)
    if not np.all(maximum >= 1):
        raise ValueError(f"maximum: values of at least 1 are needed, got {maximum}")
    adjusted: NDArray[np.float64] = np.sqrt(maximum) - 1
    return adjusted
