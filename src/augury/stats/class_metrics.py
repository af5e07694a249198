"""What share of test images a classifier gets right: of all, or of each class alike.

A class without test images has no recall and no F1; it is left out of the mean over classes.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer]


def confusion_matrix(labels: Integers, called: Integers) -> NDArray[np.int64]:
    """(K, K) counts, rows true, columns predicted; K is one more than the largest number.

    labels, called: (N,) integers ≥ 0, the class of each image and what it was called. Raises
    ValueError for other shapes and values, and for no images.
    """
    if labels.shape != called.shape or labels.ndim != 1 or not len(labels):
        raise ValueError(
            f"labels and called: one of each for each image is needed, got {labels.shape} and "
            f"{called.shape}"
        )
    if min(labels.min(), called.min()) < 0:
        raise ValueError("labels and called: numbers of classes, from 0, are needed")
    k = 1 + int(max(labels.max(), called.max()))
    pairs = labels.astype(np.int64) * k + called
    return np.bincount(pairs, minlength=k * k).reshape(k, k)


def accuracy(confusion: Integers) -> float:
    """The share of all images that are called by their class, in [0, 1]."""
    return float(np.trace(confusion) / confusion.sum())


def balanced_accuracy(confusion: Integers) -> float:
    """The mean over classes of recall, the share of a class that is called by it, in [0, 1]."""
    counts = confusion.sum(axis=1)
    there = counts > 0
    return float((np.diag(confusion)[there] / counts[there]).mean())


def macro_f1(confusion: Integers) -> float:
    """The mean over classes of F1 = 2 TP / (2 TP + FP + FN), in [0, 1].

    The mean of F1 values, not the F1 of mean precision and recall (Opitz & Burst, "Macro F1 and
    Macro F1", 2019, compare both).
    """
    counts, called = confusion.sum(axis=1), confusion.sum(axis=0)
    there = counts > 0
    return float((2 * np.diag(confusion)[there] / (counts + called)[there]).mean())


_METRICS: dict[str, Callable[[Integers], float]] = {
    "accuracy": accuracy,
    "balanced-accuracy": balanced_accuracy,
    "macro-f1": macro_f1,
}


def metric_value(metric: str, confusion: Integers) -> float:
    """The metric of that name, one of `METRICS`, in [0, 1].

    confusion: (K, K) counts, rows true, columns predicted. Raises ValueError without any image.
    """
    if confusion.sum() == 0:
        raise ValueError("confusion: at least one image is needed")
    return _METRICS[metric](confusion)


def image_shares(metric: str, labels: Integers, called: Integers) -> NDArray[np.float64]:
    """(S, N): what each image adds to the metric of each run, to first order.

    labels: (N,); called: (S, N). Where images are drawn with replacement, within their classes, the
    metric changes as the sum of these over images does: exactly so for accuracy and balanced
    accuracy, to first order for macro-F1, whose shares are its influence function.
    """
    right: NDArray[np.float64] = (called == labels).astype(np.float64)
    if metric == "accuracy":
        of_all: NDArray[np.float64] = right / len(labels)
        return of_all
    classes, place = np.unique(labels, return_inverse=True)
    counts = np.bincount(place)
    if metric == "balanced-accuracy":
        of_class: NDArray[np.float64] = right / (len(classes) * counts[place])
        return of_class
    found = np.zeros_like(right)
    for label, count in zip(classes, counts, strict=True):
        is_label, is_called = labels == label, called == label
        total = count + is_called.sum(axis=1, keepdims=True)
        hit = is_label & is_called
        f1 = 2 * hit.sum(axis=1, keepdims=True) / total
        found += (2 * hit - f1 * (is_label.astype(np.float64) + is_called)) / total
    shares: NDArray[np.float64] = found / len(classes)
    return shares
