"""Studies: data sets × models × augmentations × seeds, each cell trained alike."""

from augury.records.cell import Cell, NetworkOptions
from augury.records.plan import Plan, plan_of, read_plan
from augury.study.planning.settings import PRESETS, StudySettings, read_settings
from augury.study.status import CellStatus, status
from augury.study.store import StudyFolder
from augury.study.study import (
    CellCounts,
    count_cells,
    judge_study,
    open_study,
    run_study,
)
from augury.study.until_decided import run_until_decided

__all__ = [
    "PRESETS",
    "Cell",
    "CellCounts",
    "CellStatus",
    "NetworkOptions",
    "Plan",
    "StudyFolder",
    "StudySettings",
    "count_cells",
    "judge_study",
    "open_study",
    "plan_of",
    "read_plan",
    "read_settings",
    "run_study",
    "run_until_decided",
    "status",
]
