"""A study opened as far as it can be: what cannot be had becomes a finding, the rest goes on."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from augury.data import Dataset, Progress, load_dataset, whole_location
from augury.errors import AuguryError, InputError
from augury.models import build_model, check_spec
from augury.records.cell import Cell
from augury.records.plan import Plan, pair_name, read_plan
from augury.records.provenance import Provenance
from augury.study.doctor.finding import Finding
from augury.study.engines.engine import default_workers
from augury.study.opening import check_study_folder, default_device
from augury.study.planning.plan import (
    describe,
    extend_plan,
    make_cells,
    model_spec,
    probe,
    require_code,
)
from augury.study.planning.settings import StudySettings
from augury.study.store import StudyFolder


@dataclass(frozen=True)
class Opened:
    """datasets: those that can be loaded, by name; plan: the cells that can be trained on them,
    together with those that the folder has already; folder: None where there is no study yet"""

    datasets: dict[str, Dataset]
    plan: Plan
    folder: StudyFolder | None
    findings: list[Finding]


def open_for_examination(
    settings: StudySettings,
    path: Path | None,
    data_dir: Path | None,
    workers: int | None,
    progress: Progress | None,
) -> Opened:
    """Load and probe everything as `open_study` does, and write nothing in `path`."""
    findings: list[Finding] = []
    if path is not None:
        try:
            check_study_folder(settings, StudyFolder(path))
        except InputError as error:
            findings.append(Finding("problem", "folder", "output", 1, str(error)))
    found = _load(settings, data_dir, progress, findings)
    old = _old_plan(path, findings)
    if old and path:
        require_code(old.cells, StudyFolder(path).plan_file)
    device = old.device if old else default_device()
    cells = make_cells(settings, found)
    each = workers or default_workers(device, len(cells))
    threads = old.threads if old else max(1, (os.cpu_count() or 1) // each)
    speed = {}
    pairs = [(model, dataset) for dataset in found.values() for model in settings.models]
    for done, (model, dataset) in enumerate(pairs):
        if progress:
            progress(done, len(pairs), "finding the fastest layout and precision")
        pair = f"{model} on {dataset.name}"
        try:
            _check_model(settings, model, dataset)
            speed[pair] = probe(settings, model, dataset, threads, device)
        except AuguryError as error:
            findings.append(Finding("problem", pair, "model", 1, str(error)))
    new = Plan(
        name=settings.title,
        baseline=settings.baseline_arm,
        rule=replace(settings.rule, looks=settings.looks),
        corruptions=settings.corruptions,
        settings=settings.to_dict(),
        datasets={d.name: describe(d, location) for location, d in found.items()},
        cells=tuple(cell for cell in cells if pair_name(cell) in speed),
        speed=speed,
        threads=threads,
        device=device,
        provenance=Provenance(),
    )
    folder, plan = _extended(old, new, path, findings)
    return Opened({d.name: d for d in found.values()}, plan, folder, findings)


def _load(
    settings: StudySettings,
    data_dir: Path | None,
    progress: Progress | None,
    findings: list[Finding],
) -> dict[str, Dataset]:
    """By location, as `make_cells` takes them."""
    found: dict[str, Dataset] = {}
    for name in settings.datasets:
        try:
            dataset = load_dataset(
                name, data_dir=data_dir, image_size=settings.image_size, progress=progress
            )
        except AuguryError as error:
            findings.append(Finding("problem", name, "data", 1, str(error)))
            continue
        if dataset.name in {other.name for other in found.values()}:
            words = f"two data sets are called {dataset.name!r}: rename one of their folders"
            findings.append(Finding("problem", name, "data", 1, words))
            continue
        found[whole_location(name)] = dataset
    return found


def _check_model(settings: StudySettings, model: str, dataset: Dataset) -> None:
    """Weights that are asked for are fetched, as for the study."""
    spec = model_spec(model, settings.network, dataset)
    check_spec(spec)
    if spec.pretrained or spec.weights:
        build_model(spec, 0)


def _old_plan(path: Path | None, findings: list[Finding]) -> Plan | None:
    if path is None or not StudyFolder(path).plan_file.exists():
        return None
    try:
        return read_plan(StudyFolder(path).plan_file)
    except InputError as error:
        findings.append(Finding("problem", "folder", "plan", 1, str(error)))
        return None


def _extended(
    old: Plan | None, new: Plan, path: Path | None, findings: list[Finding]
) -> tuple[StudyFolder | None, Plan]:
    if old is None or path is None or not new.cells:
        return None, new
    judged = (path / "verdicts.json").exists()
    try:
        return StudyFolder(path), extend_plan(old, new, judged)
    except AuguryError as error:
        findings.append(Finding("problem", "folder", "recipe", 1, str(error)))
        return None, new


def pending(opened: Opened, cells: tuple[Cell, ...] | None = None) -> list[Cell]:
    """Of `cells` (the plan's by default) those without a result."""
    asked = opened.plan.cells if cells is None else cells
    if opened.folder is None:
        return list(asked)
    return [cell for cell in asked if not opened.folder.run(cell).done]
