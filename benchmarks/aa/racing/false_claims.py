"""How often a race ever says what is false, where that is known."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import Rule

from .course import Plan, run_race
from .deciding import arms_of
from .paths import paths_of
from .worlds import World

Array = NDArray[np.float64]
MOST_SEEDS = 30
_MOST_ARMS = 12
_AT_ONCE = 100


def false_rates(
    world: World, races: int, min_difference: float, at_the_border: bool, seed: tuple[int, ...]
) -> dict[str, Any]:
    """Of `races` races with 2 to 12 arms, in how many any false verdict is ever reached.

    at_the_border: whether every arm's true difference is exactly ± min_difference, so that "no
    difference that matters" is false and a claim in the right direction is not; else it is 0, and
    every claim is false. stopped: false verdicts that stand where the race is stopped at a random
    moment, no later than its end.
    """
    found: Counter[str] = Counter()
    for first in range(0, races, _AT_ONCE):
        rng = np.random.default_rng((*seed, first))
        found += _some(world, min(_AT_ONCE, races - first), min_difference, at_the_border, rng)
    return {
        "world": world.name,
        "true difference": min_difference if at_the_border else 0.0,
        "min_difference": min_difference,
        "races": races,
        **{name: found[name] for name in ("false", "stopped", "arms", "cells", "looks", "late")},
        **{name: found[name] for name in ("helps", "hurts", "no difference")},
    }


def _some(
    world: World, races: int, min_difference: float, border: bool, rng: np.random.Generator
) -> Counter[str]:
    found: Counter[str] = Counter()
    effects = np.zeros((races, _MOST_ARMS))
    if border:
        effects = min_difference * rng.choice([-1.0, 1.0], effects.shape)
    accuracies = world.accuracies(effects, MOST_SEEDS, rng)
    rule = Rule(design="race", min_difference=min_difference)
    plans = [random_plan(rule, rng) for _ in range(races)]
    levels = np.stack([plan.levels(_MOST_ARMS) for plan in plans])
    paths = paths_of(accuracies, levels, rule, looks_ahead=True)
    for race, plan in enumerate(plans):
        arms = arms_of(paths, race)[: sum(len(numbers) for numbers, _ in plan.entries)]
        course = run_race(arms, plan, rng)
        wrong = {i for i in course.verdicts if _is_false(course.verdicts[i], effects[race, i])}
        stop = rng.integers(course.ended + 1)
        found["false"] += bool(wrong)
        found["stopped"] += any(when <= stop and arm in wrong for when, arm in course.decisions)
        found["late"] += len(plan.entries) > 1
        found.update(course.verdicts.values())
        found += Counter(arms=len(arms), cells=course.cells, looks=course.looks)
    return found


def _is_false(verdict: str, effect: float) -> bool:
    if verdict == "no difference":
        return effect != 0
    return effect == 0 or (verdict == "helps") != (effect > 0)


def random_plan(rule: Rule, rng: np.random.Generator) -> Plan:
    """2 to 12 arms, 1 to 16 workers; in every second race some arms are added later, once or twice.

    Arms are added after any number of cells, up to 20 for each of the first arms. No arm is dropped
    as hopeless: all go on until they are decided or have MOST_SEEDS, more than studies give them.
    """
    arms = int(rng.integers(2, _MOST_ARMS + 1))
    parts = min(int(rng.choice([1, 1, 2, 3])), arms)
    cuts = np.sort(rng.permutation(np.arange(1, arms))[: parts - 1])
    batches = [tuple(map(int, part)) for part in np.split(np.arange(arms), cuts)]
    times = [0, *sorted(rng.integers(1, 20 * len(batches[0]), parts - 1).tolist())]
    workers = int(rng.choice([1, 2, 4, 16]))
    entries = tuple(zip(batches, times, strict=True))
    return Plan(rule, entries, workers, MOST_SEEDS, in_turn=bool(rng.integers(2)))
