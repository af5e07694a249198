"""Studies: data sets × models × augmentations × seeds, each cell trained alike.

A study is planned (`planning`), run (`running`, on `engines`) and judged (`judging`); `doctor`
examines one before it runs.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.records.cell import Cell, NetworkOptions
    from augury.records.plan import Plan, plan_of, read_plan
    from augury.study.cell_states import CellCounts, CellStatus, count_cells, status
    from augury.study.confirming.reading import Confirmation
    from augury.study.judging.judge_study import judge_study
    from augury.study.opening import open_study
    from augury.study.planning.presets import PRESETS
    from augury.study.planning.settings import StudySettings, read_settings
    from augury.study.racing.budget import Budget, budget_of
    from augury.study.racing.race import Race
    from augury.study.run_all import run_race, run_study
    from augury.study.store import StudyFolder
    from augury.study.until_decided import run_until_decided
else:
    __getattr__, __dir__ = lazily(__name__)

__all__ = [
    "PRESETS",
    "Budget",
    "Cell",
    "CellCounts",
    "CellStatus",
    "Confirmation",
    "NetworkOptions",
    "Plan",
    "Race",
    "StudyFolder",
    "StudySettings",
    "budget_of",
    "count_cells",
    "judge_study",
    "open_study",
    "plan_of",
    "read_plan",
    "read_settings",
    "run_race",
    "run_study",
    "run_until_decided",
    "status",
]
