"""The costs of an opened study: each arm tried, and held against what the machine has."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from augury.augment import saliency_kinds
from augury.data import Progress
from augury.errors import AuguryError
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
from augury.study.doctor.finding import Finding
from augury.study.doctor.opening import Opened, pending
from augury.study.planning.parts import count_classes
from augury.study.planning.plan import limited_threads, make_cells, model_spec
from augury.study.planning.settings import StudySettings
from augury.study.running.provenance import machine
from augury.training.sources import check_sources

_DAY = 24 * 3600.0
_GB = 1e9

Arm = tuple[str, str, str]


def free_space(path: Path) -> int:
    """Bytes free where `path` is, or will be."""
    there = next(folder for folder in (path, *path.resolve().parents) if folder.exists())
    return shutil.disk_usage(there).free


def study_costs(
    opened: Opened,
    settings: StudySettings,
    path: Path,
    workers: int,
    findings: list[Finding],
    progress: Progress | None,
) -> Costs | None:
    """What is still to be run; None where nothing can be. Findings are added to `findings`."""
    waiting = pending(opened)
    arms = _arms(opened, waiting, findings, progress)
    if not arms:
        return None
    on_gpu = opened.plan.device == "cuda"
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
    )
    findings += cost_findings(costs, machine().memory_gb, _gpu_memory(on_gpu))
    return costs


def _arms(
    opened: Opened, waiting: Sequence[Cell], findings: list[Finding], progress: Progress | None
) -> list[ArmCost]:
    cells = {_arm(cell): cell for cell in reversed(opened.plan.cells)}
    arms = sorted(cells, key=[_arm(cell) for cell in opened.plan.cells].index)
    counts = Counter(map(_arm, waiting))
    benches: dict[tuple[str, str], Bench] = {}
    found = []
    for done, arm in enumerate(arms):
        if progress:
            progress(done, len(arms), "timing the arms")
        cell, dataset = cells[arm], opened.datasets.get(arm[0])
        if dataset is None:
            words = (
                f"{counts[arm]} cells of {' '.join(arm)} are in the folder and not in this study"
            )
            findings.append(Finding("warning", "folder", "not-counted", counts[arm], words))
            continue
        try:
            with limited_threads(opened.plan.threads):
                _check_sources(cell, opened)
                if arm[:2] not in benches:
                    benches = {arm[:2]: Bench(opened.plan, cell, dataset)}  # one in memory at once
                parts = count_classes(dataset, cell.recipe)
                found.append(arm_cost(opened.plan, cell, counts[arm], benches[arm[:2]], parts))
        except AuguryError as error:
            findings.append(Finding("problem", " ".join(arm), "arm", 1, str(error)))
    return found


def _arm(cell: Cell) -> Arm:
    return cell.dataset, cell.model, cell.augmentation


def _check_sources(cell: Cell, opened: Opened) -> None:
    dataset = opened.datasets[cell.dataset]
    spec = model_spec(cell.model, cell.network, dataset)
    kinds = saliency_kinds(cell.augmentation, cell.parameters)
    check_sources(kinds, cell.teacher, dataset, [spec])


def _most(
    opened: Opened, settings: StudySettings, arms: Sequence[ArmCost], workers: int
) -> float | None:
    if not settings.looks:
        return None
    known = {f"{model} on {dataset}" for dataset, model, _ in map(_of, arms)}
    asked = make_cells(settings, opened.datasets, range(settings.looks[-1]))
    whole = as_begun(asked, opened.plan.cells)
    possible = tuple(cell for cell in whole if f"{cell.model} on {cell.dataset}" in known)
    counts = Counter(map(_arm, pending(opened, possible)))
    return study_seconds([replace(arm, cells=counts[_of(arm)]) for arm in arms], workers)


def _of(arm: ArmCost) -> Arm:
    return arm.dataset, arm.model, arm.augmentation


def _gpu_memory(on_gpu: bool) -> int | None:
    return torch.cuda.get_device_properties(0).total_memory if on_gpu else None


def cost_findings(costs: Costs, memory_gb: float | None, gpu_memory: int | None) -> list[Finding]:
    """Where the study asks for more than there is. memory_gb: in 2^30 bytes; gpu_memory: bytes."""
    found = []
    if costs.disk > costs.free:
        words = (
            f"{costs.disk / _GB:.2g} GB are needed at the largest moment and "
            f"{costs.free / _GB:.2g} GB are free: the study will end when the disk is full"
        )
        found.append(Finding("problem", "costs", "disk", 1, words))
    if costs.seconds > _DAY:
        words = f"about {costs.seconds / 3600:.0f} hours, more than a day"
        found.append(Finding("warning", "costs", "time", 1, words))
    for what, needed, there in (
        ("memory", costs.memory, memory_gb and memory_gb * 2**30),
        ("GPU memory", costs.gpu, gpu_memory),
    ):
        if there and needed > there:
            words = (
                f"{costs.workers} workers may need {needed / _GB:.2g} GB of {what} and there are "
                f"{there / _GB:.2g} GB (an estimate); --workers takes fewer"
            )
            found.append(Finding("warning", "costs", what, 1, words))
    return found
