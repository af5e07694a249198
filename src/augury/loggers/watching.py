"""A running study, told to trackers: a failing one never stops the study."""

from collections.abc import Callable, Iterable
from pathlib import Path

from augury.loggers import TRACKERS
from augury.loggers.tracker import About, Run, Tracker
from augury.records.cell import Cell
from augury.records.epochs import Epoch, read_epochs
from augury.records.json_file import to_values
from augury.records.plan import Plan
from augury.study.engines.events import CellDone, CellFailed, EpochDone, Event, TryAgain
from augury.study.store import StudyFolder


def open_trackers(names: Iterable[str], study: str, folder: Path) -> dict[str, Tracker]:
    """The trackers by name; files of theirs come below `folder`/logs.

    Raises InputError where a library is not installed, naming the extra that brings it.
    """
    return {name: TRACKERS[name](study, folder / "logs" / name) for name in names}


class Watching:
    """Call it with the events of a study. tell: is given a line where a tracker fails."""

    def __init__(
        self,
        plan: Plan,
        folder: StudyFolder,
        trackers: dict[str, Tracker],
        tell: Callable[[str], None],
    ) -> None:
        self._cells = {cell.name: cell for cell in plan.cells}
        self._folder, self._trackers, self._tell = folder, trackers, tell
        self._runs: dict[tuple[str, str], Run] = {}

    def know(self, plan: Plan) -> None:
        """Take note of cells that a race has added to the plan."""
        self._cells |= {cell.name: cell for cell in plan.cells}

    def __call__(self, event: Event) -> None:
        match event:
            case EpochDone(cell, epoch):
                self._each(cell, epoch.epoch, lambda run: run.epoch(epoch.epoch, _of_epoch(epoch)))
            case CellDone(cell, accuracy, seconds):
                values = _known({"test/accuracy": accuracy, "run_seconds": seconds})
                self._end(cell, values, "")
            case CellFailed(cell, message) | TryAgain(cell, message):
                self._end(cell, {}, message)

    def _end(self, cell: str, values: dict[str, float], error: str) -> None:
        self._each(cell, None, lambda run: run.end(values, error))
        for name in self._trackers:
            self._runs.pop((name, cell), None)

    def _each(self, cell: str, epoch: int | None, act: Callable[[Run], None]) -> None:
        """Let each tracker act, on its run of the cell; one that fails is told no more."""
        for name in list(self._trackers):
            try:
                act(self._run_of(name, self._cells[cell], epoch))
            except Exception as error:  # noqa: BLE001 - anything may go wrong there
                words = " ".join(f"{type(error).__name__}: {error}".split())
                self._tell(f"--log {name} fails and is told no more: {words}")
                del self._trackers[name]

    def _run_of(self, tracker: str, cell: Cell, epoch: int | None) -> Run:
        """The run of a cell, begun where it is not; epochs of an earlier process come first."""
        if (tracker, cell.name) not in self._runs:
            run = self._trackers[tracker].begin(_about(cell))
            self._runs[tracker, cell.name] = run
            for earlier in read_epochs(self._folder.run(cell).epochs):
                if epoch is None or earlier.epoch < epoch:
                    run.epoch(earlier.epoch, _of_epoch(earlier))
        return self._runs[tracker, cell.name]


def _about(cell: Cell) -> About:
    config = {
        "dataset": cell.dataset,
        "model": cell.model,
        "augmentation": cell.augmentation,
        "seed": cell.seed,
        **{f"recipe.{key}": value for key, value in to_values(cell.recipe).items()},
        **{f"network.{key}": value for key, value in to_values(cell.network).items()},
    }
    return About(cell.name, cell.augmentation, config)


def _of_epoch(epoch: Epoch) -> dict[str, float]:
    return _known(
        {
            "train/loss": epoch.loss,
            "train/accuracy": epoch.accuracy,
            "validation/loss": epoch.validation_loss,
            "validation/accuracy": epoch.validation_accuracy,
            "learning_rate": epoch.learning_rate,
            "epoch_seconds": epoch.seconds,
        }
    )


def _known(values: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}
