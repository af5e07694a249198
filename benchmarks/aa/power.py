"""How often a planted effect is found, beside how often `rule_power` says that it is."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from augury.errors import InputError
from augury.stats import Pair, Rule, rule_power, to_points

from .judging import judge_quickly
from .simulate import Job, count
from .studies import RunModel

POINTS = (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
SEEDS = (6, 8, 10, 15, 20)
# Every study has a claim to be tested, so its bootstraps are made with fewer replicates.
_QUICK = Rule(replicates=1000)
_STREAM = 1000
# A counter counts in whole numbers: millionths of a point.
_UNITS = 1e6


def power_row(
    pool: ProcessPoolExecutor, model: RunModel, points: float, seeds: int, studies: int, seed: int
) -> dict[str, Any]:
    """Verdicts on a true difference of `points`, of one arm from its baseline.

    deviation, image_error: what `rule_power` is given, of the paired differences (from the model)
    and of test images (the mean of what the studies show).
    """
    accuracy, deviation = model.moments()
    share = points / 100 / (1 - accuracy)
    if not 0 < share < 1:
        raise InputError(f"{points:g} points cannot be planted at {100 * accuracy:.1f} %")
    job = Job(model, 1, seeds, studies, seed, _STREAM + round(100 * points), share)
    found = count(pool, detections, job)
    # The arm keeps each wrong image with probability 1 − share.
    variance = ((1 - share) * deviation) ** 2
    variance += share * (1 - share) * (1 - accuracy) / len(model.ease)
    spread = float(to_points(np.sqrt(variance + deviation**2)))
    image_error = found["image error"] / _UNITS / studies
    return {
        "points": points,
        "seeds": seeds,
        "studies": studies,
        "helps": found["helps"],
        "hurts": found["hurts"],
        "deviation": spread,
        "image_error": image_error,
        "predicted": rule_power(points, spread, seeds, 1, _QUICK, image_error),
    }


def detections(job: Job) -> Counter[str]:
    """The verdicts, and the sum of the image errors in units of its own."""
    found: Counter[str] = Counter()
    for _, study in job.draw():
        (pair,) = study.pairs()
        (comparison,) = judge_quickly([pair], _QUICK)
        found[comparison.verdict] += 1
        found["image error"] += round(_UNITS * _image_error(pair))
    return found


def _image_error(pair: Pair) -> float:
    """Standard error of the mean difference over test images, percentage points."""
    by_image = pair.correct.mean(axis=0) - pair.baseline_correct.mean(axis=0)
    return float(to_points(by_image.std() / np.sqrt(len(by_image))))
