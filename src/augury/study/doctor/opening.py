"""Open a study as far as possible: what cannot be used becomes a notice, and the rest goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from augury.data import Dataset, Progress
from augury.errors import AuguryError, InputError
from augury.records.cell import Cell
from augury.records.plan import Plan, PlannedSpeed, pair_name, read_plan
from augury.records.provenance import Provenance
from augury.records.recipe import Recipe
from augury.study.cell_states import looked_at
from augury.study.doctor.notice import Notice
from augury.study.engines import Engine
from augury.study.opening import check_study_folder, threads_a_cell
from augury.study.planning.cells import make_cells, require_code
from augury.study.planning.datasets import load_datasets
from augury.study.planning.device import check_there, chosen_device
from augury.study.planning.extend import (
    extend_plan,
    with_planned_design,
    with_planned_recipe,
)
from augury.study.planning.fitting import fitted
from augury.study.planning.networks import usable_pairs
from augury.study.planning.plan import assemble_plan
from augury.study.planning.probe import probe_pairs
from augury.study.planning.settings import StudySettings
from augury.study.store import StudyFolder


@dataclass(frozen=True)
class Opened:
    """A study as the doctor sees it.

    datasets: by name, those that can be loaded.
    plan: the cells that can be trained on them, and those that the folder has already.
    folder: None where there is no study yet.
    notices: what could not be used.
    recipe: how the cells are trained.
    begun: the plan in the folder, where there is one that can be read.
    """

    datasets: dict[str, Dataset]
    plan: Plan
    folder: StudyFolder | None
    notices: list[Notice]
    recipe: Recipe = field(default_factory=Recipe)
    begun: Plan | None = None

    def pending(self, cells: Sequence[Cell] | None = None) -> list[Cell]:
        """Those of `cells`, of the plan by default, that have no result."""
        asked = self.plan.cells if cells is None else cells
        return [cell for cell in asked if not (self.folder and self.folder.run(cell).done)]


def open_for_examination(
    settings: StudySettings,
    path: Path | None,
    data_dir: Path | None,
    engine: Engine,
    progress: Progress | None,
) -> Opened:
    """Load and probe everything as `open_study` does, and write nothing in `path`."""
    notices: list[Notice] = []

    def unusable_data(name: str, error: AuguryError) -> None:
        notices.append(Notice("problem", name, "data", 1, str(error)))

    def unusable_model(pair: str, error: AuguryError) -> None:
        notices.append(Notice("problem", pair, "model", 1, str(error)))

    old = _old_plan(settings, path, notices)
    if old:
        settings = with_planned_recipe(settings, old)
        settings = with_planned_design(settings, old, str(path))
    datasets = load_datasets(settings, data_dir, progress, unusable_data, begun=old)
    settings = fitted(settings, datasets, old)
    cells = make_cells(settings, datasets)
    device = old.device if old else chosen_device(settings.device)
    check_there(device)
    threads = old.threads if old else threads_a_cell(engine, device, settings, datasets)
    pairs = usable_pairs(settings, datasets, unusable_model)
    speed = probe_pairs(settings, pairs, threads, device, progress, unusable_model, True)
    possible = [cell for cell in cells if pair_name(cell) in speed]
    new = assemble_plan(settings, datasets, possible, speed, threads, device, Provenance())
    folder, plan = _extended(old, new, path, notices)
    usable = {each.name: each for each in datasets.values()}
    return Opened(usable, plan, folder, notices, settings.recipe, old)


def _old_plan(settings: StudySettings, path: Path | None, notices: list[Notice]) -> Plan | None:
    """The plan of the study in `path`, where there is one that can be read.

    Raises InputError where it names code that the user has not confirmed.
    """
    if path is None:
        return None
    folder = StudyFolder(path)
    try:
        check_study_folder(settings, folder)
    except InputError as error:
        notices.append(Notice("problem", "folder", "output", 1, str(error)))
    if not folder.plan_file.exists():
        return None
    try:
        old = read_plan(folder.plan_file)
    except InputError as error:
        notices.append(Notice("problem", "folder", "plan", 1, str(error)))
        return None
    require_code(old.cells, folder.plan_file)
    return old


def _extended(
    old: Plan | None, new: Plan, path: Path | None, notices: list[Notice]
) -> tuple[StudyFolder | None, Plan]:
    if old is None or path is None or not new.cells:
        return None, new
    judged = (path / "verdicts.json").exists() or looked_at(old, StudyFolder(path))
    try:
        whole = extend_plan(old, new, judged)
        return StudyFolder(path), replace(whole, speed=_with_times(whole.speed, new.speed))
    except AuguryError as error:
        notices.append(Notice("problem", "folder", "recipe", 1, str(error)))
        return None, new


def _with_times(
    planned: Mapping[str, PlannedSpeed], measured: Mapping[str, PlannedSpeed]
) -> dict[str, PlannedSpeed]:
    """`planned`, with the milliseconds now `measured` where a study was begun without a probe."""
    return {
        pair: replace(speed, milliseconds=measured[pair].milliseconds)
        if not speed.milliseconds and pair in measured
        else speed
        for pair, speed in planned.items()
    }
