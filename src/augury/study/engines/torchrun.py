"""Cells that several processes train together, one cell after the other; torchrun starts them."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from augury.data import Dataset
from augury.errors import AuguryError, DiskError
from augury.records.cell import Cell
from augury.records.plan import Plan, read_plan
from augury.study.engines.attempt import Event, attempt
from augury.study.running.prepare import load_planned
from augury.study.running.run import Watcher, follow_cell
from augury.study.store import StudyFolder
from augury.training.processes import Processes

_END = -1  # in the place of a cell's number


@dataclass
class TorchrunEngine:
    """Runs cells in the first of `processes`, while the others `follow`."""

    folder: StudyFolder
    plan: Plan
    processes: Processes
    data_dir: Path | None
    on_event: Callable[[Event], None]

    def run(self, cells: Sequence[Cell]) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        Raises DiskError where nothing can be written any more, and what a process fails of that
        the others may not have met; the same command goes on from there.
        """
        torch.set_num_threads(self.plan.threads)
        load = cache(lambda name: load_planned(self.plan, name, self.data_dir))
        # What has failed before comes last, as it may end the command.
        waiting = deque(sorted(cells, key=lambda cell: self.folder.run(cell).failed))
        while waiting:
            cell = waiting.popleft()
            event = attempt(cell, self.plan, self.folder, load, self._watcher(cell), self.processes)
            if event.kind == "disk":
                raise DiskError(event.detail)
            if event.kind == "busy":
                waiting.append(cell)
            self.on_event(event)

    def _watcher(self, cell: Cell) -> Watcher:
        return Watcher(
            lambda *step: self.on_event(Event("step", cell.name, step)),
            lambda epoch: self.on_event(Event("epoch", cell.name, epoch)),
            lambda line: self.on_event(Event("note", cell.name, line)),
        )


def follow(path: Path, processes: Processes, data_dir: Path | None) -> None:
    """Share the cells that the first process tells of, until it calls `end`."""
    folder, datasets = StudyFolder(path), dict[str, Dataset]()
    while (number := _told(processes)) != _END:
        plan = read_plan(folder.plan_file)  # anew, as it may have grown
        torch.set_num_threads(plan.threads)
        cell = plan.cells[number]
        if cell.dataset not in datasets:
            datasets[cell.dataset] = load_planned(plan, cell.dataset, data_dir)
        try:
            follow_cell(cell, plan, folder, datasets[cell.dataset], processes)
        except AuguryError:
            continue  # the first process meets the same, and tells of it


def _told(processes: Processes) -> int:
    try:
        return processes.tell(_END)
    except RuntimeError:
        return _END  # the first process is gone, and has said why


def end(processes: Processes) -> None:
    """Let the others go; called by the first process."""
    processes.tell(_END)
