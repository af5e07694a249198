"""Consoles for results (`out`) and for everything else (`err`), safe for texts from anywhere."""

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from augury.errors import DiskError
from augury.printable import printable
from augury.terminal.streams import give_up_output


class ReaderGone(Exception):
    """Whoever read what is printed has closed its end, as `head` does."""


class Printer(Console):
    """A console for names and texts from anywhere: all that is printed passes through it.

    Nothing in a text is markup, and nothing steers the terminal; a line break in a text is shown
    as one that it holds (`Group` puts one line under the other).
    """

    def __init__(self, stderr: bool = False, file: IO[str] | None = None) -> None:
        """file: where to print instead, as plain text that can be exported."""
        super().__init__(
            stderr=stderr,
            file=file,
            record=file is not None,
            force_jupyter=None if file is None else False,
            force_terminal=None if file is None else False,
            highlight=False,
            markup=False,
            emoji=False,
        )

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
    """The error message for a standard output that cannot be written."""
    give_up_output(sys.stdout)
    reason = os.strerror(error.errno) if error.errno else str(error)
    closed = " (is it closed?)" if error.errno == errno.EBADF else ""
    return DiskError(f"cannot write to standard output: {reason}{closed}")


out = Printer()
err = Printer(stderr=True)


def say(message: str) -> None:
    """A line for people, on standard error."""
    err.print(message, style="dim", soft_wrap=True)


@contextmanager
def hushed(quiet: bool) -> Iterator[None]:
    """Within the block nothing is shown on `err`, where `quiet` asks for that."""
    before = err.quiet
    err.quiet = before or quiet
    try:
        yield
    finally:
        err.quiet = before
