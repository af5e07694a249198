"""When a difference counts as shown."""

from dataclasses import dataclass, field

METRICS = {
    "accuracy": "accuracy",
    "balanced-accuracy": "balanced accuracy",
    "macro-f1": "macro-F1",
}
"""What may be compared, and how people call it; see `augury.stats.class_metrics`."""


@dataclass(frozen=True)
class Rule:
    """What a verdict asks for: all of it must hold.

    min_seeds: paired seeds, at least 2
    alpha: bound of the Holm-adjusted p of the paired t test, in (0, 1)
    min_difference: the smallest difference that matters, percentage points in [0, 100]
    min_probability: of improvement over seeds, in [0.5, 1]; its bootstrap bound must pass ½
    confidence: of every interval, in (0, 1); the two-way interval must leave 0 out
    power: that the detectable difference is told for, in (alpha, 1)
    replicates: of each bootstrap and Monte-Carlo test, 1 to a million; seed: of their draws, ≥ 0
    looks: the numbers of seeds at which the study is judged, ascending; with more than one, p and
        intervals hold for all looks together (see `augury.stats.sequential`). Empty: once.
    metric: what is compared on the test images, one of `METRICS`
    """

    min_seeds: int = 6
    alpha: float = 0.05
    # The line of the command line's option for it.
    min_difference: float = field(
        default=0.2, metadata={"help": "Smallest difference that matters, points. Default: 0.2."}
    )
    min_probability: float = 0.75
    confidence: float = 0.95
    power: float = 0.8
    replicates: int = 10_000
    seed: int = 0
    looks: tuple[int, ...] = ()
    metric: str = field(
        default="accuracy",
        metadata={"help": "accuracy, balanced-accuracy or macro-f1. Default: accuracy."},
    )

    def __post_init__(self) -> None:
        _check("alpha", self.alpha, "in (0, 1)", 0 < self.alpha < 1)
        _check("power", self.power, f"in ({self.alpha}, 1)", self.alpha < self.power < 1)
        _check("confidence", self.confidence, "in (0, 1)", 0 < self.confidence < 1)
        _check("min_seeds", self.min_seeds, "≥ 2", self.min_seeds >= 2)
        _check("min_difference", self.min_difference, "≥ 0 points", self.min_difference >= 0)
        _check("min_difference", self.min_difference, "≤ 100 points", self.min_difference <= 100)
        in_range = 0.5 <= self.min_probability <= 1
        _check("min_probability", self.min_probability, "in [0.5, 1]", in_range)
        in_range = 1 <= self.replicates <= 1_000_000
        _check("replicates", self.replicates, "≥ 1 and ≤ 1,000,000", in_range)
        _check("seed", self.seed, "≥ 0", self.seed >= 0)
        ascending = list(self.looks) == sorted(set(self.looks)) and min(self.looks, default=1) >= 1
        _check("looks", self.looks, "numbers of seeds, ascending", ascending)
        *names, last = METRICS
        choices = f"{', '.join(names)} or {last}"
        _check("metric", f"{self.metric!r:.80}", choices, self.metric in METRICS)


def _check(name: str, value: object, allowed: str, ok: bool) -> None:
    if not ok:
        raise ValueError(f"{name}: must be {allowed}, got {value}")
