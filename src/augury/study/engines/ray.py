"""Cells as tasks on a Ray cluster.

The study's folder must lie where every node sees it under the same path: results, checkpoints
and locks are kept in it exactly as workers on one machine keep them. Only data sets travel through
Ray, once to each node. This module can be imported without Ray.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from augury.errors import InputError
from augury.records.cell import Cell
from augury.records.numbers import Device
from augury.schema import Within
from augury.study.engines.engine import Job, Workload, default_workers, gpu_share
from augury.study.engines.ray_cluster import connected, require_ray
from augury.study.engines.ray_run import RayRun
from augury.study.engines.supply import supply_of


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
        """The number that GPUs or cores of this machine take; it stands for all nodes."""
        _check_device(work.device)
        if self.workers or work.device != "cuda":
            return self.workers or default_workers(work)
        smallest = min(self.share(model, size) for model, size in work.networks)
        return max(1, int(torch.cuda.device_count() / smallest))

    def share(self, model: str, image_size: int) -> float:
        """The share of a GPU that one cell of this model gets. image_size: pixels."""
        return self.gpus_per_cell or gpu_share(model, image_size)

    def run(self, cells: Iterable[Cell], job: Job) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        A cell whose node was lost is begun again elsewhere, up to five times. One that wants
        memory, or whose process was lost, is tried once more when all others are through, with a
        node to itself. Raises DiskError where nothing can be written any more, and InputError where
        no cluster answers, no node of it is large enough for a cell, or the device is one GPU by
        its number.
        """
        _check_device(job.plan.device)
        with connected(self.address, job.plan.threads) as ray:
            RayRun(ray, job, self.share, supply_of(cells)).finish()


def _check_device(device: Device) -> None:
    if device.startswith("cuda:"):
        raise InputError(
            f"device: Ray gives each cell its GPU, so that {device} means none; name cuda"
        )
