"""`Engine`: what runs the cells of a study, and what it is told of the study."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from augury.records.cell import Cell
from augury.records.numbers import Device
from augury.records.plan import Plan
from augury.study.engines.events import Event
from augury.study.store import StudyFolder


@dataclass(frozen=True)
class Workload:
    """What a new study asks of an engine, before its plan is made.

    cells: how many the study has; networks: each model with the image size (pixels) it is
    trained on.
    """

    device: Device
    cells: int
    networks: frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Job:
    """The study whose cells an engine runs.

    folder: where everything is written; data_dir: where data sets lie, None for augury's own
    folder; on_event: called in this process with each event, as soon as it is known.
    """

    folder: StudyFolder
    plan: Plan
    data_dir: Path | None = None
    on_event: Callable[[Event], None] = lambda event: None


class Engine(Protocol):
    """Runs the cells of a study. It is configured before the study and keeps nothing of one.

    To add an engine, write a file with a class that has these two methods, and add a line to
    `ENGINES`. `attempt` runs one cell and says how that ended; `run_in_turn` runs cells one
    after the other.
    """

    def cells_at_once(self, work: Workload) -> int:
        """How many cells a machine like this one runs at once, at least 1.

        A new study divides the machine's cores by it: each cell gets as many threads.
        """

    def run(self, cells: Sequence[Cell], job: Job) -> None:
        """Run each cell once, and tell of it.

        A cell that fails is recorded (error.json) and told, and the others go on. Raises DiskError
        where nothing can be written any more, and InputError where the engine cannot begin.
        """


def default_workers(device: str, cells: int) -> int:
    """Cells at once where nothing is asked for: one on a GPU, else one a core.

    Small networks gain little from a second thread.
    """
    return 1 if device != "cpu" else max(1, min(os.cpu_count() or 1, cells))
