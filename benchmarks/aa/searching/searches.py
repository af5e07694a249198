"""Whole searches, many at once: steps on validation accuracies, then a test on fresh runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from benchmarks.aa.racing.course import MAX_SEEDS, Plan, run_race
from benchmarks.aa.racing.deciding import arms_of
from benchmarks.aa.racing.paths import paths_of
from numpy.typing import NDArray

from augury.stats import Rule

from .step import Stepped, step_all

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Landscape:
    """What is searched. effects: of each candidate alone, points; kept: the share of its effect
    that a candidate has for each one that is there already, 1 where effects add up; deviation:
    from run to run, points, of validation and of test accuracies. spread: where effects are drawn
    anew for each search, half of them 0, the others normal with this deviation; `effects` is then
    as many zeros."""

    name: str
    effects: tuple[float, ...]
    kept: float = 1.0
    deviation: float = 0.3
    min_difference: float = 0.2
    spread: float = 0.0

    def draw(self, rng: np.random.Generator) -> tuple[float, ...]:
        """The effects of one search."""
        if not self.spread:
            return self.effects
        drawn = self.spread * rng.standard_normal(len(self.effects))
        return tuple(np.where(rng.random(len(self.effects)) < 0.5, 0.0, drawn).tolist())


class Chosen(NamedTuple):
    """What a step has chosen, points. arms: how many it tried; difference, deviation: of the
    winner's paired differences; true: what it really adds."""

    arms: int
    difference: float
    deviation: float
    true: float


@dataclass
class One:
    """A search as it goes. base: accuracies of the base by seed, of which base_seeds are trained;
    effects: of each candidate alone; chosen: candidates; steps: what each step has chosen."""

    base: Array
    effects: tuple[float, ...]
    kept: float
    chosen: list[int] = field(default_factory=list)
    steps: list[Chosen] = field(default_factory=list)
    runs: int = 0
    best_looking: int = 0
    base_seeds: int = 0

    def true(self, chosen: Sequence[int]) -> float:
        """The true difference of a combination to the baseline: the strongest counts whole."""
        ordered = sorted((self.effects[i] for i in chosen), key=abs, reverse=True)
        return sum(effect * self.kept**place for place, effect in enumerate(ordered))

    @property
    def left(self) -> list[int]:
        """The candidates that are not in."""
        return [i for i in range(len(self.effects)) if i not in self.chosen]

    @property
    def gain(self) -> float:
        """What the steps say of the winner."""
        return sum(step.difference for step in self.steps)


def search_all(land: Landscape, searches: int, rng: np.random.Generator) -> list[One]:
    """So many searches, to their ends."""
    rule = Rule(design="race", min_difference=land.min_difference, part="validation")
    bases = land.deviation * rng.standard_normal((searches, MAX_SEEDS))
    found = [One(base, land.draw(rng), land.kept) for base in bases]
    going = list(found)
    while going:
        going = _next(land, rule, going, rng)
    return found


def search_row(land: Landscape, searches: int, seed: Sequence[int]) -> dict[str, Any]:
    """Counts and means of `searches` searches."""
    rng = np.random.default_rng(tuple(seed))
    each = search_all(land, searches, rng)
    winners = [one for one in each if one.chosen]
    over = np.array([one.gain - one.true(one.chosen) for one in winners])
    tested = _test(land, [one.true(one.chosen) for one in winners], rng)
    # Whatever looked best in the first step, tested whether or not it was chosen.
    forced = _test(land, [one.true([one.best_looking]) for one in each], rng)
    return {
        "landscape": land.name,
        "candidates": len(land.effects),
        "deviation": land.deviation,
        "searches": searches,
        "winners": len(winners),
        "useless": sum(one.true(one.chosen) <= 0 for one in winners),
        "a part too many": sum(_idle(one) for one in winners),
        "parts": sum(len(one.chosen) for one in winners),
        "runs": sum(one.runs for one in each),
        "gain": float(sum(one.gain for one in winners)),
        "true": float(sum(one.true(one.chosen) for one in winners)),
        "overstated": _moments(over),
        "test helps": sum(verdict == "helps" for verdict, _ in tested),
        "test hurts": sum(verdict == "hurts" for verdict, _ in tested),
        "test difference": float(sum(mean for _, mean in tested)),
        "forced": len(forced),
        "forced claims": sum(verdict in ("helps", "hurts") for verdict, _ in forced),
    }


def _next(land: Landscape, rule: Rule, going: list[One], rng: np.random.Generator) -> list[One]:
    """One step of all searches that go on, those with as many candidates left at once."""
    on = []
    for left in sorted({len(one.left) for one in going}):
        same = [one for one in going if len(one.left) == left]
        means = np.array([[one.true([*one.chosen, i]) for i in one.left] for one in same])
        drawn = land.deviation * rng.standard_normal((len(same), left, MAX_SEEDS))
        bases = np.stack([one.base for one in same])[:, None]
        accuracies = np.concatenate([bases, means[..., None] + drawn], axis=1)
        for one, own, stepped in zip(same, accuracies, step_all(accuracies, rule), strict=True):
            if _stepped(one, own, stepped) and left > 1:
                on.append(one)
    return on


def _stepped(one: One, accuracies: Array, stepped: Stepped) -> bool:
    """Take note of a step; whether it has chosen anything."""
    # The base goes as far as its arms; what the step before has trained of it is there.
    one.runs += sum(stepped.seeds) + max(0, max(stepped.seeds) - one.base_seeds)
    if not one.chosen:
        one.best_looking = int(np.argmax(stepped.means))
    best = stepped.best
    if best is None:
        return False
    before = one.true(one.chosen)
    arms = len(one.left)
    one.chosen.append(one.left[best])
    added = one.true(one.chosen) - before
    one.steps.append(Chosen(arms, stepped.means[best], stepped.deviations[best], added))
    one.base, one.base_seeds = accuracies[1 + best], stepped.seeds[best]
    return True


def _test(land: Landscape, true: list[float], rng: np.random.Generator) -> list[tuple[str, float]]:
    """(verdict, mean difference) of races of two arms on fresh runs."""
    if not true:
        return []
    rule = Rule(design="race", min_difference=land.min_difference)
    accuracies = land.deviation * rng.standard_normal((len(true), 2, MAX_SEEDS))
    accuracies[:, 1] += np.array(true)[:, None]
    plan = Plan(rule, (((0,), 0),), drops=True)
    paths = paths_of(accuracies, np.tile(plan.levels(1), (len(true), 1)), rule, looks_ahead=True)
    means = (accuracies[:, 1] - accuracies[:, 0]).cumsum(axis=1) / np.arange(1, MAX_SEEDS + 1)
    found = []
    for race in range(len(true)):
        course = run_race(arms_of(paths, race), plan, rng)
        seeds = course.decided_after.get(0, course.cells // 2)
        found.append((course.verdicts.get(0, ""), float(means[race, max(seeds, 1) - 1])))
    return found


def _idle(one: One) -> bool:
    """Whether a part of a combination adds nothing."""
    return any(step.true <= 0 for step in one.steps)


def _moments(values: Array) -> dict[str, float]:
    """n, sum and sum of squares, from which means and errors follow."""
    return {"sum": float(values.sum()), "squares": float((values**2).sum())}
