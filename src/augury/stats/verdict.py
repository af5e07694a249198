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
    smallest_detectable,
)

Verdict = Literal["helps", "hurts", "not shown", "cannot say"]
Interval = tuple[float, float]
Number = TypeVar("Number", float, NDArray[np.float64])

# Differences and thresholds are decimal fractions of points: 0.2 must reach 0.2.
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Rule:
    """When a difference counts as shown: all of it must hold.

    min_seeds: paired seeds, at least 2
    alpha: bound of the Holm-adjusted p of the paired t test, in (0, 1)
    min_difference: the smallest difference that matters, percentage points ≥ 0
    min_probability: of improvement over seeds, in [0.5, 1]; its bootstrap bound must pass ½
    confidence: of every interval, in (0, 1); the two-way interval must leave 0 out
    power: that the detectable difference is told for, in (alpha, 1)
    replicates: of each bootstrap and Monte-Carlo test, ≥ 1; seed: of their draws, ≥ 0
    """

    min_seeds: int = 6
    alpha: float = 0.05
    min_difference: float = 0.2
    min_probability: float = 0.75
    confidence: float = 0.95
    power: float = 0.8
    replicates: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        _check("alpha", self.alpha, "in (0, 1)", 0 < self.alpha < 1)
        _check("power", self.power, f"in ({self.alpha}, 1)", self.alpha < self.power < 1)
        _check("confidence", self.confidence, "in (0, 1)", 0 < self.confidence < 1)
        _check("min_seeds", self.min_seeds, "≥ 2", self.min_seeds >= 2)
        in_range = 0 <= self.min_difference < math.inf
        _check("min_difference", self.min_difference, "≥ 0 points", in_range)
        in_range = 0.5 <= self.min_probability <= 1
        _check("min_probability", self.min_probability, "in [0.5, 1]", in_range)
        _check("replicates", self.replicates, "≥ 1", self.replicates >= 1)
        _check("seed", self.seed, "≥ 0", self.seed >= 0)


def _check(name: str, value: float, allowed: str, ok: bool) -> None:
    if not ok:
        raise ValueError(f"{name}: must be {allowed}, got {value}")


@dataclass(frozen=True, eq=False)
class Pair:
    """An arm and its baseline over the same S seeds and N test images.

    seeds: S seeds; accuracy, baseline_accuracy: (S,) fractions in [0, 1], NaN where a run gave
    none; correct, baseline_correct: (S, N) bool, or None where predictions are missing.
    Raises ValueError for other shapes and values.
    """

    seeds: tuple[int, ...]
    accuracy: NDArray[np.float64]
    baseline_accuracy: NDArray[np.float64]
    correct: NDArray[np.bool_] | None = None
    baseline_correct: NDArray[np.bool_] | None = None

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
    p: of the paired t test, adjusted by Holm; p_permutation: of sign flips, unadjusted;
    words: one line for people.
    detectable is the power of the t test alone, at Holm's first step. The whole rule asks more,
    with 6 seeds the same sign in each, and finds a difference of that size less often.
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
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class _Evidence:
    """What one testable pair says, in percentage points, before any adjustment."""

    difference: float
    deviation: float
    t: PairedT
    p_permutation: float
    probability: float
    probability_interval: Interval
    two_way: Interval | None


def judge(pairs: Sequence[Pair], rule: Rule | None = None) -> list[Comparison]:
    """Each pair's comparison, in order; all pairs of a study together are Holm's family.

    A pair that no test applies to (one seed, a missing accuracy, no spread) is left out of the
    family; one with fewer seeds than the rule needs is not, as its p is shown.
    """
    rule = rule or Rule()
    evidence = [_gather(pair, rule) for pair in pairs]
    adjusted = holm([math.nan if e is None else e.t.p for e in evidence])
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
    if not np.isfinite(differences).all() or not has_spread(differences):
        return None
    draws = (rule.confidence, rule.replicates, rule.seed)
    two_way = None
    if pair.correct is not None and pair.baseline_correct is not None:
        low, high = two_way_interval(pair.correct, pair.baseline_correct, *draws)
        two_way = to_points(low), to_points(high)
    return _Evidence(
        difference=float(differences.mean()),
        deviation=float(differences.std(ddof=1)),
        t=paired_t(differences, rule.confidence),
        p_permutation=sign_flip_p(differences, rule.replicates, rule.seed),
        probability=probability_of_improvement(differences),
        probability_interval=probability_interval(differences, *draws),
        two_way=two_way,
    )


def _untested(pair: Pair, rule: Rule) -> Comparison:
    return Comparison(
        seeds=pair.seeds,
        accuracy=_mean(to_points(pair.accuracy)),
        baseline_accuracy=_mean(to_points(pair.baseline_accuracy)),
        difference=_mean(_differences(pair)),
        verdict="cannot say",
        words=f"cannot say: {_obstacle(pair, rule)}",
    )


def _tested(pair: Pair, evidence: _Evidence, p: float, family: int, rule: Rule) -> Comparison:
    detectable = _detectable(evidence, len(pair.seeds), family, rule)
    obstacle = _obstacle(pair, rule)
    verdict: Verdict = "cannot say"
    words = f"cannot say: {obstacle}"
    if obstacle is None:
        verdict, words = _decide(evidence, p, detectable, rule)
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
        verdict=verdict,
        words=words,
    )


def _detectable(evidence: _Evidence, seeds: int, family: int, rule: Rule) -> float | None:
    """In points; None where even 100 points would not be found, as no difference is larger."""
    points = smallest_detectable(evidence.deviation, seeds, rule.alpha / family, rule.power)
    return points if points <= 100 else None


def _obstacle(pair: Pair, rule: Rule) -> str | None:
    """Why the rule cannot be applied to a pair, or None where it can."""
    seeds, differences = len(pair.seeds), _differences(pair)
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
    if not _is_clear(evidence, p, rule):
        if detectable is None:
            return "not shown", "not shown; this study could not have seen any difference"
        seen = f"≥ {_round_up(detectable)} points"
        return "not shown", f"not shown; this study could have seen {seen}"
    if abs(difference) < rule.min_difference - _TOLERANCE:
        which = "better" if difference > 0 else "worse"
        matters = f"the {rule.min_difference:g} points that matter"
        return "not shown", f"not shown: {which}, but the difference is smaller than {matters}"
    low, high = evidence.t.interval
    margin = f"{abs(difference):.2f} ± {(high - low) / 2:.2f} points"
    return ("helps", f"helps by {margin}") if difference > 0 else ("hurts", f"hurts by {margin}")


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


def _round_up(points: float) -> str:
    """Two significant digits, rounded up so that the promise holds: 0.871 becomes 0.88."""
    digits = 1 - math.floor(math.log10(points))
    scale = 10.0**digits
    return f"{math.ceil(points * scale - _TOLERANCE) / scale:g}"
