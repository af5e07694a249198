"""Whom an arm helps and hurts: its differences on each class, or group, of test images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augury.stats.e_process import confidence_sequence, largest_e_value
from augury.stats.false_discovery import benjamini_hochberg, e_benjamini_hochberg, e_of_maximum
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
    that the choice of these images adds to the mean difference, None for a single image; units: how
    many independent things that error is over, the images where it is None. Where seeds test
    different groups, both are over groups, and `differences` has the seeds that test some of it.
    """

    images: int
    accuracy: float
    baseline_accuracy: float
    differences: tuple[float, ...]
    image_error: float | None
    units: int | None = None


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

    Of what is found at most alpha is chance, on average. With the fixed design the paired t test
    over seeds, for all looks of the study together, is adjusted by Benjamini and Hochberg. Of
    a race, in which an arm's seeds end when its verdict is reached, each e-process gives an e-value
    that holds at any time (`e_of_maximum`), and e-BH picks. A difference that other test images
    could reverse (the interval over images holds 0) counts as no evidence, and so does one that no
    test applies to: all stay in the family. The interval over seeds of what is found leaves 0 out:
    at most alpha of them miss, on average (Benjamini & Yekutieli, JASA 100, 2005; for confidence
    sequences Xu, Wang & Ramdas, arXiv:2203.12572).
    """
    adjusted = _false_discovery(scores, rule)
    found = adjusted <= rule.alpha
    picked = _level_of_picked(int(found.sum()), len(scores), rule)
    return [
        SubgroupEffect(
            images=each.images,
            seeds=len(each.differences),
            accuracy=each.accuracy,
            baseline_accuracy=each.baseline_accuracy,
            difference=float(np.mean(each.differences)),
            interval=_interval(each, picked if is_found else 1 - rule.confidence, rule),
            false_discovery=float(rate) if _is_testable(each, rule) else None,
            found=bool(is_found),
        )
        for each, rate, is_found in zip(scores, adjusted, found, strict=True)
    ]


def _false_discovery(scores: Sequence[SubgroupScores], rule: Rule) -> NDArray[np.float64]:
    """The smallest rate of chance findings at which each is picked, 1 without evidence."""
    if rule.design == "race":
        return e_benjamini_hochberg([_e(each, rule) for each in scores])
    return benjamini_hochberg([_p(each, rule) for each in scores])


def _level_of_picked(found: int, family: int, rule: Rule) -> float:
    """The level of each interval over seeds where `found` of a family were picked."""
    share = rule.alpha * found / max(1, family)
    # A mean is refuted where √M − 1 reaches 1 / share.
    return (1 + 1 / share) ** -2 if rule.design == "race" and found else share


def _is_testable(scores: SubgroupScores, rule: Rule) -> bool:
    differences = np.array(scores.differences)
    enough = rule.design == "race" or len(differences) >= rule.min_seeds
    return enough and has_spread(differences)


def _has_evidence(scores: SubgroupScores, rule: Rule) -> bool:
    over_images = _over_images(scores, rule)
    return _is_testable(scores, rule) and over_images is not None and not _holds_zero(over_images)


def _p(scores: SubgroupScores, rule: Rule) -> float:
    if not _has_evidence(scores, rule):
        return 1.0
    differences = np.array(scores.differences)
    return adjusted_p(paired_t(differences).p, looks_of(rule.looks, len(differences)))


def _e(scores: SubgroupScores, rule: Rule) -> float:
    if not _has_evidence(scores, rule):
        return 0.0
    largest = largest_e_value(np.array(scores.differences), mixing=rule.mixing)[-1]
    return float(e_of_maximum(largest))


def _interval(scores: SubgroupScores, level: float, rule: Rule) -> Interval | None:
    """The wider of the interval over seeds, of that level, and that over images."""
    differences, over_images = np.array(scores.differences), _over_images(scores, rule)
    if over_images is None or not has_spread(differences):
        return None
    low, high = _over_seeds(differences, level, rule)
    if not np.isfinite([low, high]).all():
        return None
    return min(low, over_images[0]), max(high, over_images[1])


def _over_seeds(differences: NDArray[np.float64], level: float, rule: Rule) -> Interval:
    if rule.design == "race":
        low, high = confidence_sequence(differences, level, rule.mixing)[-1].tolist()
        return low, high
    nominal = nominal_level(level, looks_of(rule.looks, len(differences)))
    return paired_t(differences, 1 - nominal).interval


def _over_images(scores: SubgroupScores, rule: Rule) -> Interval | None:
    """Student's interval of the mean difference over test images; None for a single one."""
    if scores.image_error is None:
        return None
    units = scores.units or scores.images
    reach = student_quantile((1 + rule.confidence) / 2, units - 1) * scores.image_error
    mean = float(np.mean(scores.differences))
    return mean - reach, mean + reach


def _holds_zero(interval: Interval) -> bool:
    return interval[0] <= 0 <= interval[1]
