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
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import torch

from augury.errors import AuguryError, DiskError, InputError
from augury.own.trust import granted
from augury.records.cell import Cell
from augury.records.epochs import Epoch, read_epochs
from augury.schema import Within
from augury.study.engines.attempt import fail
from augury.study.engines.engine import Job, Workload, default_workers
from augury.study.engines.events import (
    Busy,
    CellDone,
    DiskFailed,
    EpochDone,
    Event,
    Note,
    TryAgain,
)
from augury.study.engines.once_more import OnceMore
from augury.study.engines.ray_cluster import Demand, connected, gpu_share, nodes, require_ray
from augury.study.engines.ray_task import MUST_BE_SHARED, run_task, with_plain_arrays
from augury.study.running.prepare import load_planned

_POLL_SECONDS = 1.0
# More than can run at once, so that no node waits for us, and an autoscaler sees the demand.
_SUBMITTED_PER_SLOT = 2
_NODES_LOST_AT_MOST = 5
# A network file system may show other machines a new file only after its caches have expired.
_SECONDS_UNTIL_SEEN = 120.0


@dataclass(frozen=True)
class Ray:
    """Runs each cell as a Ray task with as many CPUs as the plan gives it threads.

    address: of a running cluster ("auto": the one that this machine belongs to); None: RAY_ADDRESS
    where that is set, else a cluster of this machine's own, for as long as the study runs.
    gpus_per_cell: share of a GPU, in [0.01, 1]; None: see `gpu_share`. workers: how many cells a
    node like this machine runs at once, which fixes the threads of a new study's cells; None: one
    a core, or as many as its GPUs take.
    Raises InputError where Ray is not installed.
    """

    address: str | None = None
    gpus_per_cell: float | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.gpus_per_cell is not None:
            Within(0.01, 1).check("gpus_per_cell", self.gpus_per_cell)
        if self.workers is not None:
            Within(1, float("inf")).check("workers", self.workers)
        require_ray(self.address)

    def cells_at_once(self, work: Workload) -> int:
        """As many as its GPUs or its cores take on this machine, which stands for all nodes."""
        if self.workers or work.device != "cuda":
            return self.workers or default_workers(work.device, work.cells)
        smallest = min(self.share(model, size) for model, size in work.networks)
        return max(1, int(torch.cuda.device_count() / smallest))

    def share(self, model: str, image_size: int) -> float:
        """The share of a GPU that one cell of this model gets. image_size: pixels."""
        return self.gpus_per_cell or gpu_share(model, image_size)

    def run(self, cells: Sequence[Cell], job: Job) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        A cell whose node was lost is begun again elsewhere, up to five times. One that wants
        memory, or whose process was lost, is tried once more when all others are through, with a
        node to itself. Raises DiskError where nothing can be written any more, and InputError where
        no cluster answers or no node of it is large enough for a cell.
        """
        with connected(self.address, job.plan.threads) as ray:
            _Run(self, job, ray, deque(cells), OnceMore(job.folder)).finish()


@dataclass
class _Run:
    """One connection to a cluster, and where each cell is."""

    engine: Ray
    job: Job
    ray: ModuleType
    waiting: deque[Cell]
    once_more: OnceMore
    plan: Any = None
    at_work: dict[Any, Cell] = field(default_factory=dict)
    written: dict[str, tuple[Cell, CellDone, float]] = field(default_factory=dict)
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
        self.plan = self.ray.put(replace(self.job.plan, cells=()))
        try:
            self._go_through(smallest)
            self.waiting.extend(self.once_more.cells)
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
        plan = self.job.plan
        size = plan.datasets[cell.dataset].image_size
        gpus = self.engine.share(cell.model, size) if plan.device == "cuda" else 0.0
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

    def _dataset(self, name: str) -> Any:
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
                self.waiting.append(cell)
            self.job.on_event(event)

    def _ending(self, task: Any, cell: Cell) -> list[Event]:
        """What a task says that is no longer at work, or what is to be said of its loss."""
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
