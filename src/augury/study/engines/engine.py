"""`Engine`: what runs the cells of a study, and what it is told of the study."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from augury.cores import usable_cores
from augury.models import MODELS
from augury.records.cell import Cell
from augury.records.numbers import Device
from augury.records.plan import Plan
from augury.study.engines.events import Event
from augury.study.store import StudyFolder

_SMALL_IMAGE = 64
_SMALL_CELL = 4 * 2**30


@dataclass(frozen=True)
class Workload:
    """What a study asks of an engine.

    cells: how many the study has; networks: each model with the image size (pixels) it is
    trained on; threads: of each cell, 1 before the study's plan is made.
    """

    device: Device
    cells: int
    networks: frozenset[tuple[str, int]]
    threads: int = 1


@dataclass(frozen=True)
class Job:
    """The study whose cells an engine runs.

    folder: where everything is written; data_dir: where data sets lie, None for augury's own
    folder; on_event: called in this process with each event, as soon as it is known.
    """

    folder: StudyFolder
    plan: Plan
    data_dir: Path | None = None
    on_event: Callable[[Event], None] = lambda event: None


class Engine(Protocol):
    """Runs the cells of a study. It is configured before the study and keeps nothing of one.

    To add an engine, write a file with a class that has these two methods, and add a line to
    `ENGINES`. `attempt` runs one cell and says how that ended; `run_in_turn` runs cells one
    after the other.
    """

    def cells_at_once(self, work: Workload) -> int:
        """How many cells a machine like this one runs at once, at least 1.

        A new study divides the machine's cores by it: each cell gets as many threads.
        """

    def run(self, cells: Iterable[Cell], job: Job) -> None:
        """Run each cell once, and tell of it.

        cells: a list; in a race a `Supply`, which chooses the next cell by what has ended. A loop
        over `cells` suits an engine that ends one cell before it begins the next; one that runs
        several at once makes a supply of them (`supply_of`) and takes a cell whenever it has room.
        A cell that fails is recorded (error.json) and told, and the others go on. Raises DiskError
        where nothing can be written any more, and InputError where the engine cannot begin.
        """


def default_workers(work: Workload) -> int:
    """Cells at once where nothing is asked for: one a core, or fewer of more threads each.

    Small networks gain little from a second thread. A GPU gets as many cells as share it well: a
    small one is held up by the host for part of its time, so that up to four do: see `gpu_share`.
    Each needs two cores, one of them for CUDA's own threads, and 4 GiB of the GPU's memory: more
    than `small` takes at batches of 512, with its images and CUDA's own half a gigabyte.
    """
    cores = usable_cores()
    if work.device == "cpu":
        return max(1, min(cores // work.threads, work.cells))
    if work.device == "mps":
        return 1
    largest = max((gpu_share(model, size) for model, size in work.networks), default=1.0)
    at_most = (int(1 / largest), cores // 2, work.cells, gpu_memory(work.device) // _SMALL_CELL)
    return max(1, min(at_most))


def gpu_share(model: str, image_size: int) -> float:
    """A quarter where a network made for small images sees images of up to 64 pixels, else 1.

    A default of ours: such a network leaves most of a GPU idle, and four fit into its memory.
    """
    small = model in MODELS and MODELS[model].stem == "small"
    return 0.25 if small and image_size <= _SMALL_IMAGE else 1.0


def gpu_memory(device: Device) -> int:
    """Bytes of the memory of a GPU, "cuda" or "cuda:1"; 0 without one."""
    if not torch.cuda.is_available():
        return 0
    return int(torch.cuda.get_device_properties(torch.device(device)).total_memory)


def workload_of(cells: Sequence[Cell], plan: Plan) -> Workload:
    """What some cells of a plan ask of an engine."""
    networks = {(cell.model, plan.datasets[cell.dataset].image_size) for cell in cells}
    return Workload(plan.device, len(cells), frozenset(networks), plan.threads)
