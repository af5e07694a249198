"""Judging a study, one data set and network after the other, by what their runs have left."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from augury.data import Progress
from augury.inside import is_there
from augury.records.cell import Cell
from augury.records.evidence import ArmEvidence, RunCounts
from augury.records.json_file import to_values
from augury.records.plan import Plan
from augury.schema import read_as
from augury.stats import Weighed, weigh
from augury.study.judging.arm_evidence import Measures, arm_evidence, measure
from augury.study.judging.memo import Memo, Wanted
from augury.study.judging.pairs import Arm, Runs, arm_of, finished, make_pair
from augury.study.planning.plan import count_steps
from augury.study.store import RunFolder, StudyFolder, file_checksum, finite


@dataclass(frozen=True)
class JudgedArm:
    """What is known of an arm by itself and against its baseline, before the whole study is seen.

    accuracies: on the test images, in [0, 1], by finished seed, NaN where a run gave none;
    evidence: the arm's part of evidence.json; weighed: None for a baseline, and where either has
    no finished run; unpaired: seeds that only one of the two has.
    """

    accuracies: dict[int, float]
    evidence: ArmEvidence
    weighed: Weighed | None
    unpaired: tuple[int, ...]


@dataclass(frozen=True)
class _Stored:
    """A `JudgedArm` as JSON holds it."""

    accuracies: tuple[tuple[int, float | None], ...]
    evidence: ArmEvidence
    weighed: Weighed | None
    unpaired: tuple[int, ...]


def judge_arms(
    plan: Plan, folder: StudyFolder, memo: Memo, progress: Progress | None = None
) -> dict[Arm, JudgedArm]:
    """Every planned arm, in the plan's order; groups whose files are as they were are recalled."""
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in plan.cells:
        groups[cell.dataset, cell.model].append(cell)
    wanted = [_wanted(plan, folder, cells) for cells in groups.values()]
    found: dict[Arm, JudgedArm] = {}
    for (dataset, model), group in zip(groups, memo.recall(wanted, progress), strict=True):
        found |= {(dataset, model, name): _from_json(arm) for name, arm in group.items()}
    return {arm: found[arm] for arm in dict.fromkeys(map(arm_of, plan.cells))}


def _wanted(plan: Plan, folder: StudyFolder, cells: Sequence[Cell]) -> Wanted:
    """A cell's name stands for all that was planned of it, the checksums for what became of it."""
    made_from = {
        "rule": asdict(plan.rule),
        "baseline": plan.baseline,
        "cells": [
            [cell.name, count_steps(plan, cell), folder.run(cell).failed, _files(folder.run(cell))]
            for cell in cells
        ],
    }
    return made_from, lambda: judge_group(plan, folder, cells)


def _files(run: RunFolder) -> list[str | None]:
    """Checksums of all that is read of a run; nothing where it is not done."""
    if not run.done:
        return []
    files = (run.result, run.epochs, run.predictions, run.corruptions)
    return [file_checksum(file) if is_there(file) else None for file in files]


def judge_group(plan: Plan, folder: StudyFolder, cells: Sequence[Cell]) -> dict[str, Any]:
    """The fields of `JudgedArm`, as JSON values, for each arm of one data set and network, by name.

    cells: all that are planned of them. Raises InputError where a result cannot be read.
    """
    group = cells[0].dataset, cells[0].model
    runs: dict[str, Runs] = {cell.augmentation: {} for cell in cells}
    measures: dict[str, Measures] = {name: {} for name in runs}
    for outcome in finished(cells, folder):
        cell = outcome.cell
        measures[cell.augmentation][cell.seed] = measure(outcome)
        runs[cell.augmentation][cell.seed] = outcome.without_logits()
    theirs, compared = runs.get(plan.baseline, {}), measures.get(plan.baseline, {})
    steps = count_steps(plan, cells[0])
    return {
        name: {
            "accuracies": [[seed, finite(outcome.accuracy)] for seed, outcome in ours.items()],
            "evidence": to_values(
                arm_evidence(
                    (*group, name),
                    _counts(folder, [cell for cell in cells if cell.augmentation == name]),
                    steps,
                    ours,
                    theirs,
                    measures[name],
                    compared,
                )
            ),
            "weighed": to_values(weigh(make_pair(ours, theirs), plan.rule))
            if name != plan.baseline and ours and theirs
            else None,
            "unpaired": sorted(ours.keys() ^ theirs.keys()),
        }
        for name, ours in runs.items()
    }


def _counts(folder: StudyFolder, cells: Sequence[Cell]) -> RunCounts:
    runs = [folder.run(cell) for cell in cells]
    return RunCounts(len(runs), sum(run.done for run in runs), sum(run.failed for run in runs))


def _from_json(values: Any) -> JudgedArm:
    found = read_as(_Stored, values, "judged.json")
    return JudgedArm(
        accuracies={
            seed: float("nan") if accuracy is None else accuracy
            for seed, accuracy in found.accuracies
        },
        evidence=found.evidence,
        weighed=found.weighed,
        unpaired=found.unpaired,
    )
