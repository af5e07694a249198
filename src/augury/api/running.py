"""Running a study as people meet it: planned, shown while it runs, and judged."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from augury.loggers import Watching, open_trackers
from augury.loggers.tracker import Tracker
from augury.study import (
    Budget,
    CellCounts,
    Plan,
    Race,
    StudyFolder,
    StudySettings,
    budget_of,
    open_study,
    run_race,
    run_study,
    run_until_decided,
)
from augury.study.engines import Engine, Local
from augury.study.engines.engine import workload_of
from augury.study.engines.events import Event
from augury.study.engines.torchrun import end, follow
from augury.study.planning.fitting import reasons
from augury.study.planning.recipes import recipe_words
from augury.terminal import StudyProgress, data_progress, few_of_each_reason, say
from augury.terminal.race_shown import RaceShown
from augury.training.processes import Processes, started_by_torchrun


def run_shown(
    settings: StudySettings,
    path: Path,
    engine_for: Callable[[Processes], Engine],
    data_dir: Path | None,
    verbose: bool,
    seconds: float = math.inf,
) -> CellCounts | None:
    """Plan the study or extend it, run what is not done, and show how far it is.

    engine_for: the engine, given the processes that torchrun has started (`ALONE` without it).
    verbose: a line for each epoch; seconds: that a race may take at most, besides what its settings
    say. Returns None in all processes of torchrun but the first, which share its cells.
    """
    with started_by_torchrun() as processes:
        if not processes.first:
            follow(path, processes, data_dir)
            return None
        reached = _run(settings, path, engine_for(processes), data_dir, verbose, seconds)
        end(processes)
    return reached


def _run(
    settings: StudySettings,
    path: Path,
    engine: Engine,
    data_dir: Path | None,
    verbose: bool,
    seconds: float,
) -> CellCounts:
    began = time.monotonic()
    trackers = open_trackers(settings.log, settings.title, path)
    with data_progress() as progress:
        plan = open_study(settings, path, engine=engine, data_dir=data_dir, progress=progress)
    say(recipe_words(plan.cells[0].recipe))
    if why := reasons(plan):
        say(why)
    if isinstance(engine, Local) and (slow := engine.crowded(plan)):
        say(slow)
    StudyFolder(path).set_aside_damaged(plan.cells, say)
    for dataset in plan.datasets.values():
        for note in dataset.notes:
            say(note)
        for line in few_of_each_reason(dataset.set_aside):
            say(f"set aside: {line}")

    if plan.rule.design == "race":
        budget = budget_of(settings)
        budget = replace(budget, seconds=min(budget.seconds, seconds))
        return _race(budget, plan, path, engine, data_dir, verbose, trackers, began)

    def run(plan: Plan) -> CellCounts:
        told = Watching(plan, StudyFolder(path), trackers, say)
        with StudyProgress(plan, StudyFolder(path), verbose) as shown:

            def on_event(event: Event) -> None:
                shown(event)
                told(event)

            return run_study(
                plan,
                path,
                engine=engine,
                data_dir=data_dir,
                on_event=on_event,
                progress=shown.judged,
            )

    if settings.until_decided:
        return run_until_decided(plan, StudyFolder(path), run, settings.max_hours)
    return run(plan)


def _race(
    budget: Budget,
    plan: Plan,
    path: Path,
    engine: Engine,
    data_dir: Path | None,
    verbose: bool,
    trackers: dict[str, Tracker],
    began: float,
) -> CellCounts:
    """Run a race, and show it: what its budget can decide, then each verdict as it is reached."""
    told = Watching(plan, StudyFolder(path), trackers, say)
    with StudyProgress(plan, StudyFolder(path), verbose) as shown:
        racing = RaceShown(shown, engine.cells_at_once(workload_of(plan.cells, plan)))

        def on_event(event: Event) -> None:
            shown(event)
            told(event)

        def on_race(race: Race) -> None:
            told.know(race.plan)
            racing(race)

        reached = run_race(
            plan,
            path,
            budget,
            engine=engine,
            data_dir=data_dir,
            on_event=on_event,
            on_race=on_race,
            progress=shown.judged,
            clock=lambda: time.monotonic() - began,
        )
    if racing.race:
        racing.end(racing.race)
    return reached
