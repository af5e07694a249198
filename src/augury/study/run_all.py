"""Running a study: all cells that are not done yet, or those that a race chooses; then judging."""

import time
from collections.abc import Callable
from pathlib import Path

from augury.data import Progress
from augury.records.plan import Plan
from augury.study.cell_states import CellCounts, count_cells, pending_cells
from augury.study.engines import LOCAL, Engine, Job
from augury.study.engines.events import CellDone, CellFailed, Event
from augury.study.judging.judge_study import judge_study
from augury.study.racing.budget import Budget
from augury.study.racing.race import Race
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


def run_race(
    plan: Plan,
    path: Path,
    budget: Budget,
    *,
    engine: Engine = LOCAL,
    data_dir: Path | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
    on_race: Callable[[Race], None] = lambda race: None,
    progress: Progress | None = None,
    clock: Callable[[], float] | None = None,
) -> CellCounts:
    """Run the race of a plan within a budget, and judge.

    on_event, progress: as for `run_study`; on_race: called with the race at the beginning, before a
    cell begins and after it has ended; clock: seconds since the command began.
    """
    began = time.monotonic()
    race = Race(
        plan, StudyFolder(path), budget, on_race, clock or (lambda: time.monotonic() - began)
    )

    def heard(event: Event) -> None:
        race(event)
        on_event(event)
        if isinstance(event, CellDone | CellFailed):
            on_race(race)

    on_race(race)
    if race.to_come():
        engine.run(race, Job(race.folder, plan, data_dir, heard))
    judge_study(race.plan, race.folder, progress)
    return count_cells(race.plan, race.folder)
