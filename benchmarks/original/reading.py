"""The runs of finished studies, by data set, network, case and seed; and the report's figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from augury.errors import InputError
from augury.records.cell import Cell
from augury.records.epochs import Epoch
from augury.records.plan import Plan, plan_of
from augury.records.result import Result
from augury.records.verdicts import ArmVerdict, read_verdicts
from augury.stats import to_points
from augury.study.cell_states import count_cells
from augury.study.judging.finished_runs import read_finished_run
from augury.study.planning.presets import PRESETS
from augury.study.store import StudyFolder

BASELINE = "none"
REPORT_CASES = ("normal", "random-erasing", "salience")
CASES = (BASELINE, *REPORT_CASES)
NETWORKS = PRESETS["original"].models
REPORT_DATASET = "cifar10"
# Training accuracy, %, of single runs on CIFAR-10, by case in the order of NETWORKS.
_REPORT_ROWS = {
    "normal": (99.19, 88.98, 75.46, 78.01, 81.71),
    "random-erasing": (99.22, 96.16, 10.03, 73.93, 83.05),
    "salience": (99.20, 93.56, 97.34, 89.17, 93.47),
}
REPORT = {
    (network, case): value
    for case, row in _REPORT_ROWS.items()
    for network, value in zip(NETWORKS, row, strict=True)
}
# What earlier studies call "salience".
_OTHER_NAMES = {"salience-blend": "salience"}

Key = tuple[str, str, str, int]  # data set, network, case, seed


@dataclass(frozen=True)
class Run:
    """A finished run of one case, in its own folder. test: accuracy, %."""

    study: str
    folder: Path
    cell: Cell
    test: float
    epochs: tuple[Epoch, ...]
    result: Result

    @property
    def train(self) -> float:
        """Accuracy of the last epoch on its augmented images, %."""
        return to_points(self.epochs[-1].accuracy)

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rate at the end of each epoch."""
        return tuple(epoch.learning_rate for epoch in self.epochs)

    @property
    def key(self) -> Key:
        """Data set, network, case and seed."""
        return key_of(self.cell)


@dataclass(frozen=True)
class Study:
    """A finished study. failed: cells of its cases; verdicts: None where it was not judged."""

    name: str
    plan: Plan
    runs: tuple[Run, ...]
    failed: tuple[Cell, ...]
    verdicts: tuple[ArmVerdict, ...] | None


class Joined:
    """The runs of all studies, by data set, network, case and seed."""

    def __init__(self, studies: Sequence[Study]) -> None:
        self.studies = studies
        self.runs = _by_key(studies)
        self.failed = {key_of(cell)[:3] for study in studies for cell in study.failed}
        _check_alike(self.runs.values())

    @property
    def datasets(self) -> list[str]:
        """Those that have runs, in the order in which they were found."""
        return list(dict.fromkeys(key[0] for key in self.runs))

    def networks(self, dataset: str) -> list[str]:
        """Those of the report, then any others that have runs on the data set."""
        found = (key[1] for key in self.runs if key[0] == dataset)
        return list(dict.fromkeys((*NETWORKS, *found)))

    def of(self, dataset: str, network: str, case: str) -> dict[int, Run]:
        """The runs of a case, by seed; empty where it was not run."""
        wanted = (dataset, network, case)
        return {key[3]: run for key, run in sorted(self.runs.items()) if key[:3] == wanted}


def read_study(folder: Path) -> Study:
    """The study's runs of the cases; InputError where cells are left or files are damaged."""
    plan, store = plan_of(folder), StudyFolder(folder)
    counts = count_cells(plan, store)
    left = counts.cells - counts.done - counts.failed
    if left:
        raise InputError(
            f"{folder}: not finished, {left} of {counts.cells} cells are left; "
            "the command that began the study goes on with it"
        )
    cells = [cell for cell in plan.cells if case_of(cell.augmentation) in CASES]
    if any(cell.augmentation in _OTHER_NAMES for cell in cells):
        # Its "salience" is today's, and none of the report's cases.
        cells = [cell for cell in cells if cell.augmentation not in _OTHER_NAMES.values()]
    done = [cell for cell in cells if store.run(cell).done]
    judged = read_verdicts(folder / "verdicts.json")
    name = folder.resolve().name
    return Study(
        name,
        plan,
        tuple(_read_run(name, store, cell) for cell in done),
        tuple(cell for cell in cells if cell not in done),
        judged.comparisons if judged else None,
    )


def _read_run(study: str, store: StudyFolder, cell: Cell) -> Run:
    found = read_finished_run(store, cell)
    test = found.result.test.accuracy
    problem = found.problem or ("" if found.epochs else "epochs.jsonl is missing")
    if problem or test is None:
        raise InputError(f"{store.run(cell).path}: {problem or 'no test accuracy'}")
    path = store.run(cell).path
    return Run(study, path, cell, to_points(test), tuple(found.epochs), found.result)


def case_of(arm: str) -> str:
    """The name of the arm's column."""
    return _OTHER_NAMES.get(arm, arm)


def key_of(cell: Cell) -> Key:
    return cell.dataset, cell.model, case_of(cell.augmentation), cell.seed


def _by_key(studies: Sequence[Study]) -> dict[Key, Run]:
    found: dict[Key, Run] = {}
    for run in (run for study in studies for run in study.runs):
        other = found.setdefault(run.key, run)
        if other is not run:
            raise _found_twice(other, run)
    return found


def _found_twice(first: Run, second: Run) -> InputError:
    dataset, network, _, seed = first.key
    arms = dict.fromkeys((first.cell.augmentation, second.cell.augmentation))
    where = dict.fromkeys((first.study, second.study))
    return InputError(
        f"{dataset}, {network}, {' and '.join(arms)}, seed {seed}: found twice, in "
        f"{' and '.join(where)}; each cell may be there once"
    )


def _check_alike(runs: Iterable[Run]) -> None:
    """Runs of one network on one data set are averaged and compared: they need one recipe."""
    first: dict[tuple[str, str], Run] = {}
    for run in runs:
        other = first.setdefault(run.key[:2], run)
        if _trained_on(run) != _trained_on(other):
            raise InputError(
                f"{run.key[0]}, {run.key[1]}: data, recipe or head differ between {other.study} "
                f"and {run.study}, so they cannot be joined"
            )


def _trained_on(run: Run) -> tuple[object, ...]:
    return run.cell.fingerprint, run.cell.recipe, run.cell.network
