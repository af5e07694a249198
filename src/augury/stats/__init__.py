"""Statistics of paired runs: arrays in, numbers and a verdict in words out.

One file per statistic; imports no other package of augury, and no PyTorch.
"""

from augury.stats.bootstrap import mean_interval, studentised_interval, two_way_interval
from augury.stats.calibration import (
    brier,
    calibration_error,
    fit_temperature,
    negative_log_likelihood,
)
from augury.stats.holm import holm
from augury.stats.iqm import interquartile_mean, iqm_interval
from augury.stats.optimism import best_epoch_optimism
from augury.stats.paired import (
    PairedT,
    has_spread,
    paired_t,
    probability_interval,
    probability_of_improvement,
    sign_flip_p,
    smallest_detectable,
)
from augury.stats.power import rule_detectable, rule_power
from augury.stats.ranks import Friedman, friedman
from augury.stats.rule import Rule
from augury.stats.sequential import adjusted_p, looks_of, nominal_level, smallest_p
from augury.stats.verdict import (
    Comparison,
    Pair,
    PairEvidence,
    Weighed,
    decide,
    judge,
    round_up,
    to_points,
    weigh,
)

__all__ = [
    "Comparison",
    "Friedman",
    "Pair",
    "PairEvidence",
    "PairedT",
    "Rule",
    "Weighed",
    "adjusted_p",
    "best_epoch_optimism",
    "brier",
    "calibration_error",
    "decide",
    "fit_temperature",
    "friedman",
    "has_spread",
    "holm",
    "interquartile_mean",
    "iqm_interval",
    "judge",
    "looks_of",
    "mean_interval",
    "negative_log_likelihood",
    "nominal_level",
    "paired_t",
    "probability_interval",
    "probability_of_improvement",
    "round_up",
    "rule_detectable",
    "rule_power",
    "sign_flip_p",
    "smallest_detectable",
    "smallest_p",
    "studentised_interval",
    "to_points",
    "two_way_interval",
    "weigh",
]
