"""Worker processes on this machine."""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import torch

from augury.data import Dataset
from augury.errors import DiskError
from augury.own.trust import grant, granted
from augury.records.cell import Cell
from augury.records.epochs import Epoch
from augury.records.plan import Plan, read_plan
from augury.startup import child_environment, environment
from augury.study.engines.attempt import Event, attempt, fail, worker_environment
from augury.study.running.prepare import load_planned
from augury.study.running.run import Watcher
from augury.study.store import StudyFolder

# Workers are started afresh instead of forked: a fork of a process with threads may hang.
_CONTEXT = multiprocessing.get_context("spawn")
_SECONDS_BETWEEN_STEPS_TOLD = 0.1
_SECONDS_TO_END = 1.0


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    cell: Cell | None = None


@dataclass
class LocalEngine:
    """Runs cells in `workers` processes; each uses the plan's number of threads."""

    folder: StudyFolder
    plan: Plan
    workers: int
    data_dir: Path | None
    on_event: Callable[[Event], None]
    _running: list[_Worker] = field(default_factory=list)
    _lost: list[Cell] = field(default_factory=list)

    def run(self, cells: Sequence[Cell]) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        A cell that wants memory, or whose process was lost, is tried once more when all others are
        through: alone. Raises DiskError where nothing can be written any more.
        """
        self._run(deque(cells), self.workers)
        if self._lost:
            self._run(deque(self._lost), 1)

    def _run(self, waiting: deque[Cell], workers: int) -> None:
        try:
            self._running = [self._start() for _ in range(min(workers, len(waiting)))]
            for worker in self._running:
                self._give(worker, waiting)
            while any(worker.cell for worker in self._running):
                self._listen(waiting)
        finally:
            _end([worker.process for worker in self._running])

    def _start(self) -> _Worker:
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(
            target=_work, args=(theirs, self.folder.path, self.data_dir, granted()), daemon=True
        )
        with environment(child_environment() | worker_environment(self.plan.threads)):
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _give(self, worker: _Worker, waiting: deque[Cell]) -> None:
        worker.cell = waiting.popleft() if waiting else None
        if worker.cell:
            with suppress(BrokenPipeError):  # it has died; listening will tell
                worker.connection.send(worker.cell)

    def _listen(self, waiting: deque[Cell]) -> None:
        """Take one message of each worker that has one, and see who has died."""
        by_connection = {w.connection: w for w in self._running if w.cell}
        for connection in wait(list(by_connection)):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                event: Event = worker.connection.recv()
            except (EOFError, ConnectionResetError):
                self._replace_dead(worker, waiting)
                continue
            if event.kind == "disk":
                raise DiskError(event.detail)
            if event.kind == "busy" and worker.cell:
                waiting.append(worker.cell)
            if event.kind == "again" and worker.cell:
                event = self._give_up_or_set_aside(worker.cell, event.detail)
            self.on_event(event)
            if event.kind in ("done", "failed", "again", "busy"):
                self._give(worker, waiting)

    def _replace_dead(self, worker: _Worker, waiting: deque[Cell]) -> None:
        worker.process.join()
        if worker.cell:
            message = f"its process ended with {_ending(worker.process.exitcode)}"
            self.on_event(self._give_up_or_set_aside(worker.cell, message))
        self._running.remove(worker)
        if waiting:
            self._running.append(self._start())
            self._give(self._running[-1], waiting)

    def _give_up_or_set_aside(self, cell: Cell, message: str) -> Event:
        if cell in self._lost:
            return fail(self.folder, cell, f"{message}, also when it was tried again alone")
        self._lost.append(cell)
        return Event("again", cell.name, message)


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

    code: hashes of the user's own that it may run besides those that are remembered
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _end_with_parent()
    grant(code)
    folder = StudyFolder(path)
    plan = read_plan(folder.plan_file)
    torch.set_num_threads(plan.threads)
    datasets: dict[str, Dataset] = {}

    def load(name: str) -> Dataset:
        if name not in datasets:
            datasets[name] = load_planned(plan, name, data_dir)
        return datasets[name]

    while True:
        cell = connection.recv()
        connection.send(attempt(cell, plan, folder, load, _watcher(cell, connection)))


def _end_with_parent() -> None:
    """However the parent ends, also by SIGKILL, this process does not outlive it."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _watcher(cell: Cell, connection: Connection) -> Watcher:
    last_told = 0.0

    def on_step(epoch: int, step: int, steps: int) -> None:
        nonlocal last_told
        now = time.monotonic()
        if now - last_told > _SECONDS_BETWEEN_STEPS_TOLD:
            last_told = now
            connection.send(Event("step", cell.name, (epoch, step, steps)))

    def on_epoch(epoch: Epoch) -> None:
        connection.send(Event("epoch", cell.name, epoch))

    def on_note(line: str) -> None:
        connection.send(Event("note", cell.name, line))

    return Watcher(on_step, on_epoch, on_note)
