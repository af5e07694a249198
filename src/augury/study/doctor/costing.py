"""What an opened study costs: each arm is tried for a moment, and compared with the machine."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from augury.data import Progress
from augury.errors import AuguryError
from augury.kernels.threads import limited_threads
from augury.records.cell import Cell, as_begun
from augury.study.doctor.arms import arm_cost
from augury.study.doctor.bench import Bench
from augury.study.doctor.costs import (
    ArmCost,
    Costs,
    disk_bytes,
    gpu_bytes,
    memory_bytes,
    study_seconds,
)
from augury.study.doctor.notice import Notice
from augury.study.doctor.opening import Opened
from augury.study.doctor.proposals import proposals
from augury.study.judging.pairs import arm_of
from augury.study.planning.cells import make_cells
from augury.study.planning.networks import check_saliency
from augury.study.planning.parts import count_classes
from augury.study.planning.plan import one_of_each_arm
from augury.study.planning.settings import StudySettings
from augury.study.provenance import machine
from augury.training.device import current_device

_DAY = 24 * 3600.0
_GB = 1e9


def free_space(path: Path) -> int:
    """Bytes free where `path` is, or will be."""
    there = next(folder for folder in (path, *path.resolve().parents) if folder.exists())
    return shutil.disk_usage(there).free


def study_costs(
    opened: Opened,
    settings: StudySettings,
    path: Path,
    workers: int,
    notices: list[Notice],
    progress: Progress | None,
) -> Costs | None:
    """The costs of what is still to be run; None where nothing can be. `notices` are added to."""
    waiting = opened.pending()
    arms = _arms(opened, waiting, notices, progress)
    if not arms:
        return None
    device = torch.device(opened.plan.device)
    on_gpu = device.type == "cuda"  # Apple's GPUs share the memory of the processor
    costs = Costs(
        arms=tuple(arms),
        cells=sum(arm.cells for arm in arms),
        done=len(opened.plan.cells) - len(waiting),
        workers=workers,
        seconds=study_seconds(arms, workers),
        most=_most(opened, settings, arms, workers),
        disk=disk_bytes(arms, workers),
        free=free_space(path),
        memory=memory_bytes(arms, workers, on_gpu),
        gpu=gpu_bytes(arms, workers) if on_gpu else 0,
        proposals=proposals(opened, arms, workers),
    )
    notices += cost_notices(costs, machine().memory_gb, _gpu_memory(device))
    return costs


def _arms(
    opened: Opened, waiting: Sequence[Cell], notices: list[Notice], progress: Progress | None
) -> list[ArmCost]:
    cells = one_of_each_arm(opened.plan.cells)
    counts = Counter(map(arm_of, waiting))
    benches: dict[tuple[str, str], Bench] = {}
    found = []
    for done, cell in enumerate(cells):
        if progress:
            progress(done, len(cells), "timing the arms")
        arm, dataset = arm_of(cell), opened.datasets.get(cell.dataset)
        if dataset is None:
            words = (
                f"{counts[arm]} cells of {' '.join(arm)} are in the folder and not in this study"
            )
            notices.append(Notice("warning", "folder", "not-counted", counts[arm], words))
            continue
        try:
            on = current_device(torch.device(opened.plan.device))
            with limited_threads(opened.plan.threads), on:
                check_saliency([cell], dataset)
                if arm[:2] not in benches:
                    benches = {arm[:2]: Bench(opened.plan, cell, dataset)}  # one in memory at once
                parts = count_classes(dataset, cell.recipe)
                found.append(arm_cost(opened.plan, cell, counts[arm], benches[arm[:2]], parts))
        except AuguryError as error:
            notices.append(Notice("problem", " ".join(arm), "arm", 1, str(error)))
    return found


def _most(
    opened: Opened, settings: StudySettings, arms: Sequence[ArmCost], workers: int
) -> float | None:
    """Seconds of a study that adds seeds until all is decided, with all that may be added."""
    if settings.most_seeds == settings.first_seeds:
        return None
    known = {(arm.dataset, arm.model) for arm in arms}
    asked = make_cells(settings, opened.datasets, settings.seeds_up_to(settings.most_seeds))
    whole = as_begun(asked, opened.plan.cells)
    possible = tuple(cell for cell in whole if (cell.dataset, cell.model) in known)
    counts = Counter(map(arm_of, opened.pending(possible)))
    return study_seconds([replace(arm, cells=counts[arm.arm]) for arm in arms], workers)


def _gpu_memory(device: torch.device) -> int | None:
    on_gpu = device.type == "cuda"
    return torch.cuda.get_device_properties(device).total_memory if on_gpu else None


def cost_notices(costs: Costs, memory_gb: float | None, gpu_memory: int | None) -> list[Notice]:
    """Where the study needs more than there is.

    memory_gb: of the machine, in 2^30 bytes; gpu_memory: bytes; None where they are not known.
    """
    found = []
    if costs.disk > costs.free:
        words = (
            f"{costs.disk / _GB:.2g} GB are needed at the largest moment and "
            f"{costs.free / _GB:.2g} GB are free: the study will end when the disk is full"
        )
        found.append(Notice("problem", "costs", "disk", 1, words))
    if costs.seconds > _DAY:
        words = f"about {costs.seconds / 3600:.0f} hours, more than a day"
        found.append(Notice("warning", "costs", "time", 1, words))
    for what, needed, there in (
        ("memory", costs.memory, memory_gb and memory_gb * 2**30),
        ("GPU memory", costs.gpu, gpu_memory),
    ):
        if there and needed > there:
            words = (
                f"{costs.workers} workers may need {needed / _GB:.2g} GB of {what} and there are "
                f"{there / _GB:.2g} GB (an estimate); --workers takes fewer"
            )
            found.append(Notice("warning", "costs", what, 1, words))
    return found
