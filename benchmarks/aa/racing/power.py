"""How much of what is there a race finds, and for how many runs, beside fixed designs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import Rule

from .course import MAX_SEEDS, Plan, run_race
from .deciding import arms_of
from .fixed import fixed_rule, holm_rows, paired_p, t_and_holm
from .paths import differences, paths_of
from .worlds import World

Array = NDArray[np.float64]
FIXED_SEEDS = (6, 8, 13)
LONGEST = 80
_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Question:
    """What is raced: `arms`, the first `true_arms` of which differ by `points`, the others by 0."""

    world: World
    points: float
    arms: int = 10
    true_arms: int = 3
    min_difference: float = 0.2


@dataclass(frozen=True)
class Way:
    """How it is raced: `max_seeds` for an arm and `cells` in all; the rest is as in `Plan`."""

    name: str
    cells: int | None = None
    max_seeds: int = MAX_SEEDS
    in_turn: bool = False
    workers: int = 2


def power_row(
    question: Question, ways: Sequence[Way], races: int, seed: Sequence[int]
) -> dict[str, Any]:
    """Counts of `races` races run in each of the `ways`, and of fixed designs on the same runs.

    as good: for each way, the fewest seeds with which paired t tests and Holm find as many, all
    arms having as many; None where LONGEST do not.
    """
    rng = np.random.default_rng(tuple(seed))
    effects = np.zeros((races, question.arms))
    effects[:, : question.true_arms] = question.points
    accuracies = question.world.accuracies(effects, LONGEST, rng)
    values, _ = differences(accuracies)
    raced = {way.name: _raced(question, way, accuracies, effects, rng) for way in ways}
    fixed = {}
    for seeds in FIXED_SEEDS:
        for name, claim in (("rule", fixed_rule), ("t", t_and_holm)):
            claims = claim(values, seeds, question.min_difference)
            fixed[f"{name} {seeds}"] = {
                **_counted(claims, effects),
                "cells": seeds * (1 + question.arms) * races,
            }
    return {
        "world": question.world.name,
        "deviation": question.world.deviation,
        "points": question.points,
        "arms": question.arms,
        "true arms": question.true_arms,
        "min_difference": question.min_difference,
        "races": races,
        "raced": raced,
        "fixed": fixed,
        "as good": {name: _as_good(way["found"], values, question) for name, way in raced.items()},
    }


def _raced(
    question: Question, way: Way, accuracies: Array, effects: Array, rng: np.random.Generator
) -> dict[str, int]:
    races, arms = effects.shape
    rule = Rule(design="race", min_difference=question.min_difference)
    plan = Plan(
        rule=rule,
        entries=((tuple(range(arms)), 0),),
        workers=way.workers,
        max_seeds=way.max_seeds,
        cells=way.cells,
        in_turn=way.in_turn,
        drops=True,
    )
    levels = np.tile(plan.levels(arms), (races, 1))
    paths = paths_of(accuracies[..., : way.max_seeds], levels, rule, looks_ahead=True)
    claims, equal = np.zeros((races, arms)), np.zeros((races, arms), dtype=bool)
    cells, seeds = 0, 0
    for race in range(races):
        course = run_race(arms_of(paths, race), plan, rng)
        for number, verdict in course.verdicts.items():
            claims[race, number] = {"helps": 1, "hurts": -1}.get(verdict, 0)
            equal[race, number] = verdict == "no difference"
            if claims[race, number] and effects[race, number]:
                seeds += course.decided_after[number]
        cells += course.cells
    return {
        **_counted(claims, effects),
        "cells": cells,
        "seeds of the found": seeds,
        "no difference": int(equal.sum()),
        # The planted differences are larger than those that matter.
        "false no difference": int((equal & (effects != 0)).any(axis=1).sum()),
    }


def _counted(claims: Array, effects: Array) -> dict[str, int]:
    """found: arms; false: studies with any claim that is false."""
    right = (claims == np.sign(effects)) & (effects != 0)
    wrong = (claims != 0) & ~right
    return {"found": int(right.sum()), "false": int(wrong.any(axis=1).sum())}


def _as_good(found: int, values: Array, question: Question) -> int | None:
    p = np.moveaxis(holm_rows(np.moveaxis(paired_p(values), -1, 1)), 1, -1)
    means = values.cumsum(axis=-1) / np.arange(1, values.shape[-1] + 1)
    large = means * np.sign(question.points) >= question.min_difference - _TOLERANCE
    right = ((p < Rule().alpha) & large)[:, : question.true_arms].sum(axis=(0, 1))
    enough = np.flatnonzero(right >= found)
    return int(enough[0]) + 1 if len(enough) else None
