"""What the rule, each of its conditions alone, and what people do instead say of a study."""

import dataclasses
import math
from collections.abc import Sequence
from unittest import mock

import numpy as np
from scipy import stats

from augury.stats import (
    Comparison,
    Pair,
    Rule,
    has_spread,
    holm,
    judge,
    paired_t,
    probability_interval,
    probability_of_improvement,
    sign_flip_p,
    to_points,
    two_way_interval,
    verdict,
)

# Under it a difference of accuracies is a rounding error.
_ROUNDING = 1e-9


def judge_quickly(pairs: Sequence[Pair], rule: Rule) -> list[Comparison]:
    """The "helps" and "hurts" of `judge`, without what costs time and changes none of them.

    Left out are the detectable difference, and the two-way bootstrap where the adjusted p withholds
    the verdict anyhow: such a pair is judged as if without predictions, so that its verdict reads
    "cannot say" for "not shown".
    """
    adjusted = adjusted_p(pairs)
    likely = [p < rule.alpha for p in adjusted]
    kept = [p if keep else _without_images(p) for p, keep in zip(pairs, likely, strict=True)]
    with mock.patch.object(verdict, "rule_detectable", return_value=None):
        # A quick rule serves where nothing can be claimed.
        return judge(kept, rule if any(likely) else dataclasses.replace(rule, replicates=1))


def is_claim(comparison: Comparison) -> bool:
    return comparison.verdict in ("helps", "hurts")


def claims(pairs: Sequence[Pair], rule: Rule) -> bool:
    """Whether the rule says "helps" or "hurts" of any pair."""
    return any(is_claim(comparison) for comparison in judge_quickly(pairs, rule))


def conditions(pairs: Sequence[Pair], rule: Rule) -> dict[str, bool]:
    """Whether each condition, taken alone, holds for any pair, in either direction."""
    differences = [_points(pair) for pair in pairs]
    return {
        "t": any(p < rule.alpha for p in _p_values(pairs)),
        "holm": any(p < rule.alpha for p in adjusted_p(pairs)),
        "permutation": any(sign_flip_p(d, rule.replicates) < rule.alpha for d in differences),
        "probability": any(_one_is_ahead(d, rule) for d in differences),
        "difference": any(abs(d.mean()) >= rule.min_difference - _ROUNDING for d in differences),
    }


def two_way_alone(pairs: Sequence[Pair], rule: Rule) -> bool:
    """Whether any pair's interval over seeds and test images leaves 0 out."""
    for pair in pairs:
        low, high = two_way_interval(*_images(pair), rule.confidence, rule.replicates, rule.seed)
        if low > 0 or high < 0:
            return True
    return False


def habits(pairs: Sequence[Pair], points: float) -> dict[str, bool]:
    """Whether any arm wins by what people do instead; a win is a gain of `points` or more."""
    return {
        "one seed": any(_points(pair)[0] >= points - _ROUNDING for pair in pairs),
        "three seeds": any(_points(pair)[:3].mean() >= points - _ROUNDING for pair in pairs),
        "best runs": any(_best_gain(pair) >= points - _ROUNDING for pair in pairs),
        "mcnemar": any(_mcnemar(pair) for pair in pairs),
    }


def adjusted_p(pairs: Sequence[Pair]) -> list[float]:
    return [float(p) for p in holm(_p_values(pairs))]


def _p_values(pairs: Sequence[Pair]) -> list[float]:
    return [paired_t(d).p if has_spread(d) else math.nan for d in map(_points, pairs)]


def _points(pair: Pair) -> np.ndarray:
    return to_points(pair.accuracy) - to_points(pair.baseline_accuracy)


def _images(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    if pair.correct is None or pair.baseline_correct is None:
        raise ValueError("predictions are needed")
    return pair.correct, pair.baseline_correct


def _without_images(pair: Pair) -> Pair:
    return dataclasses.replace(pair, correct=None, baseline_correct=None)


def _one_is_ahead(differences: np.ndarray, rule: Rule) -> bool:
    share = probability_of_improvement(differences)
    low, high = probability_interval(differences, rule.confidence, rule.replicates, rule.seed)
    enough = max(share, 1 - share) >= rule.min_probability - _ROUNDING
    return enough and (low > 0.5 or high < 0.5)


def _best_gain(pair: Pair) -> float:
    return float(to_points(pair.accuracy.max() - pair.baseline_accuracy.max()))


def _mcnemar(pair: Pair) -> bool:
    """Ahead in the first seed with McNemar's exact p < 0.05: test images as the only chance."""
    arm, baseline = (correct[0] for correct in _images(pair))
    won, lost = int(np.sum(arm & ~baseline)), int(np.sum(baseline & ~arm))
    return won > lost and bool(stats.binomtest(won, won + lost).pvalue < 0.05)
