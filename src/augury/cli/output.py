"""Where things are printed: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from augury.augment.trust import confirming
from augury.data import Progress as DataProgress

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(values: Any) -> None:
    """One JSON document on standard output."""
    json.dump(values, sys.stdout, indent=1, allow_nan=False, default=str)
    sys.stdout.write("\n")


def say(message: str) -> None:
    """A line for people, on standard error."""
    err.print(message, style="dim", markup=False, soft_wrap=True)


def names(value: str | None) -> list[str] | None:
    """`a,b` as a list; None stays None."""
    return None if value is None else [part.strip() for part in value.split(",") if part.strip()]


Trust = Annotated[
    bool,
    typer.Option(
        "--trust", help="Confirm the code that the study names, and remember it by its content."
    ),
]


def confirm_code(trust: bool) -> None:
    """`--trust`: from now on code that a study names is confirmed, and each file told of."""
    confirming(say if trust else None)


@contextmanager
def data_progress() -> Iterator[DataProgress]:
    """A bar for everything that is counted while data is found, downloaded and decoded."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        tasks: dict[str, TaskID] = {}

        def report(done: int, total: int, what: str) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield report
