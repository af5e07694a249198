"""Cells as tasks on a Ray cluster.

The study's folder must lie where every node sees it under the same path: results, checkpoints
and locks are kept in it exactly as the local engine keeps them. Only data sets travel through
Ray, once to each node. This module can be imported without Ray.
"""

import os
import sys
import textwrap
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from augury.errors import AuguryError, DiskError, InputError
from augury.own.trust import granted
from augury.records.cell import Cell
from augury.records.epochs import Epoch, read_epochs
from augury.records.plan import Plan
from augury.study.engines.attempt import Event, fail
from augury.study.engines.ray_cluster import Demand, RayOptions, connected, nodes
from augury.study.engines.ray_task import MUST_BE_SHARED, run_task, with_plain_arrays
from augury.study.running.prepare import load_planned
from augury.study.store import StudyFolder

_SECONDS_BETWEEN_LOOKS = 1.0
# More than can run at once, so that no node waits for us, and an autoscaler sees the demand.
_SUBMITTED_PER_SLOT = 2
_NODES_LOST_AT_MOST = 5
# A network file system may show other machines a new file only after its caches have expired.
_SECONDS_UNTIL_SEEN = 120.0


@dataclass
class RayEngine:
    """Runs each cell as a Ray task with as many CPUs as the plan gives it threads."""

    folder: StudyFolder
    plan: Plan
    options: RayOptions
    data_dir: Path | None
    on_event: Callable[[Event], None]

    def run(self, cells: Sequence[Cell]) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        A cell whose node was lost is begun again elsewhere, up to five times. One that wants
        memory, or whose process was lost, is tried once more when all others are through, with a
        node to itself. Raises DiskError where nothing can be written any more, and InputError where
        no cluster answers or no node of it is large enough for a cell.
        """
        with connected(self.options, self.plan.threads) as ray:
            _Run(self, ray, deque(cells)).finish()


@dataclass
class _Run:
    """One connection to a cluster, and where each cell is."""

    engine: RayEngine
    ray: ModuleType
    waiting: deque[Cell]
    plan: Any = None
    at_work: dict[Any, Cell] = field(default_factory=dict)
    written: dict[str, tuple[Cell, Event, float]] = field(default_factory=dict)
    lost: list[Cell] = field(default_factory=list)
    nodes_lost: Counter[str] = field(default_factory=Counter)
    told: dict[str, int] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    remotes: dict[Demand, Any] = field(default_factory=dict)

    def finish(self) -> None:
        """Submit, listen and tell until no cell is left; what is at work is cancelled on errors."""
        smallest = min((self._demand(cell) for cell in self.waiting), key=lambda d: d.gpus)
        if not any(smallest.fits(node) for node in nodes(self.ray)):
            gpu = f" and {smallest.gpus:g} GPU" if smallest.gpus else ""
            raise InputError(
                f"--engine ray: a cell needs {smallest.cpus} CPUs{gpu}, and no node has them; "
                "start a node that does, or begin a study with more --workers"
            )
        # The plan's cells stay here: each task would carry all of them.
        self.plan = self.ray.put(replace(self.engine.plan, cells=()))
        try:
            self._go_through(smallest)
            self.waiting.extend(self.lost)
            self._go_through(smallest)
        finally:
            for task in self.at_work:
                self.ray.cancel(task, force=True)

    def _go_through(self, smallest: Demand) -> None:
        while self.waiting or self.at_work or self.written:
            slots = sum(smallest.fits(node) for node in nodes(self.ray))
            while self.waiting and len(self.at_work) < max(1, _SUBMITTED_PER_SLOT * slots):
                self._submit(self.waiting.popleft())
            self._listen()
            for cell in self.at_work.values():
                self._tell_epochs(cell)
            self._look_for_written()

    def _demand(self, cell: Cell) -> Demand:
        plan = self.engine.plan
        size = plan.datasets[cell.dataset].image_size
        gpus = self.engine.options.share(cell.model, size) if plan.device == "cuda" else 0.0
        return Demand(plan.threads, gpus)

    def _submit(self, cell: Cell) -> None:
        try:
            dataset = self._dataset(cell.dataset)
        except DiskError:
            raise
        except AuguryError as error:
            self.engine.on_event(fail(self.engine.folder, cell, str(error)))
            return
        demand = self._demand(cell)
        if cell in self.lost:
            able = [node.cpus for node in nodes(self.ray) if demand.fits(node)]
            demand = replace(demand, cpus=max(able, default=demand.cpus))
        if demand not in self.remotes:
            options = {"num_cpus": demand.cpus, "num_gpus": demand.gpus, "max_retries": 0}
            self.remotes[demand] = self.ray.remote(**options)(run_task)
        path = self.engine.folder.path.resolve()
        here, code = os.getcwd(), granted()
        task = self.remotes[demand].remote(cell, self.plan, path, dataset, sys.argv, here, code)
        self.at_work[task] = cell
        self.told[cell.name] = len(self._epochs(cell))

    def _dataset(self, name: str) -> Any:
        """A reference to the data set in the object store, from where each node gets it once."""
        if name not in self.data:
            dataset = load_planned(self.engine.plan, name, self.engine.data_dir)
            self.data[name] = self.ray.put(with_plain_arrays(dataset))
        return self.data[name]

    def _listen(self) -> None:
        """Take what has ended, after a second at the latest."""
        tasks = list(self.at_work)
        if not tasks:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            return
        ended, _ = self.ray.wait(tasks, num_returns=1, timeout=_SECONDS_BETWEEN_LOOKS)
        if ended:
            ended, _ = self.ray.wait(tasks, num_returns=len(tasks), timeout=0)
        for task in ended:
            cell = self.at_work.pop(task)
            *notes, event = self._ending(task, cell)
            for note in notes:
                self.engine.on_event(note)
            if event.kind == "disk":
                raise DiskError(event.detail)
            if event.kind == "done":
                self.written[cell.name] = cell, event, time.monotonic() + _SECONDS_UNTIL_SEEN
                continue
            if event.kind == "busy":
                self.waiting.append(cell)
            self.engine.on_event(event)

    def _ending(self, task: Any, cell: Cell) -> list[Event]:
        """What a task says that is no longer at work, or what is to be said of its loss."""
        errors = self.ray.exceptions
        try:
            events: list[Event] = self.ray.get(task)
        except errors.RayTaskError as error:
            return [fail(self.engine.folder, cell, _one_line(error.cause or error))]
        except errors.NodeDiedError as error:
            self.nodes_lost[cell.name] += 1
            if self.nodes_lost[cell.name] > _NODES_LOST_AT_MOST:
                return [self._set_aside(cell, _one_line(error))]
            self.waiting.appendleft(cell)
            return [Event("note", cell.name, "its node was lost; it goes on elsewhere")]
        except errors.RayError as error:
            return [self._set_aside(cell, _one_line(error))]
        if events[-1].kind == "again":
            return [*events[:-1], self._set_aside(cell, events[-1].detail)]
        return events

    def _set_aside(self, cell: Cell, message: str) -> Event:
        if cell in self.lost:
            message = f"{message}, also when it was tried again alone"
            return fail(self.engine.folder, cell, message)
        self.lost.append(cell)
        return Event("again", cell.name, message)

    def _tell_epochs(self, cell: Cell) -> None:
        epochs = self._epochs(cell)
        for epoch in epochs[self.told[cell.name] :]:
            self.engine.on_event(Event("epoch", cell.name, epoch))
        self.told[cell.name] = max(len(epochs), self.told[cell.name])

    def _epochs(self, cell: Cell) -> tuple[Epoch, ...]:
        return read_epochs(self.engine.folder.run(cell).epochs)

    def _look_for_written(self) -> None:
        """Tell of the results that this machine sees by now."""
        for cell, event, until in list(self.written.values()):
            if self.engine.folder.run(cell).done:
                self._tell_epochs(cell)
                self.engine.on_event(event)
                del self.written[cell.name]
            elif time.monotonic() > until:
                raise DiskError(
                    f"{cell.name} is done, but its result is not in {self.engine.folder.path}: "
                    f"{MUST_BE_SHARED}"
                )


def _one_line(error: BaseException) -> str:
    # Ray's own go on for pages.
    text = textwrap.shorten(str(error), 300, placeholder=" ...")
    return f"{type(error).__name__}: {text}"
