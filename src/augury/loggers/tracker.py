"""What a tracker of experiments must have."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol

from augury.errors import InputError


@dataclass(frozen=True)
class About:
    """What a run is of. cell: its name; arm: the augmentation; config: all that it depends on."""

    cell: str
    arm: str
    config: Mapping[str, str | int | float | None]


class Run(Protocol):
    """The run of one cell. Values are losses, fractions in [0, 1] and seconds, by name."""

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """What epoch `number` (from 0) reached."""

    def end(self, values: Mapping[str, float], error: str = "") -> None:
        """The run is over; error: why it failed, "" where it did not."""


class Tracker(Protocol):
    """A tracker, opened once a study; it writes nothing before the first run begins."""

    def __init__(self, study: str, folder: Path) -> None:
        """study: its name; folder: where files may be written.

        Raises InputError where the library is not installed.
        """

    def begin(self, about: About) -> Run:
        """Begin the run of a cell; several are open at once."""


def library(module: str, name: str) -> ModuleType:
    """The module; InputError that names the extra of `--log name` where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"--log {name}: {error.name or module} is not installed: pip install 'augury[{name}]'"
        ) from error
