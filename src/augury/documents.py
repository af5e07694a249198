"""Reading of TOML and JSON files that people write, with any editor."""

import codecs
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from augury.errors import InputError

# Byte-order marks that editors and shells on Windows write. UTF-32, which nobody uses, is left out.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_toml(path: Path, what: str = "") -> dict[str, object]:
    """The content of a TOML file in UTF-8, or in UTF-16 with its byte-order mark.

    what: the file in words, for the error. Raises InputError, in one line, where it cannot be read.
    """
    found: dict[str, object] = _read(path, "TOML", what, tomllib.loads)
    return found


def read_json(path: Path, what: str = "") -> Any:
    """As `read_toml`, for JSON without NaN and infinity."""
    return _read(path, "JSON", what, lambda text: json.loads(text, parse_constant=_no_constant))


def _read(path: Path, kind: str, what: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(_text(path.read_bytes()))
    except OSError as error:
        raise InputError(f"cannot read {what}{path}: {error.strerror}") from error
    except RecursionError as error:
        raise InputError(f"{path}: not a {kind} file: nested too deeply") from error
    except ValueError as error:
        raise InputError(f"{path}: not a {kind} file: {_reason(error)}") from error


def _text(content: bytes) -> str:
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    return content.decode(encoding)


def _reason(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is not text in {error.encoding.upper()} (byte {error.start})"
    if isinstance(error, tomllib.TOMLDecodeError | json.JSONDecodeError):
        return str(error)
    return "a number in it has too many digits" if "digits" in str(error) else str(error)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
