"""Makes standard input, output and error usable, even if they are closed or not UTF-8."""

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import IO

_SPELLED = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{PLUS-MINUS SIGN}": "+-",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{NO-BREAK SPACE}": " ",
}


def prepare_streams() -> None:
    """Let standard output and error take any text, and reserve their file descriptors.

    A character that the encoding lacks is spelled (`>=`) or escaped. Writing to a closed standard
    output raises OSError; text for a closed standard error is lost.
    """
    # In the order of the numbers: the system gives the lowest that is free, so that no file of a
    # study is ever what a library takes for standard output.
    sys.stdin = sys.stdin or _nowhere(os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _nowhere(os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _nowhere(os.O_WRONLY, "w")
    codecs.register_error("augury", _spell)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="augury")


def _nowhere(flags: int, mode: str) -> IO[str]:
    return open(os.open(os.devnull, flags), mode, encoding="utf-8")


def give_up_output(stream: IO[str]) -> None:
    """Discard what `stream` still holds; writing it would fail again when Python ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    spelled = (_SPELLED.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking)
    return "".join(spelled), error.end
