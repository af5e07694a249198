"""Running a study: all cells that are not done yet, and then judging."""

from collections.abc import Callable
from pathlib import Path

from augury.data import Progress
from augury.records.plan import Plan
from augury.study.cell_states import CellCounts, count_cells, pending_cells
from augury.study.engines import LOCAL, Engine, Job
from augury.study.engines.events import Event
from augury.study.judging.judge_study import judge_study
from augury.study.store import StudyFolder


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
