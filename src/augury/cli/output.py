"""Lists and paths as options give them, and JSON as results are printed."""

import json
import sys
from collections.abc import Container
from typing import Any

from augury.data.folders.pattern import source_of
from augury.own.trust import confirming
from augury.terminal.printer import ReaderGone, output_error, say
from augury.terminal.streams import give_up_output


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
        return source_of(name).exists()
    except (OSError, ValueError):  # too long for a file's name: a list
        return False
