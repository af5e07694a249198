"""Judge each data set and network of a study from the files of its finished runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from augury.data import Progress
from augury.inside import is_there
from augury.records.cell import Cell
from augury.records.evidence import ArmEvidence, RunCounts
from augury.records.json_file import to_values
from augury.records.plan import Plan
from augury.records.verdicts import Trained
from augury.schema import read_as
from augury.stats import Pair, Weighed, weigh
from augury.study.judging.arm_evidence import Measures, arm_evidence, measure
from augury.study.judging.memo import Memo, Wanted
from augury.study.judging.pairs import Arm, Runs, arm_of, finished, make_pair, race_pairs
from augury.study.judging.subgroups import NO_SUBGROUPS, ArmSubgroups, arm_subgroups
from augury.study.judging.trained import arm_trained
from augury.study.planning.parts import count_steps
from augury.study.store import RunFolder, StudyFolder, file_checksum, finite


@dataclass(frozen=True)
class JudgedArm:
    """One arm's accuracies, its evidence, and its statistics before Holm's correction.

    accuracies: (seed, fraction in [0, 1]) of each finished run by the rule's metric, None where a
        run has no accuracy.
    evidence: the arm's part of evidence.json.
    weighed: None for the baseline, and where the arm or the baseline has no finished run.
    unpaired: seeds that only one of arm and baseline has finished.
    trained: how far its networks have learned.
    subgroups: its scores on classes and groups of test images, and which images it turned.
    """

    accuracies: tuple[tuple[int, float | None], ...]
    evidence: ArmEvidence
    weighed: Weighed | None
    unpaired: tuple[int, ...]
    trained: Trained
    subgroups: ArmSubgroups


def judge_arms(
    plan: Plan, folder: StudyFolder, memo: Memo, progress: Progress | None = None
) -> dict[Arm, JudgedArm]:
    """Every planned arm, in the plan's order; `memo` recalls groups whose files did not change."""
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in plan.cells:
        groups[cell.dataset, cell.model].append(cell)
    wanted = [_wanted(plan, folder, cells) for cells in groups.values()]
    found: dict[Arm, JudgedArm] = {}
    for (dataset, model), values in zip(groups, memo.recall(wanted, progress), strict=True):
        group: dict[str, JudgedArm] = read_as(dict[str, JudgedArm], values, "judged.json")
        found |= {(dataset, model, name): arm for name, arm in group.items()}
    return {arm: found[arm] for arm in dict.fromkeys(map(arm_of, plan.cells))}


def _wanted(plan: Plan, folder: StudyFolder, cells: Sequence[Cell]) -> Wanted:
    """The key covers what was planned (a cell's name does) and the content of each run's files."""
    made_from = {
        "rule": asdict(plan.rule),
        "baseline": plan.baseline,
        "groups": to_values(plan.datasets[cells[0].dataset].groups),
        "cells": [
            [cell.name, count_steps(plan, cell), folder.run(cell).failed, _files(folder.run(cell))]
            for cell in cells
        ],
    }
    return made_from, lambda: to_values(judge_group(plan, folder, cells))


def _files(run: RunFolder) -> list[str | None]:
    """Checksums of all files of a run that judging reads; none where the run is not done."""
    if not run.done:
        return []
    files = (run.result, run.epochs, run.predictions, run.corruptions)
    return [file_checksum(file) if is_there(file) else None for file in files]


def judge_group(plan: Plan, folder: StudyFolder, cells: Sequence[Cell]) -> dict[str, JudgedArm]:
    """The arms of one data set and network, by augmentation.

    cells: all that are planned of them. Raises InputError where a result cannot be read.
    """
    group = cells[0].dataset, cells[0].model
    runs: dict[str, Runs] = {cell.augmentation: {} for cell in cells}
    measures: dict[str, Measures] = {name: {} for name in runs}
    for run in finished(cells, folder, plan.rule.part):
        cell = run.cell
        measures[cell.augmentation][cell.seed] = measure(run)
        runs[cell.augmentation][cell.seed] = run.without_logits()
    theirs, compared = runs.get(plan.baseline, {}), measures.get(plan.baseline, {})
    steps = count_steps(plan, cells[0])
    pairs = _pairs(plan, folder, cells, runs)
    return {
        name: JudgedArm(
            accuracies=tuple(
                (seed, finite(run.score(plan.rule.metric))) for seed, run in ours.items()
            ),
            evidence=arm_evidence(
                (*group, name),
                _counts(folder, [cell for cell in cells if cell.augmentation == name]),
                steps,
                ours,
                theirs,
                measures[name],
                compared,
                plan.rule.metric,
            ),
            weighed=weigh(pairs[name], plan.rule) if name in pairs else None,
            unpaired=tuple(sorted(ours.keys() ^ theirs.keys())),
            trained=arm_trained((*group, name), [run.result for run in ours.values()]),
            subgroups=arm_subgroups(pairs[name], ours, theirs, plan.datasets[group[0]])
            if name in pairs
            else NO_SUBGROUPS,
        )
        for name, ours in runs.items()
    }


def _pairs(
    plan: Plan, folder: StudyFolder, cells: Sequence[Cell], runs: Mapping[str, Runs]
) -> dict[str, Pair]:
    """Each arm with its baseline, where both have runs, and in a race where they have a pair."""
    theirs = runs.get(plan.baseline, {})
    pairs = {}
    for name, ours in runs.items():
        if name == plan.baseline or not (ours and theirs):
            continue
        race = plan.rule.design == "race"
        counted = race_pairs(folder, cells, runs, name, plan.baseline) if race else ours
        if counted:
            pairs[name] = make_pair(counted, theirs, plan.rule.metric, plan.rule.part)
    return pairs


def _counts(folder: StudyFolder, cells: Sequence[Cell]) -> RunCounts:
    runs = [folder.run(cell) for cell in cells]
    return RunCounts(len(runs), sum(run.done for run in runs), sum(run.failed for run in runs))
