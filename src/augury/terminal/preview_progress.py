"""A preview, with a bar where it takes training."""

from collections.abc import Sequence

from rich.progress import Progress, TimeRemainingColumn

from augury.data import Dataset
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.study.preview import Preview, show
from augury.terminal.notebook import notebook_view
from augury.terminal.printer import err


def show_with_progress(
    cell: Cell, plan: Plan, dataset: Dataset, ids: Sequence[int] | None, epoch: int
) -> Preview:
    """What training sees in `epoch`; see `augury.study.preview.show`."""
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("training up to that epoch", total=None, visible=False)
        notebook = notebook_view(bar)

        def on_step(at: int, step: int, steps: int) -> None:
            bar.update(task, completed=at * steps + step + 1, total=epoch * steps, visible=True)
            if notebook:
                notebook.refresh()

        try:
            return show(cell, plan, dataset, ids, epoch, on_step)
        finally:
            if notebook:
                notebook.stop()
