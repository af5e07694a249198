"""Submitting cells to a connected Ray cluster, and hearing how they ended."""

import os
import sys
import textwrap
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

from augury.errors import AuguryError, DiskError, InputError
from augury.own.trust import granted
from augury.records.cell import Cell
from augury.records.epochs import Epoch, read_epochs
from augury.study.engines.attempt import fail
from augury.study.engines.engine import Job
from augury.study.engines.events import Busy, CellDone, DiskFailed, EpochDone, Event, Note, TryAgain
from augury.study.engines.once_more import OnceMore
from augury.study.engines.ray_cluster import Demand, nodes
from augury.study.engines.ray_task import MUST_BE_SHARED, run_task, with_plain_arrays
from augury.study.engines.supply import Supply
from augury.study.running.prepare import load_planned

_POLL_SECONDS = 1.0
# More than can run at once, so that no node waits for us, and an autoscaler sees the demand.
_SUBMITTED_PER_SLOT = 2
_NODES_LOST_AT_MOST = 5
# A network file system may show other machines a new file only after its caches have expired.
_SECONDS_UNTIL_SEEN = 120.0

Ref = Any
"""A task, an object or a function of Ray's, whose types are not there without Ray."""


class RayRun:
    """The cells of one job on a connected cluster.

    supply: where cells come from; waiting: those whose node was lost; busy: those that
    another process is at; at_work: submitted, by task; written: done according to their task,
    but not yet seen in the folder, with the time until which they must be; told: epochs that were
    told of each cell at work.
    """

    def __init__(
        self, ray: ModuleType, job: Job, share: Callable[[str, int], float], supply: Supply
    ) -> None:
        """share: of a GPU, for a cell of this model on images of this size."""
        self.ray, self.job, self.share = ray, job, share
        self.supply, self.waiting, self.busy = supply, deque[Cell](), deque[Cell]()
        self.at_work: dict[Ref, Cell] = {}
        self.written: dict[str, tuple[Cell, CellDone, float]] = {}
        self.told: dict[str, int] = {}
        self.once_more = OnceMore(job.folder)
        self.nodes_lost = Counter[str]()
        # The plan's cells stay here: each task would carry all of them.
        self.plan: Ref = ray.put(replace(job.plan, cells=()))
        self.data: dict[str, Ref] = {}
        self.remotes: dict[Demand, Ref] = {}

    def finish(self) -> None:
        """Submit, listen and tell until no cell is left; what is at work is cancelled on errors."""
        to_come = self.supply.to_come()
        smallest = min((self._demand(cell) for cell in to_come), key=lambda d: d.gpus)
        if not any(smallest.fits(node) for node in nodes(self.ray)):
            gpu = f" and {smallest.gpus:g} GPU" if smallest.gpus else ""
            raise InputError(
                f"--engine ray: a cell needs {smallest.cpus} CPUs{gpu}, and no node has them; "
                "start a node that does, or begin a study with more --workers"
            )
        try:
            self._go_through(smallest, self.supply)
            while again := self.once_more.take_all():
                self._go_through(smallest, Supply(again))
                self._go_through(smallest, self.supply)
        finally:
            for task in self.at_work:
                self.ray.cancel(task, force=True)

    def _go_through(self, smallest: Demand, supply: Supply) -> None:
        while True:
            self._fill(smallest, supply)
            if not (self.at_work or self.written):
                return
            self._listen()
            for cell in self.at_work.values():
                self._tell_epochs(cell)
            self._look_for_written()

    def _fill(self, smallest: Demand, supply: Supply) -> None:
        """Submit as many cells as there is room for."""
        slots = sum(smallest.fits(node) for node in nodes(self.ray))
        room = max(1, slots if supply.chooses else _SUBMITTED_PER_SLOT * slots)
        while len(self.at_work) < room:
            lost, busy = self.waiting, self.busy
            cell = lost.popleft() if lost else supply.take() or (busy.popleft() if busy else None)
            if cell is None:
                return
            self._submit(cell)

    def _demand(self, cell: Cell) -> Demand:
        plan = self.job.plan
        size = plan.datasets[cell.dataset].image_size
        gpus = self.share(cell.model, size) if plan.device == "cuda" else 0.0
        return Demand(plan.threads, gpus)

    def _submit(self, cell: Cell) -> None:
        try:
            dataset = self._dataset(cell.dataset)
        except DiskError:
            raise
        except AuguryError as error:
            self.job.on_event(fail(self.job.folder, cell, str(error)))
            return
        demand = self._demand(cell)
        if cell in self.once_more.cells:
            able = [node.cpus for node in nodes(self.ray) if demand.fits(node)]
            demand = replace(demand, cpus=max(able, default=demand.cpus))
        if demand not in self.remotes:
            options = {"num_cpus": demand.cpus, "num_gpus": demand.gpus, "max_retries": 0}
            self.remotes[demand] = self.ray.remote(**options)(run_task)
        path = self.job.folder.path.resolve()
        here, code = os.getcwd(), granted()
        task = self.remotes[demand].remote(cell, self.plan, path, dataset, sys.argv, here, code)
        self.at_work[task] = cell
        self.told[cell.name] = len(self._epochs(cell))

    def _dataset(self, name: str) -> Ref:
        """A reference to the data set in the object store, from where each node gets it once."""
        if name not in self.data:
            dataset = load_planned(self.job.plan, name, self.job.data_dir)
            self.data[name] = self.ray.put(with_plain_arrays(dataset))
        return self.data[name]

    def _listen(self) -> None:
        """Take what has ended, after a second at the latest."""
        tasks = list(self.at_work)
        if not tasks:
            time.sleep(_POLL_SECONDS)
            return
        ended, _ = self.ray.wait(tasks, num_returns=1, timeout=_POLL_SECONDS)
        if ended:
            ended, _ = self.ray.wait(tasks, num_returns=len(tasks), timeout=0)
        for task in ended:
            cell = self.at_work.pop(task)
            *notes, event = self._ending(task, cell)
            for note in notes:
                self.job.on_event(note)
            if isinstance(event, DiskFailed):
                raise DiskError(event.message)
            if isinstance(event, CellDone):
                self.written[cell.name] = cell, event, time.monotonic() + _SECONDS_UNTIL_SEEN
                continue
            if isinstance(event, Busy):
                self.busy.append(cell)
            self.job.on_event(event)

    def _ending(self, task: Ref, cell: Cell) -> list[Event]:
        """The events of a task that has ended, or the event for its loss."""
        errors = self.ray.exceptions
        try:
            events: list[Event] = self.ray.get(task)
        except errors.RayTaskError as error:
            return [fail(self.job.folder, cell, _one_line(error.cause or error))]
        except errors.NodeDiedError as error:
            self.nodes_lost[cell.name] += 1
            if self.nodes_lost[cell.name] > _NODES_LOST_AT_MOST:
                return [self.once_more.lost(cell, _one_line(error))]
            self.waiting.appendleft(cell)
            return [Note(cell.name, "its node was lost; it goes on elsewhere")]
        except errors.RayError as error:
            return [self.once_more.lost(cell, _one_line(error))]
        *notes, ending = events
        if isinstance(ending, TryAgain):
            return [*notes, self.once_more.lost(cell, ending.message)]
        return events

    def _tell_epochs(self, cell: Cell) -> None:
        epochs = self._epochs(cell)
        for epoch in epochs[self.told[cell.name] :]:
            self.job.on_event(EpochDone(cell.name, epoch))
        self.told[cell.name] = max(len(epochs), self.told[cell.name])

    def _epochs(self, cell: Cell) -> tuple[Epoch, ...]:
        return read_epochs(self.job.folder.run(cell).epochs)

    def _look_for_written(self) -> None:
        """Tell of the results that this machine sees by now."""
        for cell, event, until in list(self.written.values()):
            if self.job.folder.run(cell).done:
                self._tell_epochs(cell)
                self.job.on_event(event)
                del self.written[cell.name]
            elif time.monotonic() > until:
                raise DiskError(
                    f"{cell.name} is done, but its result is not in {self.job.folder.path}: "
                    f"{MUST_BE_SHARED}"
                )


def _one_line(error: BaseException) -> str:
    # Ray's own go on for pages.
    text = textwrap.shorten(str(error), 300, placeholder=" ...")
    return f"{type(error).__name__}: {text}"
