"""Events that an engine reports while it runs the cells of a study."""

from dataclasses import dataclass

from augury.records.epochs import Epoch


@dataclass(frozen=True)
class Event:
    """Something about one cell. cell: its name."""

    cell: str


@dataclass(frozen=True)
class Step(Event):
    """A training step has ended. epoch, step: counted from 0; steps: how many an epoch has."""

    epoch: int
    step: int
    steps: int


@dataclass(frozen=True)
class EpochDone(Event):
    """An epoch has ended and is in epochs.jsonl."""

    epoch: Epoch


@dataclass(frozen=True)
class Note(Event):
    """A line that the user should read."""

    line: str


@dataclass(frozen=True)
class CellDone(Event):
    """The result is written. accuracy: on the test images, in [0, 1], None where the result has
    none; seconds: of the run, None where an earlier version ran it and did not note them."""

    accuracy: float | None
    seconds: float | None


@dataclass(frozen=True)
class CellFailed(Event):
    """The cell failed for good, and error.json says why. message: one line."""

    message: str


@dataclass(frozen=True)
class TryAgain(Event):
    """The cell's process or memory was lost; it is tried once more, alone. message: one line."""

    message: str


@dataclass(frozen=True)
class Busy(Event):
    """Another process is training the cell; the engine asks for it again later."""


Ending = CellDone | CellFailed | TryAgain | Busy
"""How one attempt at a cell ended."""


@dataclass(frozen=True)
class DiskFailed(Event):
    """Nothing can be read or written any more. message: one line.

    Processes of an engine send it to each other; `on_event` never gets it, as the engine raises
    DiskError.
    """

    message: str
