"""Read a study's folder and join its records; nothing is computed or written."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from augury.errors import InputError
from augury.records.cell import Cell
from augury.records.epochs import Epoch, read_epochs
from augury.records.evidence import Evidence, read_evidence
from augury.records.failure import read_failure
from augury.records.plan import Plan, PlannedDataset, plan_of
from augury.records.result import Result
from augury.records.search import Search, read_search
from augury.records.verdicts import ArmVerdict, Trained, read_verdicts
from augury.stats import METRICS, Rule
from augury.study.confirming.reading import Confirmation, read_confirmations
from augury.study.judging.finished_runs import read_finished_run
from augury.study.store import StudyFolder


@dataclass(frozen=True)
class Run:
    """A planned cell and what its folder holds.

    status: "missing" where it is neither finished nor failed; error: why it failed, else "".
    epochs: those that are done, also of an unfinished run.
    """

    cell: Cell
    folder: Path
    status: Literal["done", "failed", "missing"]
    error: str
    result: Result | None
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class StudyRecords:
    """All that a study's folder holds, without predictions and pictures.

    rule: by which the verdicts were reached, or the planned one where there are none yet.
    evidence: None where it was not gathered.
    search: among combinations of its arms, None where there was none.
    trained, next_epochs, next_seconds: see `augury.records.verdicts.Verdicts`.
    confirmations: of decided arms under other conditions, in the order of the arms.
    """

    folder: Path
    plan: Plan
    runs: tuple[Run, ...]
    rule: Rule
    comparisons: tuple[ArmVerdict, ...]
    evidence: Evidence | None
    trained: tuple[Trained, ...] = ()
    next_epochs: int | None = None
    next_seconds: float | None = None
    search: Search | None = None
    confirmations: tuple[Confirmation, ...] = ()

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with."""
        return self.plan.baseline

    @property
    def datasets(self) -> dict[str, PlannedDataset]:
        """By name, in the plan's order."""
        return self.plan.datasets

    @property
    def part(self) -> str:
        """The images that are compared: "test", in a step of a search "validation"."""
        return self.rule.part

    @property
    def metric(self) -> str:
        """What is compared on these images, in words: "balanced accuracy"."""
        return METRICS[self.rule.metric]

    @property
    def measured(self) -> str:
        """What is compared, in words: "test accuracy"."""
        return f"{self.part} {self.metric}"

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
        """The answers of `select`, which a report of 10,000 cells would spend most time on."""
        found: dict[tuple[str, str | None, str | None], list[Run]] = defaultdict(list)
        for run in self.runs:
            for model in (run.cell.model, None):
                for augmentation in (run.cell.augmentation, None):
                    found[run.cell.dataset, model, augmentation].append(run)
        return {asked: tuple(runs) for asked, runs in found.items()}


def load_study(folder: Path | str) -> StudyRecords:
    """Read a study's folder, finished or not.

    Raises InputError where plan.json is missing, or where a file is damaged, naming it.
    """
    folder = Path(folder)
    plan = plan_of(folder)
    files = StudyFolder(folder)
    verdicts = read_verdicts(folder / "verdicts.json")
    return StudyRecords(
        folder=folder,
        plan=plan,
        runs=tuple(
            _load_run(files, cell, len(plan.datasets[cell.dataset].classes), plan.rule.part)
            for cell in plan.cells
        ),
        rule=verdicts.rule if verdicts else plan.rule,
        comparisons=verdicts.comparisons if verdicts else (),
        evidence=read_evidence(folder / "evidence.json"),
        trained=verdicts.trained if verdicts else (),
        next_epochs=verdicts.next_epochs if verdicts else None,
        next_seconds=verdicts.next_seconds if verdicts else None,
        search=read_search(folder),
        confirmations=read_confirmations(folder, verdicts),
    )


def _load_run(
    folder: StudyFolder, cell: Cell, classes: int, part: Literal["test", "validation"]
) -> Run:
    files = folder.run(cell)
    result = files.read_result() if files.done else None
    if result and len(result.test.per_class) != classes:
        found = len(result.test.per_class)
        raise InputError(f"{files.result}: test: of {found} classes where the plan has {classes}")
    if result and part == "validation":
        # With what is known of these images in the place of the test images.
        result = read_finished_run(folder, cell, part).result
    failure = read_failure(files.error)
    error = (failure.error or "no reason given") if failure and result is None else ""
    return Run(
        cell=cell,
        folder=files.path,
        status="done" if result else "failed" if failure else "missing",
        error=error,
        result=result,
        epochs=read_epochs(files.epochs),
    )
