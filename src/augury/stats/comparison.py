"""What judging one arm against its baseline finds."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["helps", "hurts", "no difference", "not decided", "not shown", "cannot say"]
"""Of a race: no difference (that matters), not decided (yet); of the fixed rule: not shown."""

Interval = tuple[float, float]

Tested = Literal["test images", "validation images", "groups"]
"""Groups where each seed leaves other groups of images out of training, and tests them."""


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
    sequence, the confidence sequence so far, points, None while it is infinite; decided_after, how
    many paired seeds the arm had when the verdict was reached (`augury.stats.race.
    pairs_when_decided`), None while it is not decided.
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
    image_error: standard error of the difference over test images, or over groups of them.
    tested: what the verdict must hold for others of.
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
    tested: Tested = "test images"


@dataclass(frozen=True)
class ImagesAt:
    """What the test images say of the mean difference over the first `seeds` pairs, points.

    interval: two-way, over seeds and test images; reach: up to which size a mean difference would
    not hold for other test images with endless seeds either, at most 100. Where seeds test
    different groups, both are over groups (`augury.stats.over_groups`).
    """

    seeds: int
    interval: Interval
    reach: float


@dataclass(frozen=True)
class RaceEvidence:
    """The differences of a pair by seed, points, and what its `images` test images say of them.

    looks: at numbers of pairs where the accuracies might decide, ascending, and at the last.
    tested: what `images` counts.
    """

    differences: tuple[float, ...]
    images: int
    looks: tuple[ImagesAt, ...]
    tested: Tested = "test images"


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """One pair's statistics before Holm's correction.

    accuracy, baseline_accuracy, difference: as in `Comparison`.
    obstacle: why the rule cannot be applied, "" where it can.
    evidence: of the fixed rule; None where no test applies.
    race: of a race; None where the runs must not be compared.
    """

    seeds: tuple[int, ...]
    accuracy: float | None
    baseline_accuracy: float | None
    difference: float | None
    obstacle: str
    evidence: PairEvidence | None = None
    race: RaceEvidence | None = None
