"""What all engines share: running one cell, saying how it ended, and leaving a failure behind."""

import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from filelock import Timeout

from augury.data import Dataset
from augury.errors import AuguryError, DiskError, TrainingError, UnreadableError
from augury.files import write_atomically
from augury.records.cell import Cell
from augury.records.failure import Failure, write_failure
from augury.records.plan import Plan
from augury.startup import SAFE_PATH
from augury.study.running.run import Watcher, run_cell
from augury.study.store import StudyFolder, disk_errors
from augury.training.processes import ALONE, Processes

_SECONDS_UNTIL_ASKED_AGAIN = 1.0


@dataclass(frozen=True)
class Event:
    """What an engine tells of a cell.

    kind: "step" (epoch, step, steps), "epoch" (an Epoch), "done" (test accuracy, seconds),
    "failed" (message), "again" (message: its process or its memory was lost, so it is tried once
    more, alone),
    "note" (a line to be read), "busy" (another process is at this cell) or "disk" (message).
    """

    kind: str
    cell: str
    detail: Any = None


def worker_environment(threads: int) -> dict[str, str]:
    """What a process must find in its environment when it starts, to run cells alike, and only
    augury's code."""
    return {
        **SAFE_PATH,
        "OMP_NUM_THREADS": str(threads),
        # Without it some of CUDA's matrix products differ from run to run.
        "CUBLAS_WORKSPACE_CONFIG": os.environ.get("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
    }


def attempt(
    cell: Cell,
    plan: Plan,
    folder: StudyFolder,
    load: Callable[[str], Dataset],
    watcher: Watcher,
    processes: Processes = ALONE,
) -> Event:
    """Run `cell` and say how it ended: "done", "failed", "again", "busy" or "disk".

    load: gives the data set that the plan calls by this name. Only what ends the process is
    raised; whatever else a cell fails of is recorded, so that the others go on. Where processes
    share the run, an error that is not augury's own is raised as well: not all may have met it.
    """
    try:
        folder.check_there()
        try:
            result = run_cell(cell, plan, folder, load(cell.dataset), watcher, processes)
        except Timeout:
            time.sleep(_SECONDS_UNTIL_ASKED_AGAIN)
            return Event("busy", cell.name)
        except DiskError:
            raise
        except TrainingError as error:
            return fail(folder, cell, str(error), error.epoch, error.step)
        except AuguryError as error:
            if processes.count == 1 and _wants_memory(error):
                return Event("again", cell.name, str(error))
            return fail(folder, cell, str(error))
        except Exception as error:  # whatever a cell fails of, the others go on
            message = f"{type(error).__name__}: {' '.join(str(error).split())}"
            if processes.count == 1 and _wants_memory(error):
                return Event("again", cell.name, message)
            event = fail(folder, cell, message)
            with disk_errors(folder.path):
                told = folder.run(cell).path / "traceback.txt"
                write_atomically(told, traceback.format_exc().encode())
            if processes.count > 1:
                raise
            return event
        return Event("done", cell.name, (result.test.accuracy, result.seconds))
    except (DiskError, UnreadableError) as error:
        return Event("disk", cell.name, str(error))


def _wants_memory(error: Exception) -> bool:
    """Whether it, or what it was raised from, is of too little memory, here or on the GPU."""
    cause = error.__cause__ or error
    # PyTorch has no type of its own for the processor's.
    on_cpu = isinstance(cause, RuntimeError) and "can't allocate memory" in str(cause)
    return isinstance(cause, MemoryError | torch.OutOfMemoryError) or on_cpu


def fail(
    folder: StudyFolder, cell: Cell, message: str, epoch: int | None = None, step: int | None = None
) -> Event:
    """Leave `error.json` in the cell's folder; returns the event that tells of it."""
    with disk_errors(folder.path):
        folder.check_there()
        write_failure(folder.run(cell).error, Failure(cell.name, message, epoch, step))
    return Event("failed", cell.name, message)
