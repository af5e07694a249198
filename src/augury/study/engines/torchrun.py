"""Cells that several processes train together, one cell after the other; torchrun starts them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from augury.data import Dataset
from augury.errors import AuguryError, InputError
from augury.records.cell import Cell
from augury.records.numbers import Device
from augury.records.plan import read_plan
from augury.study.engines.engine import Job, Workload
from augury.study.engines.in_turn import run_in_turn
from augury.study.engines.supply import Supply
from augury.study.running.prepare import load_planned
from augury.study.running.run import follow_cell
from augury.study.store import StudyFolder
from augury.training.processes import ALONE, Processes

_END = -1  # in the place of a cell's number


@dataclass(frozen=True)
class Torchrun:
    """Runs cells in the first of `processes`, while the others `follow`.

    processes: as `started_by_torchrun` gives them; InputError where it is one process alone.
    """

    processes: Processes = ALONE

    def __post_init__(self) -> None:
        if self.processes.count == 1:
            raise InputError(
                "--engine torchrun: the command must be started by torchrun, for instance "
                "torchrun --standalone --nproc-per-node 4 -m augury study"
            )

    def cells_at_once(self, work: Workload) -> int:
        """The number of processes, so that each gets its share of the cores.

        Raises InputError for a device on which they cannot train together.
        """
        _check_device(work.device)
        return self.processes.count

    def run(self, cells: Iterable[Cell], job: Job) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        Raises DiskError where nothing can be written any more, and what a process fails of that
        the others may not have met; the same command goes on from there.
        """
        _check_device(job.plan.device)
        torch.set_num_threads(job.plan.threads)
        if not isinstance(cells, Supply):
            # What has failed before comes last, as it may end the command.
            cells = sorted(cells, key=lambda cell: job.folder.run(cell).failed)
        run_in_turn(cells, job, self.processes)


def _check_device(device: Device) -> None:
    """The processes exchange gradients on GPUs where there are some, each on its own."""
    possible = "cuda" if torch.cuda.is_available() else "cpu"
    if device != possible:
        hint = " (CUDA_VISIBLE_DEVICES= hides the GPUs)" if device == "cpu" else ""
        raise InputError(f"device: under torchrun it must be {possible}, got {device}{hint}")


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
