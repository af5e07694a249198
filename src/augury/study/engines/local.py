"""Worker processes on this machine."""

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import torch
from filelock import Timeout

from augury.data import Dataset
from augury.errors import AuguryError, DiskError, TrainingError
from augury.study.cell import Cell
from augury.study.plan import Plan, read_plan
from augury.study.prepare import load_planned
from augury.study.run import Watcher, run_cell
from augury.study.store import StudyFolder, disk_errors, write_json
from augury.training import Epoch

# Workers are started afresh instead of forked: a fork of a process with threads may hang.
_CONTEXT = multiprocessing.get_context("spawn")
_SECONDS_BETWEEN_STEPS_TOLD = 0.1
_SECONDS_UNTIL_ASKED_AGAIN = 1.0


@dataclass(frozen=True)
class Event:
    """What a worker tells of a cell.

    kind: "step" (epoch, step, steps), "epoch" (an Epoch), "done" (test accuracy, seconds),
    "failed" (message), "busy" (another process is at this cell) or "disk" (message).
    """

    kind: str
    cell: str
    detail: Any = None


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

    def run(self, cells: Sequence[Cell]) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        Raises DiskError where nothing can be written any more.
        """
        waiting = deque(cells)
        try:
            self._running = [self._start() for _ in range(min(self.workers, len(cells)))]
            for worker in self._running:
                self._give(worker, waiting)
            while any(worker.cell for worker in self._running):
                self._listen(waiting)
        finally:
            for worker in self._running:
                worker.process.terminate()
            for worker in self._running:
                worker.process.join()

    def _start(self) -> _Worker:
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(
            target=_work, args=(theirs, self.folder.path, self.data_dir), daemon=True
        )
        with _environment("OMP_NUM_THREADS", str(self.plan.threads)):
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _give(self, worker: _Worker, waiting: deque[Cell]) -> None:
        worker.cell = waiting.popleft() if waiting else None
        if worker.cell:
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
            self.on_event(event)
            if event.kind in ("done", "failed", "busy"):
                self._give(worker, waiting)

    def _replace_dead(self, worker: _Worker, waiting: deque[Cell]) -> None:
        worker.process.join()
        if worker.cell:
            message = f"its process ended with {_ending(worker.process.exitcode)}"
            record_failure(self.folder, worker.cell, message)
            self.on_event(Event("failed", worker.cell.name, message))
        self._running.remove(worker)
        if waiting:
            self._running.append(self._start())
            self._give(self._running[-1], waiting)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """An environment variable that only processes started within the block inherit."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def record_failure(
    folder: StudyFolder, cell: Cell, message: str, epoch: int | None = None, step: int | None = None
) -> None:
    """Leave `error.json` in the cell's folder."""
    values = {"cell": cell.name, "error": message, "epoch": epoch, "step": step}
    with disk_errors(folder.path):
        write_json(folder.run(cell).error, values)


def _work(connection: Connection, path: Path, data_dir: Path | None) -> None:
    """A worker's life: take a cell, run it, tell how it ended; until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # Without it some of CUDA's matrix products differ from run to run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    _end_with_parent()
    folder = StudyFolder(path)
    plan = read_plan(folder.plan_file)
    torch.set_num_threads(plan.threads)
    bench = _Bench(plan, folder, data_dir, connection)
    while True:
        connection.send(bench.attempt(connection.recv()))


def _end_with_parent() -> None:
    """However the parent ends, also by SIGKILL, this process does not outlive it."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@dataclass
class _Bench:
    """What a worker keeps from cell to cell."""

    plan: Plan
    folder: StudyFolder
    data_dir: Path | None
    connection: Connection
    datasets: dict[str, Dataset] = field(default_factory=dict)

    def attempt(self, cell: Cell) -> Event:
        """Run `cell` and say how it ended; only what ends the process is raised."""
        try:
            return self._run(cell)
        except DiskError as error:
            return Event("disk", cell.name, str(error))

    def _run(self, cell: Cell) -> Event:
        try:
            if cell.dataset not in self.datasets:
                self.datasets[cell.dataset] = load_planned(self.plan, cell.dataset, self.data_dir)
            dataset, watcher = self.datasets[cell.dataset], _watcher(cell, self.connection)
            result = run_cell(cell, self.plan, self.folder, dataset, watcher)
        except Timeout:
            time.sleep(_SECONDS_UNTIL_ASKED_AGAIN)
            return Event("busy", cell.name)
        except DiskError:
            raise
        except TrainingError as error:
            return self._failed(cell, str(error), error.epoch, error.step)
        except AuguryError as error:
            return self._failed(cell, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a cell fails of, the others go on
            message = f"{type(error).__name__}: {' '.join(str(error).split())}"
            event = self._failed(cell, message)
            with disk_errors(self.folder.path):
                (self.folder.run(cell).path / "traceback.txt").write_text(traceback.format_exc())
            return event
        return Event("done", cell.name, (result["test"]["accuracy"], result["seconds"]))

    def _failed(
        self, cell: Cell, message: str, epoch: int | None = None, step: int | None = None
    ) -> Event:
        record_failure(self.folder, cell, message, epoch, step)
        return Event("failed", cell.name, message)


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

    return Watcher(on_step, on_epoch)
