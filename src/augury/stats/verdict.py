"""Deciding whether one arm of a study beats another, by a rule fixed beforehand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from augury.stats.holm import holm
from augury.stats.over_images import has_predictions, image_error, images_interval
from augury.stats.pair import Pair
from augury.stats.paired import (
    has_spread,
    paired_t,
    probability_interval,
    probability_of_improvement,
    sign_flip_p,
)
from augury.stats.power import rule_detectable
from augury.stats.rule import Rule
from augury.stats.sequential import adjusted_p, looks_of, nominal_level, smallest_p

Verdict = Literal["helps", "hurts", "no difference", "not decided", "not shown", "cannot say"]
"""Of a race: no difference (that matters), not decided (yet); of the fixed rule: not shown."""
Interval = tuple[float, float]
Number = TypeVar("Number", float, NDArray[np.float64])

# Differences and thresholds are decimal fractions of points: 0.2 must reach 0.2.
_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """An arm against its baseline; what cannot be known is None.

    accuracy, baseline_accuracy: means over seeds of the rule's metric, %; difference, interval
    (paired t over seeds), two_way_interval (bootstrap over seeds × test images) and detectable:
    percentage points;
    p: of the paired t test, adjusted for the looks and by Holm; p_unadjusted: of this look alone;
    p_permutation: of sign flips, unadjusted; detectable: the difference that the whole rule finds
    with its power, at Holm's first step, even where the spread came out too small by chance (see
    `rule_power`); decided: whether more seeds are not needed, as the verdict stands or no
    difference that matters is left in the interval; words: one line for people. With several
    looks, intervals hold for all of them together.

    Of a race alone: e_value, the largest M of `augury.stats.e_process` so far, at no difference;
    sequence, the confidence sequence so far, points, None while it is infinite; decided_after, the
    number of paired seeds after which the verdict stood, None while it is not decided.
    """

    seeds: tuple[int, ...]
    accuracy: float | None
    baseline_accuracy: float | None
    difference: float | None
    interval: Interval | None = None
    p: float | None = None
    p_unadjusted: float | None = None
    p_permutation: float | None = None
    probability_of_improvement: float | None = None
    probability_interval: Interval | None = None
    two_way_interval: Interval | None = None
    detectable: float | None = None
    decided: bool = False
    verdict: Verdict
    words: str
    e_value: float | None = None
    sequence: Interval | None = None
    decided_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class PairEvidence:
    """The tests and intervals of one pair; all but the probabilities in percentage points.

    deviation: standard deviation of the paired differences.
    p: adjusted for the looks, but not by Holm.
    image_error: standard error of the difference over test images.
    The rest is as in `Comparison`.
    """

    difference: float
    deviation: float
    interval: Interval
    p: float
    p_unadjusted: float
    p_permutation: float
    probability: float
    probability_interval: Interval
    two_way: Interval | None
    image_error: float


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """One pair's statistics before Holm's correction.

    accuracy, baseline_accuracy, difference: as in `Comparison`.
    obstacle: why the rule cannot be applied, "" where it can.
    evidence: None where no test applies.
    """

    seeds: tuple[int, ...]
    accuracy: float | None
    baseline_accuracy: float | None
    difference: float | None
    obstacle: str
    evidence: PairEvidence | None


def judge(pairs: Sequence[Pair], rule: Rule | None = None) -> list[Comparison]:
    """Each pair's comparison, in order; all pairs of a study together are Holm's family.

    A pair that no test applies to (one seed, a missing accuracy, no spread) is left out of the
    family; one with fewer seeds than the rule needs is not, as its p is shown.
    """
    rule = rule or Rule()
    return decide([weigh(pair, rule) for pair in pairs], rule)


def weigh(pair: Pair, rule: Rule) -> Weighed:
    """The first part of `judge`, one pair at a time, which takes nearly all of its time."""
    return Weighed(
        seeds=pair.seeds,
        accuracy=_mean(to_points(pair.accuracy)),
        baseline_accuracy=_mean(to_points(pair.baseline_accuracy)),
        difference=None if pair.obstacle else _mean(_differences(pair)),
        obstacle=_obstacle(pair, rule),
        evidence=_gather(pair, rule),
    )


def decide(weighed: Sequence[Weighed], rule: Rule) -> list[Comparison]:
    """The second part of `judge`: Holm's correction over all pairs of a study, and the verdicts."""
    evidence = [one.evidence for one in weighed]
    adjusted = holm([math.nan if e is None else e.p for e in evidence])
    family = sum(e is not None for e in evidence)
    return [
        _untested(one) if one.evidence is None else _tested(one, one.evidence, p, family, rule)
        for one, p in zip(weighed, map(float, adjusted), strict=True)
    ]


def to_points(fraction: Number) -> Number:
    """Fractions of 1 as percentage points."""
    return 100.0 * fraction


def _differences(pair: Pair) -> NDArray[np.float64]:
    return to_points(pair.accuracy) - to_points(pair.baseline_accuracy)


def _mean(values: NDArray[np.float64]) -> float | None:
    """The mean, or None where a value is missing or there is none."""
    return float(values.mean()) if len(values) and np.isfinite(values).all() else None


def _gather(pair: Pair, rule: Rule) -> PairEvidence | None:
    """The evidence of a pair, or None where no test applies."""
    differences = _differences(pair)
    if pair.obstacle or not np.isfinite(differences).all() or not has_spread(differences):
        return None
    looks = looks_of(rule.looks, len(differences))
    confidence = 1 - nominal_level(1 - rule.confidence, looks)
    two_way, error = None, 0.0
    if has_predictions(pair, rule.metric):
        low, high = images_interval(pair, rule.metric, confidence, rule.replicates, rule.seed)
        two_way, error = (to_points(low), to_points(high)), image_error(pair, rule.metric)
    t = paired_t(differences, confidence)
    return PairEvidence(
        difference=float(differences.mean()),
        deviation=float(differences.std(ddof=1)),
        interval=t.interval,
        p_unadjusted=t.p,
        p=adjusted_p(smallest_p(differences, looks), looks),
        p_permutation=sign_flip_p(differences, rule.replicates, rule.seed),
        probability=probability_of_improvement(differences),
        probability_interval=probability_interval(
            differences, rule.confidence, rule.replicates, rule.seed
        ),
        two_way=two_way,
        image_error=to_points(error),
    )


def _untested(pair: Weighed) -> Comparison:
    return Comparison(
        seeds=pair.seeds,
        accuracy=pair.accuracy,
        baseline_accuracy=pair.baseline_accuracy,
        difference=pair.difference,
        verdict="cannot say",
        words=f"cannot say: {pair.obstacle}",
    )


def _tested(pair: Weighed, evidence: PairEvidence, p: float, family: int, rule: Rule) -> Comparison:
    detectable = rule_detectable(
        evidence.deviation,
        len(pair.seeds),
        family,
        rule,
        evidence.image_error,
        freedom=len(pair.seeds) - 1,
    )
    verdict: Verdict = "cannot say"
    words = f"cannot say: {pair.obstacle}"
    if not pair.obstacle:
        verdict, words = _decide(evidence, p, detectable, rule)
    shown = verdict in ("helps", "hurts")
    return Comparison(
        seeds=pair.seeds,
        accuracy=pair.accuracy,
        baseline_accuracy=pair.baseline_accuracy,
        difference=evidence.difference,
        interval=evidence.interval,
        p=p,
        p_unadjusted=evidence.p_unadjusted,
        p_permutation=evidence.p_permutation,
        probability_of_improvement=evidence.probability,
        probability_interval=evidence.probability_interval,
        two_way_interval=evidence.two_way,
        detectable=detectable,
        decided=shown or (not pair.obstacle and _is_negligible(evidence, rule)),
        verdict=verdict,
        words=words,
    )


def _obstacle(pair: Pair, rule: Rule) -> str:
    """Why the rule cannot be applied to a pair, "" where it can."""
    seeds, differences = len(pair.seeds), _differences(pair)
    if pair.obstacle:
        return pair.obstacle
    if seeds < rule.min_seeds:
        noun = "seed" if seeds == 1 else "seeds"
        return f"{seeds} paired {noun}, the rule needs {rule.min_seeds}"
    missing = np.count_nonzero(~np.isfinite(differences))
    if missing:
        return f"no accuracy (not a number) in {missing} of {seeds} paired seeds"
    if not has_spread(differences):
        return f"all {seeds} seeds differ by {differences.mean():z.2f} points, so no test applies"
    if not has_predictions(pair, rule.metric):
        return "predictions on the test images are missing, the rule needs them"
    return ""


def _decide(
    evidence: PairEvidence, p: float, detectable: float | None, rule: Rule
) -> tuple[Verdict, str]:
    difference = evidence.difference
    clear = _is_clear(evidence, p, rule)
    if clear and abs(difference) >= rule.min_difference - _TOLERANCE:
        low, high = evidence.interval
        margin = f"{abs(difference):.2f} ± {(high - low) / 2:.2f} points"
        return (
            ("helps", f"helps by {margin}") if difference > 0 else ("hurts", f"hurts by {margin}")
        )
    if _is_negligible(evidence, rule):
        return "not shown", f"not shown: any difference is under {rule.min_difference:g} points"
    if clear:
        which = "better" if difference > 0 else "worse"
        matters = f"the {rule.min_difference:g} points that matter"
        return "not shown", f"not shown: {which}, but the difference is smaller than {matters}"
    if detectable is None:
        return "not shown", "not shown; this study could not have seen any difference"
    return "not shown", f"not shown; this study could have seen ≥ {round_up(detectable)} points"


def _is_clear(evidence: PairEvidence, p: float, rule: Rule) -> bool:
    """Whether the direction is shown, whatever the size: all that the rule asks of chance."""
    probability, lowest = evidence.probability, evidence.probability_interval[0]
    nearest = evidence.two_way[0] if evidence.two_way else 0.0
    if evidence.difference < 0:
        probability, lowest = 1 - probability, 1 - evidence.probability_interval[1]
        nearest = -evidence.two_way[1] if evidence.two_way else 0.0
    return (
        p < rule.alpha
        and probability >= rule.min_probability - _TOLERANCE
        and lowest > 0.5
        and nearest > 0
    )


def _is_negligible(evidence: PairEvidence, rule: Rule) -> bool:
    """Whether both intervals leave only differences that are too small to matter."""
    if evidence.two_way is None:
        return False
    farthest = max(map(abs, (*evidence.interval, *evidence.two_way)))
    return farthest < rule.min_difference


def round_up(points: float) -> str:
    """Two significant digits, rounded up so that the promise holds: 0.871 becomes 0.88."""
    if points < _TOLERANCE:
        return "0"
    digits = 1 - math.floor(math.log10(points))
    scale = 10.0**digits
    return f"{math.ceil(points * scale - _TOLERANCE) / scale:g}"
