"""How good a classifier's probabilities are, and the temperature that mends their scale.

Every function takes `logits` (N, K), of any float type, and `labels` (N,), integers in [0, K);
probabilities are the softmax of the logits, in float64. ValueError for no samples, fewer than 2
classes, logits that are not finite, and labels that are not such integers.
"""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

# Our choice: beyond any temperature that a trained network should need, and yet so near that the
# bound, found on a small validation set, leaves other images probabilities of use.
_COLDEST, _HOTTEST = 0.05, 20.0

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]


def negative_log_likelihood(logits: Floats, labels: Integers) -> float:
    """Mean of −log p of the label, in nats, ≥ 0; finite also where p itself is too small."""
    return float(scipy.special.logsumexp(_margins(logits, labels), axis=1).mean())


def brier(logits: Floats, labels: Integers) -> float:
    """Mean of Σ_k (p_k − [k is the label])², in [0, 2].

    The original sum over all classes (Brier, Monthly Weather Review 78, 1950): with two classes,
    twice the score of the one class that is often given.
    """
    errors = scipy.special.softmax(_checked(logits, labels), axis=1)
    errors[np.arange(len(labels)), labels] -= 1
    return float((errors**2).sum(axis=1).mean())


def calibration_error(logits: Floats, labels: Integers, bins: int = 15) -> float:
    """Expected calibration error, in [0, 1] (Guo et al., ICML 2017, and its 15 bins).

    Samples are put by the probability of the class called into `bins` ≥ 1 intervals of one width,
    open below and closed above; the error is the mean of |accuracy − mean probability| of the
    intervals, weighted by their samples. Of equal logits the first class is called. The value
    depends on the bins and is biased upwards for few samples: compare arms on the same images
    only. Raises ValueError for fewer bins too.
    """
    if bins < 1:
        raise ValueError(f"bins: must be ≥ 1, got {bins}")
    confidences = scipy.special.softmax(_checked(logits, labels), axis=1).max(axis=1)
    right = logits.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    index = np.searchsorted(edges, confidences, side="left")
    # |accuracy − confidence| · share is |right − Σ confidences| / N: the bin's size cancels.
    gaps = np.bincount(index, weights=right - confidences, minlength=bins)
    return float(np.abs(gaps).sum()) / len(labels)


def fit_temperature(logits: Floats, labels: Integers) -> float:
    """The T in [0.05, 20] whose softmax(logits / T) has the least negative log-likelihood.

    Guo et al. (ICML 2017): fit T on validation images, then divide the logits of other images by
    it; the class called stays the same, as T > 0. The likelihood is convex in 1/T, so that its
    slope changes sign once, which bracketing finds. Where it does not in the range, the nearer
    bound is the answer: 0.05 for logits that call every sample right (a temperature of 0 would be
    best; the bound says only that nothing called for more doubt), 20 for logits worse than equal
    ones. Logits that are equal within every row fit at any temperature: 1.
    """
    margins = _margins(logits, labels)
    if not margins.any():
        return 1.0

    def slope(log_temperature: float) -> float:
        """Derivative of the negative log-likelihood in 1/T: the mean margin under the softmax."""
        believed = scipy.special.softmax(margins * math.exp(-log_temperature), axis=1)
        return float((believed * margins).sum(axis=1).mean())

    coldest, hottest = math.log(_COLDEST), math.log(_HOTTEST)
    if slope(coldest) <= 0:
        return _COLDEST
    if slope(hottest) >= 0:
        return _HOTTEST
    return math.exp(scipy.optimize.brentq(slope, coldest, hottest))


def _margins(logits: Floats, labels: Integers) -> NDArray[np.float64]:
    """(N, K): each logit less that of the label; a row's log-sum-exp is −log p of the label.

    All ≤ 0 where the label is called, so that sums keep their sign whatever the rounding.
    """
    checked = _checked(logits, labels)
    return checked - np.take_along_axis(checked, labels[:, None], axis=1)


def _checked(logits: Floats, labels: Integers) -> NDArray[np.float64]:
    """The logits as float64."""
    if logits.ndim != 2 or len(logits) == 0 or logits.shape[1] < 2:
        raise ValueError(
            "logits: (samples, classes) with a sample and two classes at least is needed, "
            f"got shape {logits.shape}"
        )
    samples, classes = logits.shape
    bad = np.count_nonzero(~np.isfinite(logits).all(axis=1))
    if bad:
        raise ValueError(f"logits: finite numbers are needed, {bad} of {samples} rows have others")
    if labels.shape != (samples,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"labels: {samples} integers are needed, got {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels: must be in [0, {classes}), got {labels.min()} to {labels.max()}")
    return logits.astype(np.float64)
