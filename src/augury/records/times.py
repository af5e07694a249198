"""How long the runs of one arm took: one aggregation for all who show it."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from augury.records.result import Result


@dataclass(frozen=True)
class Times:
    """Medians over runs; None where no run tells.

    step_seconds: of a training step; seconds: of a whole run.
    cost: time of a step relative to the same step without its augmentation.
    features_once: whether a frozen body saw each image once, in all runs, so that a step is one of
    the head, with its share of that pass.
    """

    step_seconds: float | None
    seconds: float | None
    cost: float | None
    features_once: bool = False


def median_times(results: Sequence[Result]) -> Times:
    """The times of the finished runs of one arm; medians, as a run may have been slowed once."""
    return Times(
        step_seconds=_median(result.step_seconds for result in results),
        seconds=_median(result.seconds for result in results),
        cost=_median(result.augment_cost for result in results),
        features_once=bool(results) and all(r.speed.features == "once" for r in results),
    )


def _median(values: Iterable[float]) -> float | None:
    known = [value for value in values if math.isfinite(value)]
    return float(statistics.median(known)) if known else None
