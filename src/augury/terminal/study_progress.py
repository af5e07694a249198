"""A running study in a terminal or a notebook: one bar for it, a line for each cell at work."""

import math
from collections.abc import Sequence
from types import TracebackType

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from augury.records.epochs import Epoch
from augury.study import Cell, Plan, StudyFolder
from augury.study.engines.events import (
    Busy,
    CellDone,
    CellFailed,
    EpochDone,
    Event,
    Note,
    Step,
    TryAgain,
)
from augury.study.planning.parts import count_steps
from augury.study.racing.forecast import Forecast
from augury.terminal.notebook import notebook_view
from augury.terminal.printer import err

# With so few cells a line for each epoch is not too much.
_FEW_CELLS = 4


class StudyProgress:
    """Call it with the events of a study; a context manager that draws meanwhile."""

    def __init__(self, plan: Plan, folder: StudyFolder, verbose: bool) -> None:
        self.race_line = ""
        self.cells = {cell.name: cell for cell in plan.cells}
        self.steps = {name: count_steps(plan, cell) for name, cell in self.cells.items()}
        # Cells are weighed by what the probe measured, so that the time left is about right.
        self.weight = {name: plan.milliseconds(cell) for name, cell in self.cells.items()}
        done = [name for name, cell in self.cells.items() if folder.run(cell).done]
        self.spent = {name: self._whole(name) for name in done}
        # Kept beside, as there are many cells and many events.
        self.spent_by_all = math.fsum(self.spent.values())
        self.finished = len(done)
        self.verbose = verbose or len(self.cells) - len(done) <= _FEW_CELLS
        self.part = plan.rule.part
        self.at_work: dict[str, str] = {}
        self.bar = Progress(
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=err,
        )
        total = math.fsum(self._whole(name) for name in self.cells)
        self.overall = self.bar.add_task("", total=total)
        self.notebook = notebook_view(self)
        self.live = Live(self, console=err, transient=True, auto_refresh=err.is_terminal)
        self._update()

    def _whole(self, name: str) -> float:
        return self.steps[name] * self.weight[name]

    def __rich__(self) -> Group:
        """The bar, and below it the last epoch of each cell at work, cut to the width."""
        if not (err.is_terminal or self.notebook):
            return Group()
        lines = [
            Text(f"  {_title(self.cells[name])}  {latest}", no_wrap=True, overflow="ellipsis")
            for name, latest in self.at_work.items()
        ]
        return Group(self.bar, *lines)

    def __enter__(self) -> "StudyProgress":
        if err.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.live.stop()
        if self.notebook:
            self.notebook.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Step(cell, epoch, step, steps):
                self._spend(cell, (epoch * steps + step + 1) * self.weight[cell])
                self.at_work.setdefault(cell, "")
            case EpochDone(cell, epoch):
                self._epoch(self.cells[cell], epoch)
            case Busy(cell):
                self.at_work.pop(cell, None)
            case TryAgain(cell, message):
                self.at_work.pop(cell, None)
                again = f"{message}; it is tried again alone when the others are through"
                self._say(cell, again, "yellow")
            case Note(cell, line):
                self._say(cell, line, "yellow")
            case CellDone(cell, accuracy, seconds):
                # What the test images say is nothing that a step of a search may look at.
                hidden = accuracy is None or self.part == "validation"
                tested = "" if hidden else f"  test {accuracy:.2%}"
                took = "" if seconds is None else f"  {seconds:.1f} s"
                self._end(cell, f"done{tested}{took}", "green")
            case CellFailed(cell, message):
                self._end(cell, f"failed  {message}", "red")
        self._update()

    def raced(self, plan: Plan, forecast: Forecast) -> None:
        """Take note of the cells that a race has got, and show how much of it is decided."""
        for cell in plan.cells:
            if cell.name not in self.cells:
                self.cells[cell.name] = cell
                self.steps[cell.name] = count_steps(plan, cell)
                self.weight[cell.name] = plan.milliseconds(cell)
        self.race_line = race_line(forecast)
        self.bar.update(self.overall, total=forecast.comparisons, completed=forecast.decided)
        self._update()

    def verdicts(self, lines: Sequence[str]) -> None:
        """A line for each arm that has been decided now, and how much of the race is."""
        for line in lines:
            err.print(Text(line, "bold"), soft_wrap=True)
        if lines and not err.is_terminal:
            err.print(Text(self.race_line), soft_wrap=True)

    def judged(self, done: int, total: int, what: str) -> None:
        """Show the progress of judging, which takes a minute for thousands of cells."""
        self.bar.update(self.overall, description=f"{what} {done} of {total}")
        if self.notebook:
            self.notebook.refresh()

    def _epoch(self, cell: Cell, epoch: Epoch) -> None:
        line = epoch_line(epoch, cell.recipe.epochs)
        self.at_work[cell.name] = line
        share = (epoch.epoch + 1) / cell.recipe.epochs
        self._spend(cell.name, share * self._whole(cell.name))
        if self.verbose:
            err.print(Text(f"{_title(cell)}  {line}"), soft_wrap=True)

    def _end(self, name: str, line: str, style: str) -> None:
        self.finished += 1
        self._spend(name, self._whole(name))
        self.at_work.pop(name, None)
        self._say(name, line, style)

    def _say(self, name: str, line: str, style: str) -> None:
        title = f"{_title(self.cells[name])}  "
        err.print(Text.assemble(title, (line, style)), soft_wrap=True)

    def _spend(self, name: str, spent: float) -> None:
        self.spent_by_all += spent - self.spent.get(name, 0.0)
        self.spent[name] = spent

    def _update(self) -> None:
        if self.race_line:
            text = f"{self.race_line}; {self.finished} cells done"
            self.bar.update(self.overall, description=text)
        else:
            text = f"{self.finished} of {len(self.cells)} cells"
            self.bar.update(self.overall, completed=self.spent_by_all, description=text)
        if self.notebook:
            self.notebook.refresh()


def _title(cell: Cell) -> str:
    return f"{cell.dataset} {cell.model} {cell.augmentation} seed {cell.seed}"


def race_line(forecast: Forecast) -> str:
    """How much of a race is decided: "7 of 11 decided, about 6 minutes to decide the rest"."""
    parts = [f"{forecast.decided} of {forecast.comparisons} decided"]
    rest = forecast.comparisons - forecast.decided - forecast.beyond
    if forecast.seconds is not None and rest:
        parts.append(f"about {_minutes(forecast.seconds)} to decide the rest")
    if forecast.beyond:
        parts.append(f"{forecast.beyond} will not be decided within the budget")
    return ", ".join(parts)


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def epoch_line(epoch: Epoch, epochs: int) -> str:
    """Loss, accuracy, validation loss and accuracy, learning rate and seconds in one line."""
    held_out = ""
    if epoch.validation_loss is not None and epoch.validation_accuracy is not None:
        held_out = f"val {epoch.validation_loss:.3f} {epoch.validation_accuracy:.2%}  "
    return (
        f"epoch {epoch.epoch + 1}/{epochs}  loss {epoch.loss:.3f} {epoch.accuracy:.2%}  "
        f"{held_out}lr {epoch.learning_rate:.2g}  {epoch.seconds:.1f} s"
    )
