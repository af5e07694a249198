"""Races whose runs are made up: nothing is trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augury.records.cell import Cell
from augury.records.plan import Plan, read_plan, write_plan
from augury.study import StudyFolder
from augury.study.engines import Engine
from augury.study.racing.budget import Budget
from augury.study.racing.race import Race
from augury.study.run_all import run_race
from helpers.made_up import MadeUpRuns
from helpers.studies import quick_plan, quick_settings

ARMS = ["none", "flip", "crop"]
# Of 200 test images right, on average: flip helps by 20 points, cutout hurts by 15.
MEANS = {"none": 110.0, "flip": 150.0, "crop": 110.5, "cutout": 80.0}


def right_of(cell: Cell) -> int:
    """How many test images a made-up run gets right: the same whenever it is run."""
    noise = np.random.default_rng([cell.seed, *cell.augmentation.encode()]).normal(0, 2)
    return round(MEANS[cell.augmentation] + noise)


@dataclass(frozen=True)
class MadeUp(MadeUpRuns):
    """With the accuracies above."""

    right_of: Callable[[Cell], int] = right_of


def begin(path: Path, arms: Sequence[str] = ARMS, **changes: Any) -> tuple[Plan, StudyFolder]:
    """A planned race in a folder: (plan, folder)."""
    rule = {"replicates": 200} | changes.pop("rule", {})
    asked = quick_settings(augmentations=arms, seeds=None, corruptions=0, rule=rule, **changes)
    plan, folder = quick_plan(asked), StudyFolder(path)
    folder.path.mkdir()
    write_plan(folder.plan_file, plan)
    return plan, folder


def race(
    path: Path,
    engine: Engine,
    plan: Plan | None = None,
    budget: Budget | None = None,
    **options: Any,
) -> Race:
    """Runs the race in a folder, with judging; returns the race as it ended."""
    last: list[Race] = []
    run_race(
        plan or read_plan(StudyFolder(path).plan_file),
        path,
        budget or Budget(24),
        engine=engine,
        on_race=last.append,
        **options,
    )
    return last[-1]
