"""Statistics of paired runs: arrays in, numbers and a verdict in words out."""

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
from augury.stats.verdict import Comparison, Pair, Rule, judge, to_points

__all__ = [
    "Comparison",
    "Pair",
    "PairedT",
    "Rule",
    "has_spread",
    "holm",
    "judge",
    "paired_t",
    "probability_interval",
    "probability_of_improvement",
    "sign_flip_p",
    "smallest_detectable",
    "to_points",
    "two_way_interval",
]
