"""Cells one after the other in this process: for engines that start no workers."""

from collections import deque
from collections.abc import Iterable
from functools import cache

from augury.records.cell import Cell
from augury.study.engines.attempt import attempt, listener_for
from augury.study.engines.engine import Job
from augury.study.engines.events import Busy, TryAgain
from augury.study.engines.once_more import OnceMore
from augury.study.running.prepare import load_planned
from augury.training.processes import ALONE, Processes


def run_in_turn(cells: Iterable[Cell], job: Job, processes: Processes = ALONE) -> None:
    """Run each cell once, and tell of it; each data set is loaded once.

    processes: those that share each cell. A cell that another process is at comes last. Raises
    DiskError where nothing can be written any more.
    """
    load = cache(lambda name: load_planned(job.plan, name, job.data_dir))
    once_more = OnceMore(job.folder)

    def run(waiting: deque[Cell]) -> None:
        while waiting:
            cell = waiting.popleft()
            listener = listener_for(cell, job.on_event)
            ending = attempt(cell, job.plan, job.folder, load, listener, processes)
            if isinstance(ending, Busy):
                waiting.append(cell)
            if isinstance(ending, TryAgain):
                ending = once_more.lost(cell, ending.message)
            job.on_event(ending)

    run(deque(cells))
    run(deque(once_more.cells))
