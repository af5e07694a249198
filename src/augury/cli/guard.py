"""Turns errors into one clear line and a stable exit code."""

import errno
import functools
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn, ParamSpec, TypeVar

import typer

from augury.errors import AuguryError, InputError
from augury.names import shown
from augury.terminal.printer import ReaderGone, err

P = ParamSpec("P")
R = TypeVar("R")

EXIT_CODES = """\
Exit codes: 0 all well; 1 an error of augury's own; 2 something in the input cannot be used;
3 the study ended with failed cells, a check found a fault, or the doctor a problem; 4 the folder
holds a study with another recipe; 5 nothing more can be written; 130 interrupted; 141 whoever read
the output has closed it; 143 told to end (SIGTERM)."""

_INTERRUPTED, _READER_GONE, _TERMINATED = 130, 141, 143
_SECONDS_TO_BE_ENDED = 5.0
_debug = False


def show_tracebacks() -> None:
    """Show tracebacks of all errors from now on."""
    global _debug
    _debug = True


class _Terminated(KeyboardInterrupt):
    """SIGTERM was received; batch systems send it some seconds before they kill."""


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated


@contextmanager
def _heeding_sigterm() -> Iterator[None]:
    """Raise SIGTERM as `_Terminated` within the block; possible in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """`command`, whose exceptions become a line on standard error and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with _heeding_sigterm():
                return command(*args, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except ReaderGone as error:
            raise typer.Exit(_READER_GONE) from error
        except KeyboardInterrupt as error:
            ended = isinstance(error, _Terminated)
            message = "what is finished is kept, the same command goes on from here"
            said = f"told to end (SIGTERM); {message}" if ended else f"interrupted; {message}"
            _fail(said, _TERMINATED if ended else _INTERRUPTED, error)
        except AuguryError as error:
            _fail(str(error), error.exit_code, error)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
            name = f" {error.filename}" if error.filename else ""
            if error.errno == errno.ENAMETOOLONG:  # cells' names are bounded: a path was given
                _fail(f"{error.strerror}: {shown(error.filename)}", InputError.exit_code, error)
            _fail(f"{error.strerror or error}{name}", 5 if full else 1, error)
        except Exception as error:  # noqa: BLE001 - the last resort, shown whole with --debug
            hint = "" if _debug else " (--debug shows where)"
            _fail(f"unexpected {type(error).__name__}: {error}{hint}", 1, error)

    return run


def _fail(message: str, code: int, error: BaseException) -> NoReturn:
    if _debug:
        for line in "".join(traceback.format_exception(error)).splitlines():
            err.print(line, soft_wrap=True)
    known = isinstance(error, AuguryError | KeyboardInterrupt)
    if known and "TORCHELASTIC_RUN_ID" in os.environ and os.environ["RANK"] != "0":
        # torchrun's first process says it, and torchrun ends the others when the first one ends.
        time.sleep(_SECONDS_TO_BE_ENDED)
        raise typer.Exit(code)
    with suppress(ReaderGone):
        err.print(f"augury: {' '.join(message.split())}", soft_wrap=True)
    raise typer.Exit(code)
