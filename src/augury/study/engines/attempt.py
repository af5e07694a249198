"""Shared by all engines: run one cell, report how it ended, and record a failure."""

import time
import traceback
from collections.abc import Callable

import torch
from filelock import Timeout

from augury.data import Dataset
from augury.errors import AuguryError, DiskError, TrainingError, UnreadableError
from augury.files import write_atomically
from augury.records.cell import Cell
from augury.records.failure import Failure, write_failure
from augury.records.plan import Plan
from augury.study.engines.events import (
    Busy,
    CellDone,
    CellFailed,
    Ending,
    EpochDone,
    Event,
    Note,
    Step,
    TryAgain,
)
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from augury.study.store import StudyFolder, disk_errors
from augury.training.captured import forget_graphs
from augury.training.processes import ALONE, Processes

_SECONDS_UNTIL_ASKED_AGAIN = 1.0


def attempt(
    cell: Cell,
    plan: Plan,
    folder: StudyFolder,
    load: Callable[[str], Dataset],
    listener: Listener,
    processes: Processes = ALONE,
) -> Ending:
    """Run `cell` once and say how it ended; whatever it fails of is recorded in its folder.

    load: gives the data set that the plan calls by this name. TryAgain: the cell found too little
    memory, and nothing is recorded (see `OnceMore`). Busy: another process is at the cell; it
    comes after a second.
    Raises DiskError where nothing can be read or written any more. Where `processes` share the
    run, an error that is not augury's own is recorded and raised: not all may have met it.
    """
    try:
        folder.check_there()
        return _attempt(cell, plan, folder, load, listener, processes)
    except UnreadableError as error:
        raise DiskError(str(error)) from error


def _attempt(
    cell: Cell,
    plan: Plan,
    folder: StudyFolder,
    load: Callable[[str], Dataset],
    listener: Listener,
    processes: Processes,
) -> Ending:
    try:
        result = run_cell(cell, plan, folder, load(cell.dataset), listener, processes)
    except Timeout:
        time.sleep(_SECONDS_UNTIL_ASKED_AGAIN)
        return Busy(cell.name)
    except DiskError:
        raise
    except TrainingError as error:
        return fail(folder, cell, str(error), error.epoch, error.step)
    except AuguryError as error:
        if processes.count == 1 and _wants_memory(error):
            return TryAgain(cell.name, str(error))
        return fail(folder, cell, str(error))
    except Exception as error:  # whatever a cell fails of, the others go on
        message = f"{type(error).__name__}: {' '.join(str(error).split())}"
        if processes.count == 1 and _wants_memory(error):
            return TryAgain(cell.name, message)
        failed = fail(folder, cell, message)
        with disk_errors(folder.path):
            told = folder.run(cell).path / "traceback.txt"
            write_atomically(told, traceback.format_exc().encode())
        if processes.count > 1:
            raise
        return failed
    return CellDone(cell.name, result.test.accuracy, result.seconds)


def _wants_memory(error: Exception) -> bool:
    """Whether the error, or its cause, is that memory ran out, here or on the GPU.

    Then no graph of earlier cells is kept any longer.
    """
    cause = error.__cause__ or error
    # PyTorch has no type of its own for the processor's.
    on_cpu = isinstance(cause, RuntimeError) and "can't allocate memory" in str(cause)
    wanted = isinstance(cause, MemoryError | torch.OutOfMemoryError) or on_cpu
    if wanted:
        forget_graphs()
    return wanted


def fail(
    folder: StudyFolder, cell: Cell, message: str, epoch: int | None = None, step: int | None = None
) -> CellFailed:
    """Leave `error.json` in the cell's folder; returns the event that tells of it."""
    with disk_errors(folder.path):
        folder.check_there()
        write_failure(folder.run(cell).error, Failure(cell.name, message, epoch, step))
    return CellFailed(cell.name, message)


def listener_for(cell: Cell, on_event: Callable[[Event], None]) -> Listener:
    """A listener that turns the progress of a running cell into events."""
    return Listener(
        lambda epoch, step, steps: on_event(Step(cell.name, epoch, step, steps)),
        lambda epoch: on_event(EpochDone(cell.name, epoch)),
        lambda line: on_event(Note(cell.name, line)),
    )
