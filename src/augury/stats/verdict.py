"""Deciding whether one arm of a study beats another, by a rule fixed beforehand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from augury.stats.bootstrap import two_way_interval
from augury.stats.holm import holm
from augury.stats.paired import (
    PairedT,
    has_spread,
    paired_t,
    probability_interval,
    probability_of_improvement,
    sign_flip_p,
)
from augury.stats.power import rule_detectable
from augury.stats.rule import Rule
from augury.stats.sequential import adjusted_p, looks_of, nominal_level, smallest_p

Verdict = Literal["helps", "hurts", "not shown", "cannot say"]
Interval = tuple[float, float]
Number = TypeVar("Number", float, NDArray[np.float64])

# Differences and thresholds are decimal fractions of points: 0.2 must reach 0.2.
_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Pair:
    """An arm and its baseline over the same S seeds and N test images.

    seeds: S seeds; accuracy, baseline_accuracy: (S,) fractions in [0, 1], NaN where a run gave
    none; correct, baseline_correct: (S, N) bool, or None where predictions are missing; obstacle:
    why the two must not be compared, "" where nothing speaks against it.
    Raises ValueError for other shapes and values.
    """

    seeds: tuple[int, ...]
    accuracy: NDArray[np.float64]
    baseline_accuracy: NDArray[np.float64]
    correct: NDArray[np.bool_] | None = None
    baseline_correct: NDArray[np.bool_] | None = None
    obstacle: str = ""

    def __post_init__(self) -> None:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds: each must occur once, got {self.seeds}")
        for name in ("accuracy", "baseline_accuracy"):
            values = getattr(self, name)
            if values.shape != (len(self.seeds),):
                raise ValueError(f"{name}: one a seed is needed, got {values.shape}")
            if np.any((values < 0) | (values > 1)):
                raise ValueError(f"{name}: fractions in [0, 1] are needed, got {values}")
        for name in ("correct", "baseline_correct"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.seeds):
                raise ValueError(f"{name}: one row a seed is needed, got {values.shape}")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """An arm against its baseline; what cannot be known is None.

    accuracy, baseline_accuracy: means over seeds, %; difference, interval (paired t over seeds),
    two_way_interval (bootstrap over seeds × test images) and detectable: percentage points;
    p: of the paired t test, adjusted for the looks and by Holm; p_unadjusted: of this look alone;
    p_permutation: of sign flips, unadjusted; detectable: the difference that the whole rule finds
    with its power, at Holm's first step, given the spread that was met; decided: whether more seeds
    are not needed, as the verdict stands or no difference that matters is left in the interval;
    words: one line for people. With several looks, intervals hold for all of them together.
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


@dataclass(frozen=True)
class _Evidence:
    """What one testable pair says, in percentage points, before Holm's adjustment."""

    difference: float
    deviation: float
    t: PairedT
    p: float
    p_permutation: float
    probability: float
    probability_interval: Interval
    two_way: Interval | None
    image_error: float


def judge(pairs: Sequence[Pair], rule: Rule | None = None) -> list[Comparison]:
    """Each pair's comparison, in order; all pairs of a study together are Holm's family.

    A pair that no test applies to (one seed, a missing accuracy, no spread) is left out of the
    family; one with fewer seeds than the rule needs is not, as its p is shown.
    """
    rule = rule or Rule()
    evidence = [_gather(pair, rule) for pair in pairs]
    adjusted = holm([math.nan if e is None else e.p for e in evidence])
    family = sum(e is not None for e in evidence)
    return [
        _untested(pair, rule) if e is None else _tested(pair, e, float(p), family, rule)
        for pair, e, p in zip(pairs, evidence, adjusted, strict=True)
    ]


def to_points(fraction: Number) -> Number:
    """Fractions of 1 as percentage points."""
    return 100.0 * fraction


def _differences(pair: Pair) -> NDArray[np.float64]:
    return to_points(pair.accuracy) - to_points(pair.baseline_accuracy)


def _mean(values: NDArray[np.float64]) -> float | None:
    """The mean, or None where a value is missing or there is none."""
    return float(values.mean()) if len(values) and np.isfinite(values).all() else None


def _gather(pair: Pair, rule: Rule) -> _Evidence | None:
    """The evidence of a pair, or None where no test applies."""
    differences = _differences(pair)
    if pair.obstacle or not np.isfinite(differences).all() or not has_spread(differences):
        return None
    looks = looks_of(rule.looks, len(differences))
    confidence = 1 - nominal_level(1 - rule.confidence, looks)
    two_way, image_error = None, 0.0
    if pair.correct is not None and pair.baseline_correct is not None:
        arms = pair.correct, pair.baseline_correct
        low, high = two_way_interval(*arms, confidence, rule.replicates, rule.seed)
        two_way, image_error = (to_points(low), to_points(high)), _image_error(*arms)
    return _Evidence(
        difference=float(differences.mean()),
        deviation=float(differences.std(ddof=1)),
        t=paired_t(differences, confidence),
        p=adjusted_p(smallest_p(differences, looks), looks),
        p_permutation=sign_flip_p(differences, rule.replicates, rule.seed),
        probability=probability_of_improvement(differences),
        probability_interval=probability_interval(
            differences, rule.confidence, rule.replicates, rule.seed
        ),
        two_way=two_way,
        image_error=image_error,
    )


def _image_error(correct: NDArray[np.bool_], baseline: NDArray[np.bool_]) -> float:
    """Standard error of the mean difference over images, percentage points."""
    by_image = correct.mean(axis=0) - baseline.mean(axis=0)
    return float(to_points(by_image.std() / np.sqrt(len(by_image))))


def _untested(pair: Pair, rule: Rule) -> Comparison:
    return Comparison(
        seeds=pair.seeds,
        accuracy=_mean(to_points(pair.accuracy)),
        baseline_accuracy=_mean(to_points(pair.baseline_accuracy)),
        difference=None if pair.obstacle else _mean(_differences(pair)),
        verdict="cannot say",
        words=f"cannot say: {_obstacle(pair, rule)}",
    )


def _tested(pair: Pair, evidence: _Evidence, p: float, family: int, rule: Rule) -> Comparison:
    detectable = rule_detectable(
        evidence.deviation, len(pair.seeds), family, rule, evidence.image_error
    )
    obstacle = _obstacle(pair, rule)
    verdict: Verdict = "cannot say"
    words = f"cannot say: {obstacle}"
    if obstacle is None:
        verdict, words = _decide(evidence, p, detectable, rule)
    shown = verdict in ("helps", "hurts")
    return Comparison(
        seeds=pair.seeds,
        accuracy=_mean(to_points(pair.accuracy)),
        baseline_accuracy=_mean(to_points(pair.baseline_accuracy)),
        difference=evidence.difference,
        interval=evidence.t.interval,
        p=p,
        p_unadjusted=evidence.t.p,
        p_permutation=evidence.p_permutation,
        probability_of_improvement=evidence.probability,
        probability_interval=evidence.probability_interval,
        two_way_interval=evidence.two_way,
        detectable=detectable,
        decided=shown or (obstacle is None and _is_negligible(evidence, rule)),
        verdict=verdict,
        words=words,
    )


def _obstacle(pair: Pair, rule: Rule) -> str | None:
    """Why the rule cannot be applied to a pair, or None where it can."""
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
    if pair.correct is None or pair.baseline_correct is None:
        return "predictions on the test images are missing, the rule needs them"
    return None


def _decide(
    evidence: _Evidence, p: float, detectable: float | None, rule: Rule
) -> tuple[Verdict, str]:
    difference = evidence.difference
    clear = _is_clear(evidence, p, rule)
    if clear and abs(difference) >= rule.min_difference - _TOLERANCE:
        low, high = evidence.t.interval
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
    return "not shown", f"not shown; this study could have seen ≥ {_round_up(detectable)} points"


def _is_clear(evidence: _Evidence, p: float, rule: Rule) -> bool:
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


def _is_negligible(evidence: _Evidence, rule: Rule) -> bool:
    """Whether both intervals leave only differences that are too small to matter."""
    if evidence.two_way is None:
        return False
    farthest = max(map(abs, (*evidence.t.interval, *evidence.two_way)))
    return farthest < rule.min_difference


def _round_up(points: float) -> str:
    """Two significant digits, rounded up so that the promise holds: 0.871 becomes 0.88."""
    digits = 1 - math.floor(math.log10(points))
    scale = 10.0**digits
    return f"{math.ceil(points * scale - _TOLERANCE) / scale:g}"
