"""A study's folder, its records joined; nothing here computes or writes."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from augury.errors import InputError
from augury.inside import check_folders, is_there
from augury.records.cell import Cell
from augury.records.epochs import Epoch, read_epochs
from augury.records.evidence import Evidence, read_evidence
from augury.records.failure import read_failure
from augury.records.plan import Plan, PlannedDataset, read_plan
from augury.records.result import Result, read_result
from augury.records.verdicts import ArmVerdict, read_verdicts
from augury.stats import Rule


@dataclass(frozen=True)
class Run:
    """A planned cell and what its folder holds; "missing" is what is not finished yet."""

    cell: Cell
    folder: Path
    status: Literal["done", "failed", "missing"]
    error: str
    result: Result | None
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class Study:
    """All that a study's folder says, without its predictions and pictures.

    rule: that the verdicts were reached by, or the planned one where there are none yet; evidence:
    None where it was not gathered.
    """

    folder: Path
    plan: Plan
    runs: tuple[Run, ...]
    rule: Rule
    comparisons: tuple[ArmVerdict, ...]
    evidence: Evidence | None

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with."""
        return self.plan.baseline

    @property
    def datasets(self) -> dict[str, PlannedDataset]:
        """By name, in the plan's order."""
        return self.plan.datasets

    @property
    def min_difference(self) -> float:
        """The smallest difference that matters, in percentage points."""
        return self.rule.min_difference

    @property
    def models(self) -> tuple[str, ...]:
        """In the plan's order, each once."""
        return tuple(dict.fromkeys(run.cell.model for run in self.runs))

    @cached_property  # asked for some hundred times a report
    def arms(self) -> tuple[str, ...]:
        """The augmentations, the baseline first, then in the plan's order."""
        names = dict.fromkeys(run.cell.augmentation for run in self.runs)
        return tuple(sorted(names, key=lambda name: name != self.baseline))

    @property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """(dataset, model) pairs in the plan's order: what is compared within itself."""
        return tuple(dict.fromkeys((run.cell.dataset, run.cell.model) for run in self.runs))

    def select(
        self, dataset: str, model: str | None = None, augmentation: str | None = None
    ) -> tuple[Run, ...]:
        """The runs of a data set, and of a model and an augmentation where given."""
        return self._selected.get((dataset, model, augmentation), ())

    @cached_property
    def _selected(self) -> dict[tuple[str, str | None, str | None], tuple[Run, ...]]:
        """What `select` answers: looked for each time, 10,000 cells took longest in a report."""
        found: dict[tuple[str, str | None, str | None], list[Run]] = defaultdict(list)
        for run in self.runs:
            for model in (run.cell.model, None):
                for augmentation in (run.cell.augmentation, None):
                    found[run.cell.dataset, model, augmentation].append(run)
        return {asked: tuple(runs) for asked, runs in found.items()}


def load_study(folder: Path | str) -> Study:
    """Read a study's folder, finished or not.

    Raises InputError where plan.json is missing, or where a file is damaged, naming it.
    """
    folder = Path(folder)
    path = folder / "plan.json"
    if not is_there(path):
        raise InputError(f"{folder}: no study here (plan.json is missing)")
    plan = read_plan(path)
    verdicts = read_verdicts(folder / "verdicts.json")
    return Study(
        folder=folder,
        plan=plan,
        runs=tuple(
            _load_run(folder / "runs" / cell.name, cell, len(plan.datasets[cell.dataset].classes))
            for cell in plan.cells
        ),
        rule=verdicts.rule if verdicts else plan.rule,
        comparisons=verdicts.comparisons if verdicts else (),
        evidence=read_evidence(folder / "evidence.json"),
    )


def _load_run(folder: Path, cell: Cell, classes: int) -> Run:
    check_folders(folder.parent, folder)
    path = folder / "result.json"
    result = read_result(path) if is_there(path) else None
    if result and len(result.test.per_class) != classes:
        found = len(result.test.per_class)
        raise InputError(f"{path}: test: of {found} classes where the plan has {classes}")
    failure = read_failure(folder / "error.json")
    error = (failure.error or "no reason given") if failure and result is None else ""
    return Run(
        cell=cell,
        folder=folder,
        status="done" if result else "failed" if failure else "missing",
        error=error,
        result=result,
        epochs=read_epochs(folder / "epochs.jsonl"),
    )
