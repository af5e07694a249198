"""Whether the seeds can show what the user wants to see."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats import (
    Pair,
    Rule,
    groups_error,
    has_predictions,
    image_gains,
    rule_detectable,
    rule_power,
    to_points,
)
from augury.study.doctor.notice import Notice
from augury.study.racing.reach import (
    least_seeds,
    race_detectable,
    race_power,
    seeds_to_dismiss,
    seeds_to_tell,
)

LEAST_PAIRS = 3
"""An arm's spread is measured from so many finished pairs on."""

TABLE = (6, 8, 10, 15, 20, 30)
MOST_SEEDS = 500
_MANY_IMAGES = 10_000


@dataclass(frozen=True)
class Spread:
    """How paired differences between two arms vary, percentage points.

    deviation: standard deviation over seeds.
    image_floor, image_noise: standard error that the choice of test images adds to a mean over
        seeds: the part that more seeds do not lower, and the part of a single seed.
    source: "runs" (of `pairs` finished pairs), "given" or "default".
    freedom: degrees of freedom of a deviation from runs, else None.
    """

    deviation: float
    image_floor: float
    image_noise: float
    source: Literal["runs", "given", "default"]
    pairs: int = 0
    freedom: int | None = None

    def image_error(self, seeds: int) -> float:
        """Standard error, in points, that the test images add to the mean over `seeds`."""
        return math.hypot(self.image_floor, self.image_noise / math.sqrt(seeds))


@dataclass(frozen=True)
class Power:
    """What a data set's comparisons can show.

    seeds: paired, at the last look where seeds are added.
    comparisons: of the whole study, Holm's family.
    detectable: points that the rule finds with probability `target`; None for none under 100.
    power: probability to find a true difference of `min_difference` points.
    table: pairs of (seeds, detectable).
    ahead: share of the seeds in which an arm is ahead that is better by `min_difference`. Where it
        is under `asked`, which the rule asks for, no number of seeds shows such an arm.
    needed: seeds that tell `min_difference` from none with probability `target`; None for more
        than `most`.
    race: whether seeds are added where they are needed, `seeds` at most; dismissed: with how many a
        race shows of an arm without effect, with probability `target`, that it makes no difference
        that matters; None for more than `most`.
    """

    dataset: str
    seeds: int
    comparisons: int
    spread: Spread
    min_difference: float
    target: float
    detectable: float | None
    power: float
    table: tuple[tuple[int, float | None], ...]
    ahead: float
    asked: float
    needed: int | None
    most: int
    dismissed: int | None = None
    race: bool = False


def assumed_spread(points: float | None, train_images: int, unevenness: float = 1.0) -> Spread:
    """The spread before there are runs; points: of the deviation, where the user gives it.

    unevenness: how much more the choice of test images moves the metric than it moves accuracy.

    The default is what networks on small images showed here: 0.5 points with more than 10,000
    training images, 1 with fewer. Where runs differ by chance, image by image, choosing other
    images moves the mean over seeds as much as other seeds do, which is taken as the image error.
    """
    deviation = points or unevenness * (0.5 if train_images > _MANY_IMAGES else 1.0)
    return Spread(deviation, 0.0, deviation, "given" if points else "default")


def class_unevenness(metric: str, test: NDArray[np.int64]) -> float:
    """How much more the choice of test images moves `metric` than accuracy; test: (K,) counts.

    Where all classes are recognized equally well, the error of a mean over classes is that of the
    mean over all N images times √(N Σ 1/n) / K. Macro-F1 is taken to move as much.
    """
    sizes = test[test > 0]
    if metric == "accuracy" or not len(sizes):
        return 1.0
    return float(np.sqrt(sizes.sum() * (1 / sizes).sum()) / len(sizes))


def measured_spread(pairs: Sequence[Pair], metric: str = "accuracy") -> Spread | None:
    """Pooled over the comparisons with 3 finished pairs or more; None where there is none.

    metric: by which the pairs are compared.
    """
    deviations, floors, noises, weights = [], [], [], []
    for pair in pairs:
        differences = to_points(pair.accuracy - pair.baseline_accuracy)
        if pair.obstacle or len(pair.seeds) < LEAST_PAIRS or not has_predictions(pair, metric):
            continue
        if not np.isfinite(differences).all():
            continue
        floor, noise = _variances(pair, metric)
        deviations.append(float(differences.var(ddof=1)))
        floors.append(floor)
        noises.append(noise)
        weights.append(len(pair.seeds) - 1)
    if not weights or not any(deviations):
        return None
    deviation, floor, noise = (
        math.sqrt(np.average(values, weights=weights)) for values in (deviations, floors, noises)
    )
    # Arms that share a baseline have squared differences that correlate by ¼.
    freedom = max(max(weights), round(sum(weights) / (1 + (len(weights) - 1) / 4)))
    return Spread(deviation, floor, noise, "runs", sum(weights) + len(weights), freedom)


def _variances(pair: Pair, metric: str) -> tuple[float, float]:
    """As `_image_variances`; groups that differ from seed to seed are part of the deviation."""
    if pair.turns is not None:
        return groups_error(pair.differences, pair.turns) ** 2, 0.0
    return _image_variances(to_points(image_gains(pair, metric)))


def _image_variances(gains: NDArray[np.float64]) -> tuple[float, float]:
    """Variances of the mean over images, points²: what seeds share, and what each adds (ANOVA).

    gains: (S, N), points.
    """
    seeds, images = gains.shape
    noise = float(gains.var(axis=0, ddof=1).mean()) / images
    floor = float(gains.mean(axis=0).var()) / images - noise / seeds
    return max(0.0, floor), noise


def study_power(
    dataset: str, seeds: int, comparisons: int, spread: Spread, rule: Rule
) -> Power | None:
    """None where no test applies: under two seeds, or nothing to compare.

    rule: with the looks that are planned, if there are several.
    """
    if seeds < 2 or comparisons < 1:
        return None
    if rule.design == "race":
        return _race_power(dataset, seeds, comparisons, spread, rule)

    def detectable(n: int) -> float | None:
        error = spread.image_error(n)
        return rule_detectable(spread.deviation, n, comparisons, rule, error, spread.freedom)

    sizes = rule.looks[:: max(1, len(rule.looks) // len(TABLE))] or TABLE
    return Power(
        dataset=dataset,
        seeds=seeds,
        comparisons=comparisons,
        spread=spread,
        min_difference=rule.min_difference,
        target=rule.power,
        detectable=detectable(seeds),
        power=rule_power(
            rule.min_difference,
            spread.deviation,
            seeds,
            comparisons,
            rule,
            spread.image_error(seeds),
            spread.freedom,
        ),
        table=tuple((n, detectable(n)) for n in sizes),
        ahead=_ahead(spread, rule),
        asked=rule.min_probability,
        needed=seeds_needed(comparisons, spread, rule),
        most=rule.looks[-1] if rule.looks else MOST_SEEDS,
    )


def _race_power(dataset: str, seeds: int, comparisons: int, spread: Spread, rule: Rule) -> Power:
    """What a race of up to `seeds` can show; the choice of test images is left out."""
    points, deviation = rule.min_difference, spread.deviation

    def detectable(n: int) -> float | None:
        return race_detectable(deviation, n, comparisons, rule)

    return Power(
        dataset=dataset,
        seeds=seeds,
        comparisons=comparisons,
        spread=spread,
        min_difference=points,
        target=rule.power,
        detectable=detectable(seeds),
        power=race_power(points, deviation, seeds, comparisons, rule),
        table=tuple((n, detectable(n)) for n in TABLE),
        ahead=1.0,
        asked=0.0,
        needed=seeds_to_tell(deviation, comparisons, rule, MOST_SEEDS),
        most=MOST_SEEDS,
        dismissed=seeds_to_dismiss(deviation, comparisons, rule, MOST_SEEDS),
        race=True,
    )


def _ahead(spread: Spread, rule: Rule) -> float:
    """The probability that a seed's difference is over 0 where the true one is `min_difference`."""
    return float(scipy.special.ndtr(rule.min_difference / spread.deviation))


def seeds_needed(comparisons: int, spread: Spread, rule: Rule) -> int | None:
    """About how many seeds tell `min_difference` from none with the rule's power.

    To within a twentieth. The rule's own threshold is left out: a true difference of just that
    size is measured below it as often as above, whatever the seeds. None: more than 500, or than
    the last look.
    """
    free = replace(rule, min_difference=0.0)

    def enough(n: int) -> bool:
        error = spread.image_error(n)
        deviation, freedom = spread.deviation, spread.freedom
        power = rule_power(rule.min_difference, deviation, n, comparisons, free, error, freedom)
        return power >= rule.power

    if _ahead(spread, rule) < rule.min_probability:
        return None
    if rule.looks:
        return next((look for look in rule.looks if enough(look)), None)
    low, high = rule.min_seeds - 1, rule.min_seeds
    while not enough(high):
        if high >= MOST_SEEDS:
            return None
        low, high = high, min(2 * high, MOST_SEEDS)
    while high - low > max(1, high // 20):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def seed_notices(seeds: int, comparisons: int, rule: Rule) -> list[Notice]:
    """Whether the rule can reach a verdict at all; seeds: paired, at the end of the study."""
    if comparisons == 0:
        words = "a single arm: there is nothing to compare it with"
        return [Notice("warning", "seeds", "one-arm", 1, words)]
    if rule.design == "race":
        least = least_seeds(comparisons, rule)
        if seeds >= least:
            return []
        words = f"at most {seeds} seeds an arm: nothing can be decided before {least} (max_seeds)"
        return [Notice("problem", "seeds", "too-few-seeds", seeds, words)]
    if seeds < rule.min_seeds:
        noun = "seed" if seeds == 1 else "seeds"
        words = (
            f"{seeds} paired {noun}, the rule needs {rule.min_seeds}: every verdict will be "
            '"cannot say"'
        )
        return [Notice("problem", "seeds", "too-few-seeds", seeds, words)]
    return []
