"""Small studies on the digits."""

import json

from augury.data import load_dataset
from augury.records.plan import Plan, PlannedSpeed
from augury.records.provenance import Provenance
from augury.study import StudyFolder, StudySettings, read_settings
from augury.study.planning.cells import make_cells
from augury.study.planning.plan import assemble_plan

# Two epochs of 60 images: a second a cell.
QUICK = {"epochs": 2, "batch_size": 20, "train_limit": 60, "test_limit": 50}
SPEED = PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0})


def quick_settings(**changes) -> StudySettings:
    recipe = QUICK | changes.pop("recipe", {})
    return read_settings(None, None, {"seeds": 1, "recipe": recipe} | changes)


def quick_plan(settings: StudySettings, threads: int = 1) -> Plan:
    """A plan without a probe."""
    datasets = {"digits": load_dataset("digits")}
    cells = make_cells(settings, datasets)
    speed = {f"{model} on digits": SPEED for model in settings.models}
    return assemble_plan(settings, datasets, cells, speed, threads, "cpu", Provenance())


def epochs_without_times(folder: StudyFolder, cell) -> list[dict]:
    """epochs.jsonl, times aside."""
    lines = folder.run(cell).epochs.read_text().splitlines()
    times = ("seconds", "step_seconds", "augment_seconds")
    return [{k: v for k, v in json.loads(line).items() if k not in times} for line in lines]
