"""Durations as people write them: "90s", "20m", "1.5h"."""

import re
from dataclasses import dataclass

from augury.errors import InputError
from augury.names import shown

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 10_000 * 3600.0


@dataclass(frozen=True)
class Duration:
    """The texts that are durations: a number over 0 with s, m or h behind it."""

    def check(self, name: str, value: str) -> None:
        """Raise InputError where `value` is none, or is over 10,000 hours."""
        seconds = _read(value)
        if seconds is None:
            raise InputError(f"{name}: must be a number with s, m or h, as 20m, got {shown(value)}")
        if not 0 < seconds <= _LONGEST:
            raise InputError(f"{name}: must be over 0 and at most 10,000h, got {shown(value)}")


def read_duration(text: str) -> float:
    """Seconds. Raises InputError where `text` is no duration."""
    Duration().check("time", text)
    return _read(text) or 0.0


def _read(text: str) -> float | None:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([smh])", text)
    return float(found[1]) * _SECONDS[found[2]] if found else None
