"""How often fresh studies find the difference that a study says it could have seen."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from augury.stats import Rule, judge

from .judging import judge_quickly
from .simulate import Job, count
from .studies import RunModel, plant

SEEDS = (6, 10, 20)
FRESH = 10
_QUICK = Rule(replicates=1000)
_STREAM = 2000
# A counter counts in whole numbers: millionths of a point.
_UNITS = 1e6


def promise_row(
    pool: ProcessPoolExecutor, model: RunModel, seeds: int, studies: int, seed: int
) -> dict[str, Any]:
    """Of `studies` with one arm that makes no difference, what they name and how often it is found.

    Each is followed by FRESH studies whose arm differs by just what it names. thirds: by that
    difference, from the smallest: studies, their median difference in points, fresh, found.
    """
    job = Job(model, 1, seeds, studies, seed, _STREAM)
    found = count(pool, _follow, job)
    by_size = sorted((units, number) for number, units in found.items() if isinstance(number, int))
    thirds = [list(third) for third in np.array_split(by_size, 3)]
    return {
        "seeds": seeds,
        "studies": studies,
        "thirds": [
            {
                "studies": len(third),
                "points": float(np.median([units for units, _ in third])) / _UNITS,
                "fresh": FRESH * len(third),
                "found": sum(found[f"found {number}"] for _, number in third),
            }
            for third in thirds
        ],
    }


def _follow(job: Job) -> Counter[int | str]:
    """By the number of a study: the difference it names, and how many fresh studies find it."""
    found: Counter[int | str] = Counter()
    for number, study in job.draw():
        (named,) = judge(study.pairs(), replace(_QUICK, replicates=1))
        assert named.detectable is not None  # six seeds or more, and a spread far under 100 points
        found[number] = round(_UNITS * named.detectable)
        found[f"found {number}"] = _found(job, number, named.detectable)
    return found


def _found(job: Job, number: int, points: float) -> int:
    """How many of FRESH studies say "helps" of an arm that is better by `points`."""
    accuracy, _ = job.source.moments()
    share = points / 100 / (1 - accuracy)
    if share >= 1:
        raise ValueError(f"{points:g} points cannot be planted at {100 * accuracy:.1f} %")
    found = 0
    for fresh in range(FRESH):
        rng = np.random.default_rng((job.seed, _STREAM + 1, job.seeds, number, fresh))
        study = plant(job.source.draw(1, job.seeds, rng), share, rng)
        (comparison,) = judge_quickly(study.pairs(), _QUICK)
        found += comparison.verdict == "helps"
    return found
