"""A race as what engines take cells from: what is asked for is in plan.json before it begins."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from augury.data import data_title
from augury.inside import lock
from augury.records.cell import Cell
from augury.records.plan import Plan, read_plan, write_plan
from augury.study.engines.events import CellDone, CellFailed, Event, TryAgain
from augury.study.engines.supply import Supply
from augury.study.judging.finished_runs import read_finished_run
from augury.study.judging.pairs import Arm, arm_of
from augury.study.planning.plan import one_of_each_arm
from augury.study.racing.budget import Budget
from augury.study.racing.durations import Durations
from augury.study.racing.images import TestImages
from augury.study.racing.next_cell import Ended, Lanes, given_up, next_cell, seeds_to_come
from augury.study.racing.prefix import prefix, was_passed
from augury.study.racing.standing import Standing, look, order_by
from augury.study.store import StudyFolder, disk_errors
from augury.study.usable_folder import PLAN_LOCK


class Race(Supply):
    """Chooses the next cell by what has ended; it hears of that by the engine's events.

    plan: the study as it has grown; told: called with the race whenever it gives out a cell, before
    that begins; clock: seconds since the command began; again: whether runs that have failed are
    tried again.
    """

    chooses = True

    def __init__(
        self,
        plan: Plan,
        folder: StudyFolder,
        budget: Budget,
        told: Callable[["Race"], None] = lambda race: None,
        clock: Callable[[], float] = time.monotonic,
        again: bool = True,
    ) -> None:
        super().__init__(())
        self.plan, self.folder, self.budget, self.clock = plan, folder, budget, clock
        self.durations = Durations(plan)
        arms = {arm_of(cell): cell for cell in one_of_each_arm(plan.cells)}
        self.lanes = Lanes(plan.cells, arms, plan.baseline, plan.first_seed)
        self.images = TestImages(self.lanes, folder, plan.rule)
        self._idle = {arm for arm, cell in arms.items() if not _is_asked(cell, plan)}
        self.scores: dict[str, float] = {}
        self._cells = {cell.name: cell for cell in plan.cells}
        self._done, self._failed = set[str](), set[str]()
        self._running, self._lost = set[str](), set[str]()
        self._told = told
        self._standing: Standing | None = None
        for cell in plan.cells:
            self._read(cell)
        self._keep_out(again)

    @property
    def ended(self) -> Ended:
        """What has become of the cells so far."""
        return Ended(self._done, self._failed, self._running, self._lost)

    @property
    def standing(self) -> Standing:
        """What is decided by what has ended so far."""
        if self._standing is None:
            arms = self.lanes.compared()
            seen = {arm: prefix(self.lanes, self.ended, self.scores, arm) for arm in arms}
            self._standing = look(
                seen,
                self.plan.rule,
                self.budget.max_seeds,
                self._idle,
                lambda claims: self.images.look(claims, seen),
            )
        return self._standing

    def take(self) -> Cell | None:
        """The next cell, which plan.json then holds; None while there is none within the budget."""
        while (cell := self._next()) is not None:
            self._ask_for(cell)
            self._read(cell)  # another process of the same study may have finished it
            if cell.name not in self._done:
                self._running.add(cell.name)
                self._told(self)
                return cell
        return None

    def given_up(self) -> set[Arm]:
        """The arms and baselines that get no more seeds because their runs fail."""
        return {arm for arm in self.lanes.arms if given_up(self.lanes, self.ended, arm)}

    def to_come(self) -> Sequence[Cell]:
        """What may still be begun within the budget of seeds, if nothing more is decided."""
        settled = self.standing.settled
        return seeds_to_come(self.lanes, self.ended, settled, self.budget.max_seeds)

    def __call__(self, event: Event) -> None:
        """Hear how a cell ended."""
        match event:
            case CellDone(name) | CellFailed(name):
                self._running.discard(name)
                self._lost.discard(name)
                if isinstance(event, CellFailed):
                    self._failed.add(name)
                else:
                    self._read(self._cells[name])
                self._standing = None
            case TryAgain(name):
                self._lost.add(name)

    def _next(self) -> Cell | None:
        standing, most = self.standing, self.budget.max_seeds
        expected = order_by(standing, self.plan.rule, most)
        return next_cell(self.lanes, self.ended, standing.settled, most, self._fits, expected)

    def _fits(self, cell: Cell) -> bool:
        """Whether the budget allows to begin `cell` now."""
        begun = len(self._done) + len(self._failed) + len(self._running)
        expected = self.durations.expected(cell) or 0.0
        return begun < self.budget.cells and self.clock() + expected < self.budget.seconds

    def _ask_for(self, cell: Cell) -> None:
        """Write `cell` into plan.json, where it is not in it yet."""
        if cell.name in self._cells:
            return
        with disk_errors(self.folder.path), lock(self.folder.path / PLAN_LOCK):
            self.folder.check_there()
            # Read anew, as another process may be at the same study.
            there = read_plan(self.folder.plan_file)
            fresh = {each.name: each for each in (*there.cells, cell)}
            self.plan = replace(self.plan, cells=tuple(fresh.values()))
            if len(fresh) > len(there.cells):
                write_plan(self.folder.plan_file, replace(there, cells=self.plan.cells))
        for each in self.plan.cells:
            if each.name not in self._cells:
                self._cells[each.name] = each
                self.lanes.add(each)

    def _read(self, cell: Cell) -> None:
        """Take note of the cell's result, where it has one."""
        run = self.folder.run(cell)
        if cell.name in self._done or not run.done:
            return
        result, rule = run.read_result(), self.plan.rule
        score = result.test.score(rule.metric)
        if rule.part == "validation":
            score = read_finished_run(self.folder, cell, rule.part).score(rule.metric)
        self.scores[cell.name] = float("nan") if score is None else score
        self.durations.add(cell, result.seconds)
        self._done.add(cell.name)
        self._failed.discard(cell.name)
        self._standing = None

    def _keep_out(self, again: bool) -> None:
        """Failed runs of earlier commands are tried again, unless a look has gone past them."""
        failed = {n for n, cell in self._cells.items() if self.folder.run(cell).failed}
        ended = Ended(self._done, failed)
        for name in failed:
            cell = self._cells[name]
            if not again or was_passed(self.lanes, ended, arm_of(cell), cell.seed):
                self._failed.add(name)


def _is_asked(cell: Cell, plan: Plan) -> bool:
    """Whether the settings ask for the arm of `cell` now.

    Arms that only earlier settings asked for keep what they have, and get no more seeds.
    """
    asked = plan.settings
    return (
        cell.dataset in {data_title(each) for each in asked["datasets"]}
        and cell.model in asked["models"]
        and cell.augmentation in asked["augmentations"]
    )
