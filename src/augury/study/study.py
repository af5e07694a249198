"""A study from beginning to end: plan, run, judge."""

import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import tomli_w
import torch

from augury.data import DATASETS, Dataset, Progress, check_output, data_title, load_dataset
from augury.errors import InputError
from augury.files import write_atomically
from augury.inside import check_plain, is_there, lock, read_plain
from augury.records.cell import Cell
from augury.records.numbers import Device
from augury.records.plan import Plan, read_plan, write_plan
from augury.records.verdicts import Verdicts
from augury.study.engines import LOCAL, Engine, Job, Workload
from augury.study.engines.events import Event
from augury.study.judging.evidence import write_evidence
from augury.study.judging.judge import judge_arms
from augury.study.judging.memo import Memo
from augury.study.judging.verdicts import write_verdicts
from augury.study.planning.plan import extend_plan, make_plan, require_code
from augury.study.planning.settings import StudySettings, read_settings
from augury.study.running.provenance import provenance
from augury.study.store import StudyFolder, check_there, disk_errors


@dataclass(frozen=True)
class CellCounts:
    """How many cells a study has, and how many of them are done and have failed."""

    cells: int
    done: int
    failed: int


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
    run code that the user has not confirmed. A study.toml of the user's stays as it is. Data that
    cannot be used leaves no folder behind.
    """
    folder = StudyFolder(path)
    check_study_folder(settings, folder)
    datasets = _load(settings, data_dir, progress)
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        with lock(path / ".plan.lock"):
            old = read_plan(folder.plan_file) if is_there(folder.plan_file) else None
            if old:
                require_code(pending_cells(old, folder), folder.plan_file)
            else:
                _check_free(path)
            device = old.device if old else default_device()
            threads = old.threads if old else threads_a_cell(engine, device, settings, datasets)
            new = make_plan(settings, datasets, threads, device, provenance(), progress)
            judged = is_there(path / "verdicts.json")
            plan = extend_plan(old, new, judged) if old else new
            write_plan(folder.plan_file, plan)
            _write_settings(path / "study.toml", settings, old)
    return plan


def check_study_folder(settings: StudySettings, folder: StudyFolder) -> None:
    """Raise InputError where a new study would be written into the data that it is about."""
    if is_there(folder.plan_file):
        return  # begun by an earlier version; what it holds is not read as data
    for name in settings.datasets:
        what = f"the study's folder {folder.path}"
        check_output(folder.path, name, what, f"{data_title(name)}-study")


def _check_free(path: Path) -> None:
    """Raise InputError where a new study would write over somebody's files."""
    if is_there(path / "runs"):
        return  # a study that has lost its plan
    for name in ("report.html", "summary.csv", "verdicts.json", "evidence.json", "judged.json"):
        if is_there(path / name):
            raise InputError(
                f"{path / name}: is there already, and a study would write over it. "
                "Give the study a folder of its own (--out)"
            )


def _write_settings(file: Path, settings: StudySettings, old: Plan | None) -> None:
    """Write study.toml, unless one that augury has not written stands there: that one stays."""
    if not is_there(file) or _is_ours(file, old):
        write_atomically(file, _toml(settings.to_dict()))
    elif not _says(file, settings):
        logging.getLogger("augury").warning(
            "%s: stays as it is, as augury has not written it; plan.json has the study's settings",
            file,
        )


def _is_ours(file: Path, old: Plan | None) -> bool:
    """Whether it is, to the byte, what augury writes: then no comment and no layout is lost."""
    try:
        content = read_plain(file)
        if old is not None and content == _toml(old.settings):
            return True
        return content == _toml(read_settings(file, None, {}).to_dict())
    except InputError:
        return False


def _says(file: Path, settings: StudySettings) -> bool:
    try:
        check_plain(file)
        return read_settings(file, None, {}) == settings
    except InputError:
        return False


def _toml(settings: dict[str, Any]) -> bytes:
    return tomli_w.dumps(settings).encode()


def _load(
    settings: StudySettings, data_dir: Path | None, progress: Progress | None
) -> dict[str, Dataset]:
    datasets = {
        # A path is kept whole, so that the study goes on from any folder.
        name if name in DATASETS else str(Path(name).resolve()): load_dataset(
            name, data_dir=data_dir, image_size=settings.image_size, progress=progress
        )
        for name in settings.datasets
    }
    names = [dataset.name for dataset in datasets.values()]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(f"datasets: two are called {twice.pop()!r}; rename one of their folders")
    return datasets


def default_device() -> Device:
    """A GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def threads_a_cell(
    engine: Engine, device: Device, settings: StudySettings, datasets: dict[str, Dataset]
) -> int:
    """Threads of each cell of a new study: this machine's cores over the engine's cells at once."""
    grid = (settings.datasets, settings.models, settings.augmentations, range(settings.seeds))
    sizes = {dataset.image_size for dataset in datasets.values()}
    work = Workload(
        device,
        cells=math.prod(len(side) for side in grid),
        networks=frozenset(product(settings.models, sizes)),
    )
    return max(1, (os.cpu_count() or 1) // engine.cells_at_once(work))


def run_study(
    plan: Plan,
    path: Path,
    *,
    engine: Engine = LOCAL,
    data_dir: Path | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
    progress: Progress | None = None,
) -> CellCounts:
    """Run what is not done yet, and judge; failed cells are tried again.

    on_event: told of the cells while they run; progress: told of the judging.
    """
    folder = StudyFolder(path)
    pending = pending_cells(plan, folder)
    if pending:
        engine.run(pending, Job(folder, plan, data_dir, on_event))
    judge_study(plan, folder, progress)
    return count_cells(plan, folder)


def judge_study(plan: Plan, folder: StudyFolder, progress: Progress | None = None) -> Verdicts:
    """Write verdicts and evidence of what is finished; returns the verdicts.

    What was judged before by the same rule, code and files is recalled from `judged.json`.
    """
    with disk_errors(folder.path):
        check_there(folder.path)
        memo = Memo(folder.path / "judged.json")
        judged = judge_arms(plan, folder, memo, progress)
        write_evidence(plan, folder, judged, memo)
        memo.write()
        return write_verdicts(plan, folder, judged)


def pending_cells(plan: Plan, folder: StudyFolder) -> list[Cell]:
    """The cells without a result, in the plan's order."""
    return [cell for cell in plan.cells if not folder.run(cell).done]


def count_cells(plan: Plan, folder: StudyFolder) -> CellCounts:
    """How far the study is."""
    runs = [folder.run(cell) for cell in plan.cells]
    return CellCounts(len(runs), sum(r.done for r in runs), sum(r.failed for r in runs))
