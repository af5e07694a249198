"""Deciding whether one arm of a study beats another, by a rule fixed beforehand."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from augury.stats.comparison import Comparison, PairEvidence, Verdict, Weighed
from augury.stats.holm import holm
from augury.stats.over_groups import groups_error, groups_interval
from augury.stats.over_images import has_predictions, image_error, images_interval
from augury.stats.pair import Pair
from augury.stats.paired import (
    has_spread,
    paired_t,
    probability_interval,
    probability_of_improvement,
    sign_flip_p,
)
from augury.stats.points import to_points
from augury.stats.power import rule_detectable
from augury.stats.race import FEWEST_PAIRS
from augury.stats.race_verdict import decide_race, race_evidence, untested
from augury.stats.rule import Rule
from augury.stats.sequential import adjusted_p, looks_of, nominal_level, smallest_p

# Differences and thresholds are decimal fractions of points: 0.2 must reach 0.2.
_TOLERANCE = 1e-9


def judge(
    pairs: Sequence[Pair],
    rule: Rule | None = None,
    arms: Sequence[str] = (),
    waiting: Sequence[str] = (),
) -> list[Comparison]:
    """Each pair's comparison, in order; all pairs of a study together are Holm's family.

    A pair that no test applies to (one seed, a missing accuracy, no spread) is left out of the
    family; one with fewer seeds than the rule needs is not, as its p is shown.

    A race counts all that are planned, and so has more to know. arms: the augmentation of each
    pair, needed where `rule.batches` is not empty; waiting: of each comparison that has no pair
    yet, its augmentation.
    """
    rule = rule or Rule()
    return decide([weigh(pair, rule) for pair in pairs], rule, arms, waiting)


def weigh(pair: Pair, rule: Rule) -> Weighed:
    """The first part of `judge`, one pair at a time, which takes nearly all of its time."""
    race = rule.design == "race"
    return Weighed(
        seeds=pair.seeds,
        accuracy=_mean(to_points(pair.accuracy)),
        baseline_accuracy=_mean(to_points(pair.baseline_accuracy)),
        difference=None if pair.obstacle else _mean(pair.differences),
        obstacle=_obstacle(pair, rule),
        evidence=None if race else _gather(pair, rule),
        race=race_evidence(pair, rule) if race else None,
    )


def decide(
    weighed: Sequence[Weighed], rule: Rule, arms: Sequence[str] = (), waiting: Sequence[str] = ()
) -> list[Comparison]:
    """The second part of `judge`: Holm's correction over all pairs of a study, and the verdicts."""
    if rule.design == "race":
        return decide_race(weighed, rule, arms, waiting)
    evidence = [one.evidence for one in weighed]
    adjusted = holm([math.nan if e is None else e.p for e in evidence])
    family = sum(e is not None for e in evidence)
    return [
        untested(one) if one.evidence is None else _tested(one, one.evidence, p, family, rule)
        for one, p in zip(weighed, map(float, adjusted), strict=True)
    ]


def _mean(values: NDArray[np.float64]) -> float | None:
    """The mean, or None where a value is missing or there is none."""
    return float(values.mean()) if len(values) and np.isfinite(values).all() else None


def _gather(pair: Pair, rule: Rule) -> PairEvidence | None:
    """The evidence of a pair, or None where no test applies."""
    differences = pair.differences
    if pair.obstacle or not np.isfinite(differences).all() or not has_spread(differences):
        return None
    looks = looks_of(rule.looks, len(differences))
    confidence = 1 - nominal_level(1 - rule.confidence, looks)
    two_way, error = _over_tested(pair, rule, confidence)
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
        image_error=error,
        tested="test images" if pair.turns is None else "groups",
    )


def _over_tested(
    pair: Pair, rule: Rule, confidence: float
) -> tuple[tuple[float, float] | None, float]:
    """Interval and standard error over test images or groups, points; None without predictions."""
    if pair.turns is not None:
        differences = pair.differences
        interval = groups_interval(differences, pair.turns, confidence)
        return interval, groups_error(differences, pair.turns)
    if not has_predictions(pair, rule.metric):
        return None, 0.0
    low, high = images_interval(pair, rule.metric, confidence, rule.replicates, rule.seed)
    return (to_points(low), to_points(high)), to_points(image_error(pair, rule.metric))


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
    seeds, differences = len(pair.seeds), pair.differences
    if pair.obstacle:
        return pair.obstacle
    fewest = 0 if rule.design == "race" else rule.min_seeds
    if seeds < fewest:
        noun = "seed" if seeds == 1 else "seeds"
        return f"{seeds} paired {noun}, the rule needs {fewest}"
    missing = np.count_nonzero(~np.isfinite(differences))
    if missing:
        return f"no accuracy (not a number) in {missing} of {seeds} paired seeds"
    if not has_spread(differences) and seeds >= max(fewest, FEWEST_PAIRS):
        return f"all {seeds} seeds differ by {differences.mean():z.2f} points, so no test applies"
    if rule.part == "test" and not has_predictions(pair, rule.metric):
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
    seen = f"this study could have seen ≥ {round_up(detectable)} points"
    if _seeds_agree(evidence, p, rule):
        which = "better" if difference > 0 else "worse"
        images = f"{which} on these {evidence.tested}, but others could say otherwise"
        return "not shown", f"not shown: {images}; {seen}"
    return "not shown", f"not shown; {seen}"


def _is_clear(evidence: PairEvidence, p: float, rule: Rule) -> bool:
    """Whether the direction is shown, whatever the size: all that the rule asks of chance."""
    low, high = evidence.two_way or (0.0, 0.0)
    images_agree = low > 0 if evidence.difference > 0 else high < 0
    return images_agree and _seeds_agree(evidence, p, rule)


def _seeds_agree(evidence: PairEvidence, p: float, rule: Rule) -> bool:
    """Whether the direction is shown on these test images."""
    probability, lowest = evidence.probability, evidence.probability_interval[0]
    if evidence.difference < 0:
        probability, lowest = 1 - probability, 1 - evidence.probability_interval[1]
    return p < rule.alpha and probability >= rule.min_probability - _TOLERANCE and lowest > 0.5


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
