"""Whom an arm helps and hurts: its differences on each class, or group, of test images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augury.stats.false_discovery import benjamini_hochberg
from augury.stats.paired import has_spread, paired_t
from augury.stats.quantiles import student_quantile
from augury.stats.rule import Rule
from augury.stats.sequential import adjusted_p, looks_of, nominal_level

Interval = tuple[float, float]


@dataclass(frozen=True)
class SubgroupScores:
    """An arm and its baseline on one class or group of test images, over S paired seeds.

    images: how many test images it has, at least 1; accuracy, baseline_accuracy: means over seeds,
    %; differences: (S,) points, in the order of the seeds; image_error: standard error, in points,
    that the choice of these images adds to the mean difference, None for a single image.
    """

    images: int
    accuracy: float
    baseline_accuracy: float
    differences: tuple[float, ...]
    image_error: float | None


@dataclass(frozen=True, kw_only=True)
class SubgroupEffect:
    """The difference that an arm makes on one class or group of test images.

    images: test images of it; seeds: paired ones; accuracy, baseline_accuracy: %, means over seeds;
    difference, interval: points; false_discovery: the smallest rate of chance findings at which it
    is picked out of all subgroups and arms, None where no test applies; found: whether it is, at
    the rule's alpha. The interval is the wider of those over seeds and over test images; where it
    is found, the first is widened for its having been picked (see `judge_subgroups`).
    """

    images: int
    seeds: int
    accuracy: float
    baseline_accuracy: float
    difference: float
    interval: Interval | None = None
    false_discovery: float | None = None
    found: bool = False


def subgroup_scores(
    correct: NDArray[np.bool_],
    baseline_correct: NDArray[np.bool_],
    members: NDArray[np.integer],
    count: int,
) -> list[SubgroupScores | None]:
    """The scores of subgroups 0 to `count` − 1, None for one without test images.

    correct, baseline_correct: (S, N), S ≥ 1; members: (N,) each image's subgroup, negative for
    none.
    """
    return [
        _scores(correct[:, rows], baseline_correct[:, rows]) if len(rows) else None
        for rows in (np.flatnonzero(members == number) for number in range(count))
    ]


def _scores(correct: NDArray[np.bool_], baseline_correct: NDArray[np.bool_]) -> SubgroupScores:
    ours, theirs = 100 * correct.mean(axis=1), 100 * baseline_correct.mean(axis=1)
    by_image = 100 * (correct.mean(axis=0) - baseline_correct.mean(axis=0))
    images = len(by_image)
    error = float(by_image.std(ddof=1)) / math.sqrt(images) if images > 1 else None
    return SubgroupScores(
        images=images,
        accuracy=float(ours.mean()),
        baseline_accuracy=float(theirs.mean()),
        differences=tuple((ours - theirs).tolist()),
        image_error=error,
    )


def judge_subgroups(scores: Sequence[SubgroupScores], rule: Rule) -> list[SubgroupEffect]:
    """The effect on each, in order; all subgroups of all arms of a study together are one family.

    The paired t test over seeds, for all looks of the study together, is adjusted by Benjamini and
    Hochberg, so that at most alpha of what is found is chance, on average. A difference that other
    test images could reverse (the interval over images holds 0) counts as no evidence, p = 1, and
    so does one that no test applies to: all stay in the family. Of what is found, the interval over
    seeds has the confidence 1 − alpha · found / all, so that at most alpha of them miss, on average
    (Benjamini & Yekutieli, JASA 100, 2005).
    """
    p = np.array([_p(each, rule) for each in scores])
    adjusted = benjamini_hochberg(p)
    found = adjusted <= rule.alpha
    level = rule.alpha * int(found.sum()) / max(1, len(p))
    return [
        SubgroupEffect(
            images=each.images,
            seeds=len(each.differences),
            accuracy=each.accuracy,
            baseline_accuracy=each.baseline_accuracy,
            difference=float(np.mean(each.differences)),
            interval=_interval(each, level if is_found else 1 - rule.confidence, rule),
            false_discovery=float(rate) if _is_testable(each, rule) else None,
            found=bool(is_found),
        )
        for each, rate, is_found in zip(scores, adjusted, found, strict=True)
    ]


def _is_testable(scores: SubgroupScores, rule: Rule) -> bool:
    differences = np.array(scores.differences)
    return len(differences) >= rule.min_seeds and has_spread(differences)


def _p(scores: SubgroupScores, rule: Rule) -> float:
    """The p-value over seeds, 1 where test images could reverse it or no test applies."""
    over_images = _over_images(scores, rule)
    if not _is_testable(scores, rule) or over_images is None or _holds_zero(over_images):
        return 1.0
    differences = np.array(scores.differences)
    return adjusted_p(paired_t(differences).p, looks_of(rule.looks, len(differences)))


def _interval(scores: SubgroupScores, level: float, rule: Rule) -> Interval | None:
    """The wider of the interval over seeds, of that level for all looks, and that over images."""
    differences, over_images = np.array(scores.differences), _over_images(scores, rule)
    if over_images is None or not has_spread(differences):
        return None
    nominal = nominal_level(level, looks_of(rule.looks, len(differences)))
    over_seeds = paired_t(differences, 1 - nominal).interval
    return min(over_seeds[0], over_images[0]), max(over_seeds[1], over_images[1])


def _over_images(scores: SubgroupScores, rule: Rule) -> Interval | None:
    """Student's interval of the mean difference over test images; None for a single one."""
    if scores.image_error is None:
        return None
    reach = student_quantile((1 + rule.confidence) / 2, scores.images - 1) * scores.image_error
    mean = float(np.mean(scores.differences))
    return mean - reach, mean + reach


def _holds_zero(interval: Interval) -> bool:
    return interval[0] <= 0 <= interval[1]
