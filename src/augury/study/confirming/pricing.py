"""What a condition costs: runs and seconds, before it is run."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from augury.inside import is_there
from augury.records.cell import Cell
from augury.records.plan import Plan, read_plan
from augury.records.verdicts import ArmVerdict
from augury.study.confirming.asking import Asked
from augury.study.judging.pairs import Arm, arm_of
from augury.study.planning.parts import count_steps
from augury.study.planning.plan import one_of_each_arm
from augury.study.racing.durations import Durations
from augury.study.racing.reach import least_seeds
from augury.study.store import StudyFolder


@dataclass(frozen=True)
class Price:
    """runs: to be trained; seconds: of all of them on this engine, None where nothing tells."""

    runs: int
    seconds: float | None


def prices(
    asked: Sequence[Asked],
    plan: Plan,
    decided: Sequence[ArmVerdict],
    folders: Sequence[Path],
    at_once: int,
    settled: Collection[tuple[str, Arm]] = (),
) -> list[Price]:
    """The price of each condition, if its arms need as many seeds as they have in the study.

    plan: of the study; decided: its arms; folders: of the study, then of each condition; at_once:
    runs at the same time; settled: (condition, arm) of those that are decided there. These cost
    nothing, and neither do runs that are there already.
    """
    study = StudyFolder(folders[0])
    durations = known_durations(plan, study)
    return [
        _price(
            each,
            plan,
            [arm for arm in decided if (each.condition, arm.arm) not in settled],
            study,
            durations,
            folder,
            at_once,
        )
        for each, folder in zip(asked, folders[1:], strict=True)
    ]


def known_durations(plan: Plan, folder: StudyFolder) -> Durations:
    """How long the runs of a study take, by those that are finished."""
    known = Durations(plan)
    for cell in plan.cells:
        run = folder.run(cell)
        if run.done:
            known.add(cell, run.read_result().seconds)
    return known


def _price(
    asked: Asked,
    plan: Plan,
    decided: Sequence[ArmVerdict],
    study: StudyFolder,
    durations: Durations,
    folder: Path,
    at_once: int,
) -> Price:
    wanted = _wanted(asked, plan, decided)
    there = _there(asked, plan, study, folder)
    runs, total, known = 0, 0.0, True
    for cell, (name, seeds) in wanted:
        missing = max(0, seeds - there.get((*arm_of(cell)[:2], name), 0))
        own = durations.expected(cell)
        changed = replace(cell, recipe=asked.settings.recipe)
        runs += missing
        if own is None:
            known = known and not missing
        else:
            total += missing * own * count_steps(plan, changed) / max(1, count_steps(plan, cell))
    return Price(runs, total / at_once if known else None)


def _wanted(
    asked: Asked, plan: Plan, decided: Sequence[ArmVerdict]
) -> Iterable[tuple[Cell, tuple[str, int]]]:
    """A cell of each arm in the study, and the arm's name there and the seeds that it will need."""
    cells = {arm_of(cell): cell for cell in one_of_each_arm(plan.cells)}
    groups = dict.fromkeys(each.arm[:2] for each in decided if each.augmentation in asked.arms)
    rule = replace(asked.settings.rule, design="race")
    least = least_seeds(max(1, len(asked.arms) * len(groups)), rule)
    most = asked.settings.max_seeds
    needed = {
        each.arm: min(most, max(least, each.decided_after or len(each.seeds))) for each in decided
    }
    for group in groups:
        open_ones = {each.augmentation for each in decided}
        # An arm that is decided on one data set or network is asked again on all.
        seeds = {
            name: needed.get((*group, name), least)
            for name in asked.arms
            if name in open_ones and (*group, name) in cells
        }
        yield cells[*group, plan.baseline], (plan.baseline, max(seeds.values(), default=0))
        for name, number in seeds.items():
            yield cells[*group, name], (asked.arms[name], number)


def _there(
    asked: Asked, plan: Plan, study: StudyFolder, folder: Path
) -> dict[tuple[str, str, str], int]:
    """How many runs each arm of the condition has: its own, and those that it can take over."""
    counted: dict[tuple[str, str, str], set[str]] = {}
    own = StudyFolder(folder)
    cells = read_plan(own.plan_file).cells if is_there(own.plan_file) else ()
    shared = [cell for cell in plan.cells if cell.recipe == asked.settings.recipe]
    for each, runs in ((cells, own), (shared, study)):
        for cell in each:
            if runs.run(cell).done:
                counted.setdefault(arm_of(cell), set()).add(cell.name)
    return {arm: len(names) for arm, names in counted.items()}


def afforded(found: Sequence[Price], seconds: float) -> list[bool]:
    """Of each price whether it fits into `seconds` beside those before it that do."""
    fits, left = [], seconds
    for price in found:
        cost = price.seconds or 0.0
        fits.append(left == math.inf or cost <= left)
        left -= cost if fits[-1] else 0.0
    return fits
