"""A running study in the terminal: one bar for all of it, a line for each cell at work."""

import math
from types import TracebackType

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from augury.cli.output import err
from augury.study import Cell, Plan, StudyFolder
from augury.study.engines.local import Event
from augury.training import Epoch

# With so few cells a line for each epoch is not too much.
_FEW_CELLS = 4


class StudyProgress:
    """Call it with the events of a study; a context manager that draws meanwhile."""

    def __init__(self, plan: Plan, folder: StudyFolder, verbose: bool) -> None:
        self.cells = {cell.name: cell for cell in plan.cells}
        self.steps = {name: plan.steps(cell) for name, cell in self.cells.items()}
        # Cells are weighed by what the probe measured, so that the time left is about right.
        self.weight = {name: plan.milliseconds(cell) for name, cell in self.cells.items()}
        done = [name for name, cell in self.cells.items() if folder.run(cell).done]
        self.spent = {name: self._whole(name) for name in done}
        self.finished = len(done)
        self.verbose = verbose or len(self.cells) - len(done) <= _FEW_CELLS
        self.latest: dict[str, str] = {}
        self.tasks: dict[str, TaskID] = {}
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        total = math.fsum(self._whole(name) for name in self.cells)
        self.overall = self.bar.add_task("", total=total)
        self.bar.update(self.overall, completed=math.fsum(self.spent.values()))

    def _whole(self, name: str) -> float:
        return self.steps[name] * self.weight[name]

    def __enter__(self) -> "StudyProgress":
        self._describe()
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def __call__(self, event: Event) -> None:
        if event.kind == "step":
            epoch, step, steps = event.detail
            self._advance(event.cell, (epoch * steps + step + 1) * self.weight[event.cell])
        elif event.kind == "epoch":
            self._epoch(self.cells[event.cell], event.detail)
        elif event.kind == "done":
            accuracy, seconds = event.detail
            self._end(event.cell, f"[green]done[/]  test {accuracy:.2%}  {seconds:.1f} s")
        elif event.kind == "failed":
            self._end(event.cell, f"[red]failed[/]  {event.detail}")

    def _epoch(self, cell: Cell, epoch: Epoch) -> None:
        line = epoch_line(epoch, cell.recipe.epochs)
        self.latest[cell.name] = line
        if self.verbose:
            self.bar.console.print(f"{_title(cell)}  {line}", soft_wrap=True)
        spent = (epoch.epoch + 1) / cell.recipe.epochs * self._whole(cell.name)
        self._advance(cell.name, spent)

    def _advance(self, name: str, spent: float) -> None:
        self.spent[name] = spent
        if name not in self.tasks:
            self.tasks[name] = self.bar.add_task("", total=self._whole(name))
        label = f"{_title(self.cells[name])}  {self.latest.get(name, '')}"
        self.bar.update(self.tasks[name], completed=spent, description=label)
        self.bar.update(self.overall, completed=math.fsum(self.spent.values()))

    def _end(self, name: str, line: str) -> None:
        self.finished += 1
        self.spent[name] = self._whole(name)
        if name in self.tasks:
            self.bar.remove_task(self.tasks.pop(name))
        self.bar.console.print(f"{_title(self.cells[name])}  {line}", soft_wrap=True)
        self.bar.update(self.overall, completed=math.fsum(self.spent.values()))
        self._describe()

    def _describe(self) -> None:
        text = f"[bold]{self.finished} of {len(self.cells)} cells"
        self.bar.update(self.overall, description=text)


def _title(cell: Cell) -> str:
    return f"{cell.dataset} {cell.model} {cell.augmentation} seed {cell.seed}"


def epoch_line(epoch: Epoch, epochs: int) -> str:
    """Loss, accuracy, validation loss and accuracy, learning rate and seconds in one line."""
    held_out = ""
    if epoch.validation_loss is not None and epoch.validation_accuracy is not None:
        held_out = f"val {epoch.validation_loss:.3f} {epoch.validation_accuracy:.2%}  "
    return (
        f"epoch {epoch.epoch + 1}/{epochs}  loss {epoch.loss:.3f} {epoch.accuracy:.2%}  "
        f"{held_out}lr {epoch.learning_rate:.2g}  {epoch.seconds:.1f} s"
    )
