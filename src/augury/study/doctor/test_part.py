"""Whether the test images are enough for the metric that arms are compared by."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from augury.data import Dataset
from augury.stats.rule import METRICS
from augury.study.doctor.notice import Notice

_NAMED = 3


def notices_of_test_images(
    dataset: Dataset, counts: NDArray[np.int64], min_difference: float, metric: str
) -> Iterator[Notice]:
    """counts: (K,) test images by class; min_difference: points that matter."""
    images, sizes = int(counts.sum()), counts[counts > 0]
    over_classes, of = metric != "accuracy", METRICS[metric]
    # What one image, for a mean over classes one of the smallest, is part of.
    whole = int(sizes.min()) * len(sizes) if over_classes else images
    if 100 / whole > min_difference:
        which = "one of the smallest class" if over_classes else "one"
        words = (
            f"{images} test images: {which} is {100 / whole:.2g} points of a run's {of}, more than "
            f"the {min_difference:g} that matter"
        )
        yield Notice("warning", dataset.name, "test-size", images, words)
    empty = np.flatnonzero(counts == 0)
    if over_classes and len(empty):
        names = ", ".join(dataset.classes[k] for k in empty[:_NAMED])
        more = ", …" if len(empty) > _NAMED else ""
        words = f"left out of the mean of {of}, as they have no test images: {names}{more}"
        yield Notice("warning", dataset.name, "left-out-classes", len(empty), words)
