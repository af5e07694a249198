"""Begin the race of a condition: its plan, and what the study has run of it already."""

import json
from dataclasses import replace
from pathlib import Path

from augury.data.location import data_title
from augury.files import make_folder
from augury.inside import is_there, lock
from augury.records.cell import Cell
from augury.records.plan import Plan, write_plan
from augury.study.cell_states import FIRST_SEEDS
from augury.study.confirming.asking import Asked
from augury.study.planning.settings import StudySettings
from augury.study.provenance import provenance
from augury.study.sharing import share_runs
from augury.study.store import StudyFolder, disk_errors


def begin(asked: Asked, plan: Plan, study: StudyFolder, path: Path) -> int:
    """Make the folder `path` of a condition ready to be run or gone on with as any study.

    plan: of the study in `study`. The condition takes over what its speeds and data sets are, and
    the finished runs of cells that are the same in both, as those of the baseline where only the
    strength of the arms differs. Returns how many runs it has newly taken over.
    """
    folder = StudyFolder(path)
    with disk_errors(path):
        make_folder(path)
        with lock(path / ".plan.lock"):
            if not is_there(folder.plan_file):
                write_plan(folder.plan_file, _first_plan(asked.settings, plan))
    shared = [cell for cell in plan.cells if _is_shared(cell, asked)]
    whole = [cell for cell in shared if study.run(cell).done and not study.run(cell).damage()]
    return share_runs(whole, study, folder)


def _first_plan(settings: StudySettings, plan: Plan) -> Plan:
    """A plan with the first seeds of the baseline alone: opening the study adds its arms."""
    datasets = {data_title(each) for each in settings.datasets}
    cells = [
        replace(cell, recipe=settings.recipe)
        for cell in plan.cells
        if cell.augmentation == plan.baseline
        and cell.seed in settings.seeds_up_to(FIRST_SEEDS)
        and cell.dataset in datasets
        and cell.model in settings.models
    ]
    return replace(
        plan,
        name=settings.title,
        rule=replace(settings.rule, design="race"),
        settings=json.loads(json.dumps(settings.to_dict())),
        cells=tuple(cells),
        provenance=provenance(),
    )


def _is_shared(cell: Cell, asked: Asked) -> bool:
    settings = asked.settings
    return cell.recipe == settings.recipe and cell.augmentation in settings.augmentations
