"""Finding, downloading and decoding data, as the terminal shows it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from augury.data import Progress as DataProgress
from augury.data import SetAside
from augury.terminal.notebook import notebook_view
from augury.terminal.printer import err


def few_of_each_reason(set_aside: Iterable[SetAside], most: int = 5) -> Iterator[str]:
    """A line for each file that is set aside, but for no more than `most` of one reason."""
    by_reason: dict[str, list[SetAside]] = {}
    for file in set_aside:
        by_reason.setdefault(file.reason, []).append(file)
    for reason, files in by_reason.items():
        yield from (f"{file.path}: {reason}" for file in files[:most])
        if len(files) > most:
            yield f"… and {len(files) - most:,} more: {reason}"


@contextmanager
def data_progress() -> Iterator[DataProgress]:
    """A bar for everything that is counted while data is found, downloaded and decoded."""
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        tasks: dict[str, TaskID] = {}
        notebook = notebook_view(progress)

        def report(done: int, total: int, what: str) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)
            if notebook:
                notebook.refresh()

        try:
            yield report
        finally:
            if notebook:
                notebook.stop()
