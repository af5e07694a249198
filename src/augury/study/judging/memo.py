"""Disk cache keyed by inputs and code."""

import hmac
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from augury.cores import usable_cores
from augury.data import Progress
from augury.errors import InputError, UnreadableError
from augury.files import tell_remade
from augury.inside import is_there
from augury.records.json_file import read_json, write_json
from augury.seal import checksum
from augury.study.judging.code_digest import code_digest
from augury.study.judging.own_key import signature

_SCHEMA = 2  # 1 was not signed
_AT_ONCE = 8  # each holds some runs' predictions in memory

Wanted = tuple[Mapping[str, object], Callable[[], object]]
"""A value's inputs, as JSON values, and the function that makes the value, a JSON value, too."""

_Values = dict[str, object]


class Memo:
    """Values of `judged.json`, by a checksum over their inputs and `code_digest`.

    A value is used again only while its inputs and the code of judging are unchanged; `Wanted`
    must name every file and setting that it depends on. `write` drops what was not recalled. The
    file is signed with this user's key: one that came with a study is ignored, since anybody
    could have written any value into it, with a right checksum.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _read(file)
        self._kept: _Values = {}

    def recall(self, wanted: Sequence[Wanted], progress: Progress | None = None) -> list[object]:
        """The values, in order; those that are not known are made, several at once.

        progress: called with (done, total, "judging") as each is made.
        """
        keys = [checksum({"from": made_from, "code": code_digest()}) for made_from, _ in wanted]
        makes = dict(zip(keys, (make for _, make in wanted), strict=True))
        missing = [key for key in makes if key not in self._known]
        made = _made([makes[key] for key in missing], progress)
        self._known |= zip(missing, made, strict=True)
        self._kept |= {key: self._known[key] for key in keys}
        return [self._known[key] for key in keys]

    def write(self) -> None:
        """Write all that was recalled, and nothing else."""
        content = {"schema": _SCHEMA, "values": self._kept, "signature": _signed(self._kept)}
        write_json(self._file, content)


def _made(makes: Sequence[Callable[[], object]], progress: Progress | None) -> Iterator[object]:
    with ThreadPoolExecutor(min(_AT_ONCE, usable_cores())) as pool:
        # An error, or Ctrl-C, waits for those at work only: `map` then cancels the others.
        for done, value in enumerate(pool.map(lambda make: make(), makes), start=1):
            if progress:
                progress(done, len(makes), "judging")
            yield value


def _read(file: Path) -> _Values:
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


def _signed(values: _Values) -> str:
    # Of the checksum, in which keys are texts and tuples lists, as they will be read.
    return signature(checksum(json.loads(json.dumps(values))))
