"""What was worked out before from the same things, kept in a file."""

import hashlib
import hmac
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy

import augury.records
import augury.stats
from augury.data import Progress
from augury.errors import InputError, UnreadableError
from augury.files import tell_remade
from augury.inside import is_there
from augury.records.json_file import read_json, write_json
from augury.seal import checksum
from augury.study.judging.own_key import signature

_SCHEMA = 2  # 1 was not signed
_AT_ONCE = 8  # each holds some runs' predictions in memory

Wanted = tuple[Mapping[str, Any], Callable[[], Any]]
"""What a value is made from, as JSON values, and how it is made."""


class Memo:
    """JSON values by all that they were made from, the code that makes them included.

    A value is therefore never older than a file, a setting or a line of code that it depends on,
    provided that `Wanted` names all of the first two. What nobody asks for is dropped by `write`.
    The file is signed by this user's key: one that came with a study is not believed, as anybody
    could have written any values into it, with their keys and a right checksum.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _read(file)
        self._kept: dict[str, Any] = {}

    def recall(self, wanted: Sequence[Wanted], progress: Progress | None = None) -> list[Any]:
        """The values, in order; those that are not known are made, several at once."""
        keys = [checksum({"from": made_from, "code": code_digest()}) for made_from, _ in wanted]
        makes = dict(zip(keys, (make for _, make in wanted), strict=True))
        missing = [key for key in makes if key not in self._known]
        made = _made([makes[key] for key in missing], progress)
        self._known |= zip(missing, made, strict=True)
        self._kept |= {key: self._known[key] for key in keys}
        return [self._known[key] for key in keys]

    def write(self) -> None:
        """Keep what was recalled."""
        content = {"schema": _SCHEMA, "values": self._kept, "signature": _signed(self._kept)}
        write_json(self._file, content)


def _made(makes: Sequence[Callable[[], Any]], progress: Progress | None) -> Iterator[Any]:
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        # An error, or Ctrl-C, waits for those at work only: `map` then cancels the others.
        for done, value in enumerate(pool.map(lambda make: make(), makes), start=1):
            if progress:
                progress(done, len(makes), "judging")
            yield value


def _read(file: Path) -> dict[str, Any]:
    if not is_there(file):
        return {}
    try:
        content = read_json(file, sealed_from=0)
    except UnreadableError:
        raise
    except InputError:
        content = {}
    values = content.get("values")
    if content.get("schema") != _SCHEMA or not isinstance(values, dict):
        tell_remade(file)
        return {}
    if not hmac.compare_digest(str(content.get("signature")), _signed(values)):
        logging.getLogger("augury").warning(
            "%s: not written by this user on this machine, so all is judged anew", file
        )
        return {}
    return values


def _signed(values: dict[str, Any]) -> str:
    # Of the checksum, in which keys are texts and tuples lists, as they will be read.
    return signature(checksum(json.loads(json.dumps(values))))


@cache
def code_digest() -> str:
    """SHA-256, in hex, of all that statistics, records and studies are made by."""
    digest = hashlib.sha256(f"{np.__version__} {scipy.__version__}".encode())
    for module in (augury.stats.__file__, augury.records.__file__, __file__):
        package = Path(module).parent
        for file in sorted(package.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
