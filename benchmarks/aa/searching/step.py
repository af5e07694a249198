"""One step of a search: a race on validation images that ends when the best arm is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from benchmarks.aa.racing.course import FIRST, MAX_SEEDS
from benchmarks.aa.racing.deciding import Arm, arms_of, look
from benchmarks.aa.racing.paths import differences, paths_of
from numpy.typing import NDArray

from augury.stats import Rule, confidence_sequence

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stepped:
    """How a step ended. verdicts: by arm, "" where it is not decided; beaten: arms that can hardly
    be the best; seeds: pairs of each arm; means, deviations: of their differences, points."""

    verdicts: tuple[str, ...]
    beaten: frozenset[int]
    seeds: tuple[int, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @property
    def best(self) -> int | None:
        """The arm that helps most, None where none helps."""
        helping = [i for i, verdict in enumerate(self.verdicts) if verdict == "helps"]
        return max(helping, key=lambda i: self.means[i], default=None)


def step_all(accuracies: Array, rule: Rule) -> Iterator[Stepped]:
    """Each of R steps. accuracies: (R, 1 + K, S) of the base and its arms, points."""
    arms = accuracies.shape[1] - 1
    levels = np.full((len(accuracies), arms), 0.8 * rule.alpha / arms)
    paths = paths_of(accuracies, levels, rule, looks_ahead=True)
    values, _ = differences(accuracies)
    n = np.arange(1, values.shape[-1] + 1)
    means = values.cumsum(axis=-1) / n
    highs = confidence_sequence(values, float(levels[0, 0]), rule.mixing)[..., 1]
    for race in range(len(accuracies)):
        stepped = _step(arms_of(paths, race), means[race], highs[race], rule)
        pairs = zip(values[race], stepped.seeds, strict=True)
        deviations = tuple(float(row[:n].std(ddof=1)) for row, n in pairs)
        yield replace(stepped, deviations=deviations)


def _step(arms: Sequence[Arm], means: Array, highs: Array, rule: Rule) -> Stepped:
    """One worker: every arm to five seeds, then the arm that is nearest to a verdict."""
    pairs, verdicts = [0] * len(arms), [""] * len(arms)
    beaten: frozenset[int] = frozenset()
    while takes := [i for i in _open(arms, pairs, verdicts) if i not in beaten]:
        own = min(takes, key=lambda i: _key(arms[i], pairs[i], i))
        pairs[own] += 1
        found = look(arms, pairs, rule)
        verdicts = [old or new for old, new in zip(verdicts, found, strict=True)]
        beaten = _beaten(verdicts, pairs, means, highs, rule.min_difference)
    final = tuple(float(means[i, n - 1]) for i, n in enumerate(pairs))
    return Stepped(tuple(verdicts), beaten, tuple(pairs), final, ())


def _open(arms: Sequence[Arm], pairs: Sequence[int], verdicts: Sequence[str]) -> list[int]:
    return [
        i
        for i, (arm, n, verdict) in enumerate(zip(arms, pairs, verdicts, strict=True))
        if not verdict and n < MAX_SEEDS and not (n and arm.hopeless[n - 1])
    ]


def _key(arm: Arm, pairs: int, number: int) -> tuple[int, int, int]:
    if pairs < FIRST:
        return 0, pairs, number
    return 1, arm.needed[pairs - 1], pairs


def _beaten(
    verdicts: Sequence[str], pairs: Sequence[int], means: Array, highs: Array, least: float
) -> frozenset[int]:
    helping = [means[i, pairs[i] - 1] for i, verdict in enumerate(verdicts) if verdict == "helps"]
    bar = max([least, *helping])
    return frozenset(
        i
        for i, (verdict, n) in enumerate(zip(verdicts, pairs, strict=True))
        if not verdict and n >= 3 and highs[i, n - 1] < bar
    )
