"""Test images that most runs of an arm get wrong and most of its baseline right, or the reverse."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augury.stats.pair import Calls


@dataclass(frozen=True)
class TurnedImages:
    """Rows of test images, those that turned in the most seeds first.

    rows, called, right_without, right_with: (T,); called: the wrong class that it is called most
    often, by the arm where it was lost and by the baseline where it was won; right_without,
    right_with: in how many of the paired seeds the baseline and the arm get it right.
    """

    rows: NDArray[np.int64]
    called: NDArray[np.int64]
    right_without: NDArray[np.int64]
    right_with: NDArray[np.int64]


def lost_images(calls: Calls) -> TurnedImages:
    """The images that most seeds get right without the arm, and most wrong with it.

    Of equally turned ones the first stand first. "Most" is more than half of the seeds.
    """
    right_with = (calls.called == calls.labels).sum(axis=0)
    right_without = (calls.baseline_called == calls.labels).sum(axis=0)
    half = len(calls.called) / 2
    rows = np.flatnonzero((right_without > half) & (right_with < half))
    rows = rows[np.argsort(right_with[rows] - right_without[rows], kind="stable")]
    return TurnedImages(
        rows=rows,
        called=np.array([_commonest_mistake(calls, row) for row in rows.tolist()], dtype=np.int64),
        right_without=right_without[rows],
        right_with=right_with[rows],
    )


def won_images(calls: Calls) -> TurnedImages:
    """The images that most seeds get wrong without the arm, and most right with it."""
    found = lost_images(Calls(calls.labels, calls.baseline_called, calls.called))
    return TurnedImages(found.rows, found.called, found.right_with, found.right_without)


def _commonest_mistake(calls: Calls, row: int) -> int:
    """What the arm's wrong runs call an image most often; of equals the smallest number."""
    called = calls.called[:, row]
    return int(np.bincount(called[called != calls.labels[row]]).argmax())
