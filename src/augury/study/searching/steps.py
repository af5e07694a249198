"""The races of a search, each a study in a folder of its own below the study's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from augury.files import make_folder
from augury.inside import is_there, lock
from augury.records.cell import Cell
from augury.records.plan import Plan, read_plan, write_plan
from augury.records.search import Tried
from augury.records.verdicts import read_verdicts
from augury.study.planning.plan import one_of_each_arm
from augury.study.planning.settings import StudySettings
from augury.study.provenance import provenance
from augury.study.racing.budget import Budget
from augury.study.racing.race import Race
from augury.study.searching.choosing import tried_of
from augury.study.sharing import share_runs
from augury.study.store import StudyFolder, disk_errors

FRESH_SEED = 10_000
"""The lowest seed of the final test: a study has at most 10,000 seeds, so no step has any of it."""


def step_settings(
    settings: StudySettings, number: int, base: str, arms: Sequence[str]
) -> StudySettings:
    """Of the race of one step: `arms` against `base`, on validation images."""
    return replace(
        settings,
        name=f"{settings.title}, search step {number}",
        augmentations=(base, *arms),
        baseline=base,
        rule=replace(settings.rule, part="validation"),
    )


def final_settings(settings: StudySettings, winner: str) -> StudySettings:
    """Of the test in the end: the winner against the baseline, on test images and fresh seeds."""
    return replace(
        settings,
        name=f"{settings.title}, search test",
        augmentations=(settings.baseline_arm, winner),
        baseline=settings.baseline_arm,
        first_seed=FRESH_SEED,
    )


def begin_race(settings: StudySettings, path: Path, earlier: Sequence[Path]) -> None:
    """Plan a race of a search where there is none yet, and give it the runs that are there.

    earlier: folders of the study and of races before this one, the study's first. Sizes, speeds and
    the device are those of the study, so that its runs and those of all races are alike.
    """
    plans = {folder: read_plan(StudyFolder(folder).plan_file) for folder in earlier}
    target = StudyFolder(path)
    if not is_there(target.plan_file):
        with disk_errors(path):
            make_folder(path)
            write_plan(target.plan_file, _planned(settings, list(plans.values())))
    for folder, plan in plans.items():
        share_runs(_wanted(plan, settings), StudyFolder(folder), target)


def _planned(settings: StudySettings, plans: Sequence[Plan]) -> Plan:
    """The plan with the first seed of those of its arms that a plan has; opening adds the rest."""
    known = {c.augmentation: c for plan in plans for c in one_of_each_arm(plan.cells)}
    arms = (known[arm] for arm in settings.augmentations if arm in known)
    return replace(
        plans[0],
        name=settings.title,
        baseline=settings.baseline_arm,
        rule=replace(settings.rule, design="race", looks=(), batches=()),
        settings=json.loads(json.dumps(settings.to_dict())),
        cells=tuple(replace(cell, seed=settings.first_seed) for cell in arms),
        provenance=provenance(),
    )


def _wanted(plan: Plan, settings: StudySettings) -> list[Cell]:
    """The cells of a plan that the race may ask for."""
    seeds = settings.seeds_up_to(settings.max_seeds)
    return [c for c in plan.cells if c.augmentation in settings.augmentations and c.seed in seeds]


def is_over(path: Path, max_seeds: int) -> bool:
    """Whether a race has nothing to run any more but runs that have failed.

    Not where its baseline gets no more runs because they fail, or none of its arms does.
    """
    race = _race_in(path, max_seeds)
    failing, arms = race.given_up(), race.lanes.compared()
    lost = {race.lanes.baseline_of(arm) for arm in arms} & failing or failing >= set(arms)
    return not lost and not race.to_come()


def tried_in(path: Path, arms: Sequence[str]) -> tuple[Tried, ...]:
    """What the race in a folder says of these arms, as far as it says anything."""
    verdicts = read_verdicts(path / "verdicts.json")
    found = {each.augmentation: each for each in verdicts.comparisons} if verdicts else {}
    seen = {arm[2]: each.differences for arm, each in _race_in(path, 1).standing.seen.items()}
    return tuple(
        tried_of(found[arm], float(seen[arm].std(ddof=1)) if len(seen[arm]) > 1 else None)
        for arm in arms
        if arm in found
    )


def _race_in(path: Path, max_seeds: int) -> Race:
    folder = StudyFolder(path)
    return Race(read_plan(folder.plan_file), folder, Budget(max_seeds), again=False)


def keep_runs(study: Path, first_step: Path) -> None:
    """Give a study that is no more than its search the runs of the first step, as its own."""
    ours, theirs = StudyFolder(study), StudyFolder(first_step)
    step = read_plan(theirs.plan_file)
    share_runs(step.cells, theirs, ours)
    with disk_errors(study), lock(study / ".plan.lock"):
        plan = read_plan(ours.plan_file)
        cells: Mapping[str, Cell] = {cell.name: cell for cell in (*plan.cells, *step.cells)}
        if len(cells) > len(plan.cells):
            write_plan(ours.plan_file, replace(plan, cells=tuple(cells.values())))


def count_trained(folders: Sequence[Path]) -> int:
    """How many runs the races in these folders have finished, each counted once."""
    return len(_finished(folders))


def _finished(folders: Sequence[Path]) -> set[str]:
    names = set()
    for path in folders:
        folder = StudyFolder(path)
        if is_there(folder.plan_file):
            cells = read_plan(folder.plan_file).cells
            names |= {cell.name for cell in cells if folder.run(cell).done}
    return names
