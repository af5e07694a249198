"""Worker processes on this machine."""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import torch

from augury.cores import usable_cores
from augury.errors import DiskError
from augury.own.trust import grant, granted
from augury.records.cell import Cell
from augury.records.plan import Plan, read_plan
from augury.schema import Within
from augury.startup import child_environment, environment, without_main_script
from augury.study.engines.attempt import attempt, listener_for
from augury.study.engines.engine import Job, Workload, default_workers, workload_of
from augury.study.engines.environment import worker_environment
from augury.study.engines.events import Busy, DiskFailed, Ending, Event, TryAgain
from augury.study.engines.once_more import OnceMore
from augury.study.engines.supply import Supply, supply_of
from augury.study.running.listener import Listener
from augury.study.running.prepare import load_planned
from augury.study.store import StudyFolder

# Workers are started afresh instead of forked: a fork of a process with threads may hang.
_CONTEXT = multiprocessing.get_context("spawn")
_SECONDS_BETWEEN_STEPS_TOLD = 0.1
_SECONDS_TO_END = 1.0


@dataclass(frozen=True)
class Local:
    """Runs cells in processes of this machine; each uses the plan's number of threads.

    workers: cells at once, at least 1; None: as many as the cores have threads for, or as share a
    GPU well: see `default_workers`.
    """

    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None:
            Within(1, float("inf")).check("workers", self.workers)

    def cells_at_once(self, work: Workload) -> int:
        """The number of workers."""
        return self.workers or default_workers(work)

    def crowded(self, plan: Plan) -> str | None:
        """A line for people where the workers want more threads than this machine has cores.

        Threads then wait for one another at every step: training takes several times as long.
        """
        cells, cores = self.cells_at_once(workload_of(plan.cells, plan)), usable_cores()
        if plan.device != "cpu" or cells == 1 or cells * plan.threads <= cores:
            return None
        return (
            f"slow: {cells} runs at once, with the {plan.threads} threads each that this study "
            f"began with, for {cores} cores; --workers {max(1, cores // plan.threads)} is faster"
        )

    def run(self, cells: Iterable[Cell], job: Job) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        A cell that wants memory, or whose process was lost, is tried once more when all others are
        through: alone. Raises DiskError where nothing can be written any more.
        """
        once_more, supply = OnceMore(job.folder), supply_of(cells)
        workers = self.workers or default_workers(workload_of(supply.to_come(), job.plan))
        _Workers(job, once_more, supply).run(workers)
        while again := once_more.take_all():
            _Workers(job, once_more, Supply(again)).run(1)
            _Workers(job, once_more, supply).run(workers)


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    cell: Cell | None = None


class _Workers:
    """The processes that run some cells, and which cell each of them is at.

    busy: cells that another process is at, to be asked for again.
    """

    def __init__(self, job: Job, once_more: OnceMore, supply: Supply) -> None:
        self.job, self.once_more, self.supply = job, once_more, supply
        self.busy = deque[Cell]()
        self.running: list[_Worker] = []

    def run(self, workers: int) -> None:
        """Run all cells in that many processes; each is started when there is a cell for it."""
        try:
            self._begin(workers)
            while any(worker.cell for worker in self.running):
                self._listen()
                self._begin(workers)
        finally:
            _end([worker.process for worker in self.running])

    def _start(self) -> _Worker:
        job = self.job
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(
            target=_work, args=(theirs, job.folder.path, job.data_dir, granted()), daemon=True
        )
        variables = child_environment() | worker_environment(job.plan.threads)
        with environment(variables), without_main_script():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _begin(self, workers: int) -> None:
        """Give a cell to each worker that has none, as long as there are cells."""
        while sum(worker.cell is not None for worker in self.running) < workers:
            cell = self.supply.take() or (self.busy.popleft() if self.busy else None)
            if cell is None:
                return
            idle = [worker for worker in self.running if not worker.cell]
            if not idle:
                idle = [self._start()]
                self.running += idle
            idle[0].cell = cell
            with suppress(BrokenPipeError):  # it has died; listening will tell
                idle[0].connection.send(cell)

    def _listen(self) -> None:
        """Take one message of each worker that has one, and see who has died."""
        by_connection = {w.connection: (w, w.cell) for w in self.running if w.cell}
        for connection in wait(list(by_connection)):
            worker, cell = by_connection[connection]  # type: ignore[index]
            try:
                event: Event = worker.connection.recv()
            except (EOFError, ConnectionResetError):
                self._replace_dead(worker, cell)
                continue
            self._heed(event, worker, cell)

    def _heed(self, event: Event, worker: _Worker, cell: Cell) -> None:
        if isinstance(event, DiskFailed):
            raise DiskError(event.message)
        if isinstance(event, Busy):
            self.busy.append(cell)
        if isinstance(event, TryAgain):
            event = self.once_more.lost(cell, event.message)
        self.job.on_event(event)
        if isinstance(event, Ending):
            worker.cell = None

    def _replace_dead(self, worker: _Worker, cell: Cell) -> None:
        worker.process.join()
        message = f"its process ended with {_ending(worker.process.exitcode)}"
        self.job.on_event(self.once_more.lost(cell, message))
        self.running.remove(worker)


def _end(processes: Sequence[SpawnProcess]) -> None:
    """End all of them, also one that is stopped and does not heed SIGTERM.

    SIGKILL loses no more than SIGTERM does: what is on the disk is whole at any moment.
    """
    for process in processes:
        process.terminate()
    until = time.monotonic() + _SECONDS_TO_END
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _work(connection: Connection, path: Path, data_dir: Path | None, code: frozenset[str]) -> None:
    """A worker's life: take a cell, run it, tell how it ended; until the parent is gone.

    code: hashes of the user's own code that it may run besides what is remembered as confirmed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _end_with_parent()
    grant(code)
    folder = StudyFolder(path)
    plan = read_plan(folder.plan_file)
    torch.set_num_threads(plan.threads)
    load = cache(lambda name: load_planned(plan, name, data_dir))
    while True:
        cell = connection.recv()
        try:
            told: Event = attempt(cell, plan, folder, load, _listener(cell, connection))
        except DiskError as error:
            told = DiskFailed(cell.name, str(error))
        connection.send(told)


def _end_with_parent() -> None:
    """However the parent ends, also by SIGKILL, this process does not outlive it."""

    def wait_for_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait_for_parent, daemon=True).start()


def _listener(cell: Cell, connection: Connection) -> Listener:
    """Tells the parent everything, but of steps only ten a second."""
    whole = listener_for(cell, connection.send)
    last_told = 0.0

    def on_step(epoch: int, step: int, steps: int) -> None:
        nonlocal last_told
        now = time.monotonic()
        if now - last_told > _SECONDS_BETWEEN_STEPS_TOLD:
            last_told = now
            whole.on_step(epoch, step, steps)

    return replace(whole, on_step=on_step)
