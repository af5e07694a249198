"""A search as people meet it: race after race on validation images, then one test."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from augury.api.concluding import write_all
from augury.api.running import run_shown
from augury.errors import InputError
from augury.inside import check_folders, is_there
from augury.records.plan import Plan, read_plan
from augury.records.search import Search, Step, read_search, write_search
from augury.study import Budget, CellCounts, StudyFolder, StudySettings, budget_of, open_study
from augury.study.engines import Engine
from augury.study.searching.checks import (
    candidates_of,
    check_asked,
    check_begun,
    check_possible,
)
from augury.study.searching.choosing import choose, next_step
from augury.study.searching.steps import (
    begin_race,
    count_trained,
    final_settings,
    is_over,
    keep_runs,
    step_settings,
    tried_in,
)
from augury.terminal import data_progress, say
from augury.training.processes import ALONE, Processes, started_by_torchrun

_FOR_STEPS = 2 / 3
"""Of a budget of time or cells; the rest is kept for the test, where there is something to test."""


@dataclass(frozen=True)
class Searched:
    """A search as far as one command has brought it.

    counts: of the cells of each race that has begun, by its folder.
    """

    search: Search
    counts: dict[Path, CellCounts]


def search_shown(
    settings: StudySettings,
    path: Path,
    engine_for: Callable[[Processes], Engine],
    data_dir: Path | None,
    verbose: bool = False,
) -> Searched:
    """Begin the search of a study, or go on with it, and show how far it is.

    settings: those of the study, with the baseline and the candidates for arms, in the order in
    which they stand in combinations. Where `path` holds a study already, its arms stay as they are
    and its runs are shared. Raises InputError for what is no search, as `check_asked` and
    `check_possible` have it, and for other candidates than it has begun with.
    """
    with started_by_torchrun() as processes:
        if processes.count > 1:
            raise InputError("search: its races follow one another; torchrun cannot share them")
    if is_there(StudyFolder(path).plan_file):
        # A number of seeds is that of the study that is there, and stays.
        settings = replace(settings, seeds=None, until_decided=False)
    check_asked(settings)
    begun = read_search(path)
    if begun:
        check_begun(begun, settings, path)
        search = begun
    else:
        search = _begin(settings, path, engine_for, data_dir)
    return _Searching(settings, path, engine_for, data_dir, verbose, search).run()


def _begin(
    settings: StudySettings,
    path: Path,
    engine_for: Callable[[Processes], Engine],
    data_dir: Path | None,
) -> Search:
    folder = StudyFolder(path)
    study = read_plan(folder.plan_file) if is_there(folder.plan_file) else None
    with data_progress() as progress:
        check_possible(settings, study, data_dir, progress)
        if study is None:
            study = open_study(
                settings, path, engine=engine_for(ALONE), data_dir=data_dir, progress=progress
            )
            alone = True
        else:
            _check_baseline(settings, study, path)
            alone = False
    search = Search(
        candidates=candidates_of(settings),
        baseline=settings.baseline_arm,
        dataset=next(iter(study.datasets)),
        model=settings.models[0],
        alone=alone,
    )
    write_search(path, search)
    return search


def _check_baseline(settings: StudySettings, study: Plan, path: Path) -> None:
    if settings.baseline_arm not in {cell.augmentation for cell in study.cells}:
        raise InputError(
            f"baseline: {settings.baseline_arm} is no arm of the study in {path}, which has "
            f"{', '.join(dict.fromkeys(cell.augmentation for cell in study.cells))}; "
            "--baseline names one of them"
        )


class _Searching:
    """One command's part of a search."""

    def __init__(
        self,
        settings: StudySettings,
        path: Path,
        engine_for: Callable[[Processes], Engine],
        data_dir: Path | None,
        verbose: bool,
        search: Search,
    ) -> None:
        self._settings, self._path, self._search = settings, path, search
        self._engine_for, self._data_dir, self._verbose = engine_for, data_dir, verbose
        self._budget = budget_of(settings)
        self._began = time.monotonic()
        self._counts: dict[Path, CellCounts] = {}
        check_folders(path / "search")

    def run(self) -> Searched:
        """Step after step, then the test."""
        if not self._search.ended:
            self._search = replace(self._search, state="going on")
        while not self._search.ended and self._step():
            pass
        bounded = self._budget.cells < math.inf or self._budget.seconds < math.inf
        if self._search.winner and (self._search.ended or bounded):
            self._test(self._search.winner)
        if self._search.alone and is_there(StudyFolder(self._step_path(1)).plan_file):
            keep_runs(self._path, self._step_path(1))
        return Searched(self._search, self._counts)

    def _step(self) -> bool:
        """Run the next step; whether it is over."""
        search, number = self._search, len(self._search.steps) + 1
        base, arms = next_step(search.candidates, search.baseline, search.steps)
        if not arms:
            self._keep(replace(search, state="all are in"))
            return False
        path = self._step_path(number)
        say(f"search, step {number}, on validation images: {', '.join(arms)} against {base}")
        settings = step_settings(self._settings, number, base, list(arms))
        if not self._race(settings, path, _FOR_STEPS) or not is_over(path, settings.max_seeds):
            say(f"step {number} is not over; the same command goes on with it")
            return False
        tried = tried_in(path, list(arms))
        chosen = choose(tried)
        step = Step(str(path.relative_to(self._path)), base, tried, chosen, arms.get(chosen, ""))
        found = f"{chosen} helps most" if chosen else f"nothing helps beyond {base}"
        say(f"step {number}: {found}")
        state = search.state if chosen else "nothing more helps"
        self._keep(replace(search, steps=(*search.steps, step), state=state))
        return bool(chosen)

    def _test(self, winner: str) -> None:
        """Judge the winner on test images, on seeds that no step has trained."""
        path = self._path / "search" / "test"
        say(f"search, test: {winner} against {self._search.baseline}, on test images and new seeds")
        if self._race(final_settings(self._settings, winner), path, 1.0):
            tested = tried_in(path, [winner])
            state = self._search.state if self._search.ended else "budget"
            folder = str(path.relative_to(self._path))
            self._keep(
                replace(
                    self._search,
                    state=state,
                    test=tested[0] if tested else None,
                    test_folder=folder,
                )
            )

    def _race(self, settings: StudySettings, path: Path, share: float) -> bool:
        """Run one race within its share of the budget; False where nothing is left of it."""
        budget = self._left(path, share)
        if budget.seconds < 1 or budget.cells < 1:
            return False
        seconds = None if budget.seconds == math.inf else f"{budget.seconds:.0f}s"
        cells = None if budget.cells == math.inf else int(budget.cells)
        settings = replace(settings, time=seconds, cells=cells, max_hours=None)
        begin_race(settings, path, [self._path, *self._races()])
        reached = run_shown(settings, path, self._engine_for, self._data_dir, self._verbose)
        if reached:
            self._counts[path] = reached
            write_all(path)
        return True

    def _left(self, path: Path, share: float) -> Budget:
        """What is left of a share of the budget; `cells` as the race in `path` counts its own."""
        passed = time.monotonic() - self._began
        others = [each for each in self._races() if each != path]
        elsewhere = count_trained([*others, path]) - count_trained([path])
        return Budget(
            self._budget.max_seeds,
            self._budget.cells * share - elsewhere,
            self._budget.seconds * share - passed,
        )

    def _races(self) -> Sequence[Path]:
        """The folders of the races that have begun, the steps first."""
        steps = [self._step_path(number + 1) for number in range(len(self._search.steps) + 1)]
        folders = [*steps, self._path / "search" / "test"]
        return [each for each in folders if is_there(StudyFolder(each).plan_file)]

    def _step_path(self, number: int) -> Path:
        return self._path / "search" / f"step-{number}"

    def _keep(self, search: Search) -> None:
        self._search = search
        write_search(self._path, search)
