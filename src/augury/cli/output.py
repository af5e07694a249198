"""Printing: results go to standard output, everything else to standard error."""

import errno
import json
import os
import sys
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.text import Text

from augury.cli.streams import give_up_output
from augury.data import Progress as DataProgress
from augury.data import SetAside
from augury.data.folders.pattern import split_pattern
from augury.errors import DiskError
from augury.own.trust import confirming
from augury.printable import printable


class ReaderGone(Exception):
    """The reader of standard output has closed it, as `head` does."""


class Printer(Console):
    """A console for names and texts from anywhere: all that is printed passes through it.

    Nothing in a text is markup, and nothing steers the terminal; a line break in a text is shown
    as one that it holds (`Group` puts one line under the other).
    """

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """A text as it can be shown."""
        return super().render_str(printable(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Anything as it can be shown."""
        return super().render(_shown(renderable), options)

    def on_broken_pipe(self) -> None:
        """Called when the other end is closed."""
        give_up_output(self.file)
        raise ReaderGone

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's; raises DiskError where standard output cannot be written."""
        try:
            super().print(*objects, **options)
        except BrokenPipeError:  # rich before 13.8
            self.on_broken_pipe()
        except OSError as error:
            if not self.stderr:
                raise output_error(error) from error
            self.quiet = True  # a study does not end because nobody can be told of it


def _shown(renderable: RenderableType) -> RenderableType:
    if not isinstance(renderable, Text) or printable(renderable.plain) == renderable.plain:
        return renderable
    return Text(
        printable(renderable.plain),
        renderable.style,
        justify=renderable.justify,
        overflow=renderable.overflow,
        no_wrap=renderable.no_wrap,
        end=renderable.end,
    )


def output_error(error: OSError) -> DiskError:
    """The error for a standard output that cannot be written."""
    give_up_output(sys.stdout)
    reason = os.strerror(error.errno) if error.errno else str(error)
    closed = " (is it closed?)" if error.errno == errno.EBADF else ""
    return DiskError(f"cannot write to standard output: {reason}{closed}")


out = Printer()
err = Printer(stderr=True)


def print_json(values: Any) -> None:
    """One JSON document on standard output, in ASCII."""
    text = json.dumps(values, indent=1, allow_nan=False, default=str)
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        give_up_output(sys.stdout)
        raise ReaderGone from error
    except OSError as error:
        raise output_error(error) from error


def say(message: str) -> None:
    """A line for people, on standard error."""
    err.print(message, style="dim", soft_wrap=True)


def few_of_each_reason(set_aside: Iterable[SetAside], most: int = 5) -> Iterator[str]:
    """A line for each file that is set aside, at most `most` lines for each reason."""
    by_reason: dict[str, list[SetAside]] = {}
    for file in set_aside:
        by_reason.setdefault(file.reason, []).append(file)
    for reason, files in by_reason.items():
        yield from (f"{file.path}: {reason}" for file in files[:most])
        if len(files) > most:
            yield f"… and {len(files) - most:,} more: {reason}"


def names(value: str | None) -> list[str] | None:
    """`a,b` as a list; None stays None."""
    return None if value is None else [part.strip() for part in value.split(",") if part.strip()]


def confirm_code(trust: bool) -> None:
    """With `--trust`, confirm code that studies name from now on, and tell of each file."""
    confirming(say if trust else None)


def paths_or_names(value: str | None, known: Container[str] = ()) -> list[str] | None:
    """`a,b` as a list, in which the path of a file or folder may hold commas.

    known: names that are no paths. Pieces are put together again where there is such a file or
    folder, and the first piece alone is neither known nor there.
    """
    if value is None:
        return None
    pieces, found = value.split(","), []
    while pieces:
        joined = [",".join(pieces[:count]).strip() for count in range(1, len(pieces) + 1)]
        # The longest that is there; of "photos/*/{class}" it is "photos" that has to be.
        there = [name for name in joined if _is_there(name)]
        alone = joined[0] in known or joined[0] in there or not there
        found.append(joined[0] if alone else there[-1])
        del pieces[: found[-1].count(",") + 1]
    return [name for name in found if name]


def _is_there(name: str) -> bool:
    try:
        return split_pattern(name)[0].exists()
    except (OSError, ValueError):  # too long for a file's name: a list
        return False


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

        def report(done: int, total: int, what: str) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield report
