"""When a difference counts as shown."""

import math
from dataclasses import dataclass, field
from typing import Literal

from augury.stats.e_process import MIXING

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
    design: "fixed", a test after a number of seeds that is named beforehand; or "race", evidence
        that may be looked at after every seed (see `augury.stats.race`), to which min_seeds,
        min_probability, power and looks do not apply
    mixing: of a race, c² in (0, ∞): the effect size that its evidence is spread over is drawn from
        N(0, 1 / c²) (see `augury.stats.e_process`)
    batches: of a race, the augmentations in the groups in which the study got them: each batch has
        its own part of alpha (see `batch_alphas`), so that adding arms takes nothing back. Empty:
        all at once
    part: of a race, the images that decide: "test"; or "validation" where a search chooses among
        arms. These are drawn anew with each seed, so their choice is part of what seeds differ by,
        and no interval over images is asked for
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
    design: Literal["fixed", "race"] = "fixed"
    mixing: float = MIXING
    batches: tuple[tuple[str, ...], ...] = ()
    part: Literal["test", "validation"] = "test"

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
        *others, last = METRICS
        choices = f"{', '.join(others)} or {last}"
        _check("metric", f"{self.metric!r:.80}", choices, self.metric in METRICS)
        known = self.design in ("fixed", "race")
        _check("design", f"{self.design!r:.80}", "fixed or race", known)
        _check("mixing", self.mixing, "in (0, ∞)", 0 < self.mixing < math.inf)
        names = [name for batch in self.batches for name in batch]
        once = len(set(names)) == len(names) and all(self.batches)
        _check("batches", f"{self.batches!r:.80}", "of one arm or more, each arm in one", once)
        known = self.part in ("test", "validation")
        _check("part", f"{self.part!r:.80}", "test or validation", known)


def _check(name: str, value: object, allowed: str, ok: bool) -> None:
    if not ok:
        raise ValueError(f"{name}: must be {allowed}, got {value}")
