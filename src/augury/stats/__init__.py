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
from augury.stats.class_metrics import (
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    image_shares,
    macro_f1,
    metric_value,
)
from augury.stats.comparison import Comparison, PairEvidence, Verdict, Weighed
from augury.stats.e_process import (
    anytime_p,
    batch_alphas,
    confidence_sequence,
    largest_e_value,
    log_e_process,
)
from augury.stats.false_discovery import benjamini_hochberg, e_benjamini_hochberg, e_of_maximum
from augury.stats.holm import holm
from augury.stats.iqm import interquartile_mean, iqm_interval
from augury.stats.learning import final_slope, is_still_learning, next_epochs, rise_of
from augury.stats.optimism import best_epoch_optimism
from augury.stats.over_groups import (
    groups_deviation,
    groups_error,
    groups_interval,
    groups_reach,
    groups_sequence,
)
from augury.stats.over_images import (
    class_interval,
    has_predictions,
    image_error,
    image_gains,
    images_interval,
)
from augury.stats.pair import Calls, Pair
from augury.stats.paired import (
    PairedT,
    has_spread,
    paired_t,
    probability_interval,
    probability_of_improvement,
    sign_flip_p,
    smallest_detectable,
)
from augury.stats.pairing import Pairing, pairing
from augury.stats.points import to_points
from augury.stats.power import rule_detectable, rule_power
from augury.stats.race import ArmState, race_state
from augury.stats.ranks import Friedman, friedman
from augury.stats.rule import METRICS, Rule
from augury.stats.seeds_needed import rule_seeds, t_test_seeds
from augury.stats.sequential import adjusted_p, looks_of, nominal_level, smallest_p
from augury.stats.subgroups import (
    SubgroupEffect,
    SubgroupScores,
    judge_subgroups,
    subgroup_scores,
)
from augury.stats.turned import TurnedImages, lost_images, won_images
from augury.stats.verdict import decide, judge, round_up, weigh

__all__ = [
    "METRICS",
    "ArmState",
    "Calls",
    "Comparison",
    "Friedman",
    "Pair",
    "PairEvidence",
    "PairedT",
    "Pairing",
    "Rule",
    "SubgroupEffect",
    "SubgroupScores",
    "TurnedImages",
    "Verdict",
    "Weighed",
    "accuracy",
    "adjusted_p",
    "anytime_p",
    "balanced_accuracy",
    "batch_alphas",
    "benjamini_hochberg",
    "best_epoch_optimism",
    "brier",
    "calibration_error",
    "class_interval",
    "confidence_sequence",
    "confusion_matrix",
    "decide",
    "e_benjamini_hochberg",
    "e_of_maximum",
    "final_slope",
    "fit_temperature",
    "friedman",
    "groups_deviation",
    "groups_error",
    "groups_interval",
    "groups_reach",
    "groups_sequence",
    "has_predictions",
    "has_spread",
    "holm",
    "image_error",
    "image_gains",
    "image_shares",
    "images_interval",
    "interquartile_mean",
    "iqm_interval",
    "is_still_learning",
    "judge",
    "judge_subgroups",
    "largest_e_value",
    "log_e_process",
    "looks_of",
    "lost_images",
    "macro_f1",
    "mean_interval",
    "metric_value",
    "negative_log_likelihood",
    "next_epochs",
    "nominal_level",
    "paired_t",
    "pairing",
    "probability_interval",
    "probability_of_improvement",
    "race_state",
    "rise_of",
    "round_up",
    "rule_detectable",
    "rule_power",
    "rule_seeds",
    "sign_flip_p",
    "smallest_detectable",
    "smallest_p",
    "studentised_interval",
    "subgroup_scores",
    "t_test_seeds",
    "to_points",
    "two_way_interval",
    "weigh",
    "won_images",
]
