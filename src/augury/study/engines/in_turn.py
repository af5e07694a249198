"""Cells one after the other in this process: for engines that start no workers."""

from collections import deque
from collections.abc import Iterable
from functools import cache

from augury.records.cell import Cell
from augury.records.plan import Plan, read_plan
from augury.study.engines.attempt import attempt, listener_for
from augury.study.engines.engine import Job
from augury.study.engines.events import Busy, TryAgain
from augury.study.engines.once_more import OnceMore
from augury.study.engines.supply import Supply, supply_of
from augury.study.running.prepare import load_planned
from augury.training.processes import ALONE, Processes


def run_in_turn(cells: Iterable[Cell], job: Job, processes: Processes = ALONE) -> None:
    """Run each cell once, and tell of it; each data set is loaded once.

    cells: a list, or a supply, which is asked when the last cell has ended. processes: those that
    share each cell. A cell that another process is at comes last. Raises DiskError where nothing
    can be written any more.
    """
    load = cache(lambda name: load_planned(job.plan, name, job.data_dir))
    once_more = OnceMore(job.folder)

    def run(supply: Supply) -> None:
        busy = deque[Cell]()
        while (cell := supply.take() or (busy.popleft() if busy else None)) is not None:
            listener = listener_for(cell, job.on_event)
            plan = _plan(job, processes)
            ending = attempt(cell, plan, job.folder, load, listener, processes)
            if isinstance(ending, Busy):
                busy.append(cell)
            if isinstance(ending, TryAgain):
                ending = once_more.lost(cell, ending.message)
            job.on_event(ending)

    supply = supply_of(cells)
    run(supply)
    while again := once_more.take_all():
        run(Supply(again))
        run(supply)


def _plan(job: Job, processes: Processes) -> Plan:
    """The study's plan; where processes are told a cell's number in it, as it has grown."""
    return job.plan if processes.count == 1 else read_plan(job.folder.plan_file)
