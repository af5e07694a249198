"""Opening a study: plan a new one, or extend the one that a folder holds."""

import math
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from augury.cores import usable_cores
from augury.data import Dataset, Progress, check_output, data_title
from augury.errors import InputError
from augury.inside import is_there, lock
from augury.records.numbers import Device
from augury.records.plan import Plan, read_plan, write_plan
from augury.study.cell_states import looked_at, pending_cells
from augury.study.engines import LOCAL, Engine, Workload
from augury.study.planning.cells import require_code
from augury.study.planning.datasets import load_datasets
from augury.study.planning.device import check_there, chosen_device
from augury.study.planning.extend import (
    extend_plan,
    with_planned_design,
    with_planned_recipe,
)
from augury.study.planning.fitting import fitted
from augury.study.planning.plan import make_plan
from augury.study.planning.settings import StudySettings
from augury.study.provenance import provenance
from augury.study.store import StudyFolder, disk_errors
from augury.study.study_file import write_study_file
from augury.study.usable_folder import PLAN_LOCK, nothing_left

# What judging and reporting write beside plan.json.
_WRITTEN = (
    *("report.html", "report.md", "summary.csv"),
    *("verdicts.json", "evidence.json", "judged.json"),
)


def open_study(
    settings: StudySettings,
    path: Path,
    *,
    engine: Engine = LOCAL,
    data_dir: Path | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Plan a new study in `path`, or extend the one that is there; writes plan and settings.

    engine: what will run the cells; a new plan gives each cell the machine's cores / the cells
    that the engine runs at once.
    Raises RecipeChanged where the folder holds a study with other settings, and InputError where a
    new study would lie in its own data or write over files of the user's own, or its cells would
    run code that the user has not confirmed, or its device is not on this machine. A study.toml of
    the user's stays as it is. A new study that is refused leaves no folder behind.
    """
    folder = StudyFolder(path)
    check_study_folder(settings, folder)
    begun = read_plan(folder.plan_file) if is_there(folder.plan_file) else None
    if begun is None:
        _check_arms(settings)
    datasets = load_datasets(settings, data_dir, progress, begun=begun)
    with disk_errors(path), nothing_left(path), lock(path / PLAN_LOCK):
        old = read_plan(folder.plan_file) if is_there(folder.plan_file) else None
        if old:
            require_code(pending_cells(old, folder), folder.plan_file)
        else:
            _check_free(path)
        if old:
            settings = with_planned_recipe(settings, old)
            settings = with_planned_design(settings, old, str(path))
        settings = fitted(settings, datasets, old)
        device = old.device if old else chosen_device(settings.device)
        check_there(device)
        threads = old.threads if old else threads_a_cell(engine, device, settings, datasets)
        new = make_plan(settings, datasets, threads, device, provenance(), progress, old)
        judged = is_there(path / "verdicts.json") or (old and looked_at(old, folder))
        plan = extend_plan(old, new, bool(judged)) if old else new
        write_plan(folder.plan_file, plan)
        write_study_file(path / "study.toml", settings, old)
    return plan


def check_study_folder(settings: StudySettings, folder: StudyFolder) -> None:
    """Raise InputError where a new study would be written into its own data set's folder."""
    if is_there(folder.plan_file):
        return  # begun by an earlier version; what it holds is not read as data
    for name in settings.datasets:
        what = f"the study's folder {folder.path}"
        check_output(folder.path, name, what, f"{data_title(name)}-study")


def _check_arms(settings: StudySettings) -> None:
    """Raise InputError for a race of one arm, and for budgets of a race where there is none."""
    if settings.race and len(settings.augmentations) < 2:
        raise InputError(
            f"augmentations: {settings.augmentations[0]} alone has nothing to race against; "
            "name a second arm, or a number of seeds (--seeds) for a study of one arm"
        )
    for name in ("cells", "time"):
        if getattr(settings, name) is not None and not settings.race:
            raise InputError(
                f"{name}: is a budget of a race; with seeds or until_decided a study is none"
            )


def _check_free(path: Path) -> None:
    """Raise InputError where a new study would write over files that are there."""
    if is_there(path / "runs"):
        return  # a study that has lost its plan
    for name in (
        "report.html",
        "report.md",
        "summary.csv",
        "verdicts.json",
        "evidence.json",
        "judged.json",
    ):
        if is_there(path / name):
            raise InputError(
                f"{path / name}: is there already, and a study would write over it. "
                "Give the study a folder of its own (--out)"
            )


def threads_a_cell(
    engine: Engine, device: Device, settings: StudySettings, datasets: Mapping[str, Dataset]
) -> int:
    """Threads of each cell of a new study: this machine's cores over the engine's cells at once."""
    seeds = settings.max_seeds if settings.race else settings.first_seeds
    grid = (settings.datasets, settings.models, settings.augmentations, range(seeds))
    cells = math.prod(len(side) for side in grid)
    at_once = engine.cells_at_once(workload(device, cells, settings, datasets))
    return max(1, usable_cores() // at_once)


def workload(
    device: Device, cells: int, settings: StudySettings, datasets: Mapping[str, Dataset]
) -> Workload:
    """The workload of a study for an engine: `cells` cells of its models on its data sets."""
    sizes = {dataset.image_size for dataset in datasets.values()}
    return Workload(device, cells, networks=frozenset(product(settings.models, sizes)))
