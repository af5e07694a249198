"""How far a study is: which of its cells are done, failed, begun or waiting."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from augury.inside import is_there, read_plain
from augury.records.cell import Cell
from augury.records.failure import read_failure
from augury.records.plan import Plan
from augury.study.store import StudyFolder

# Pairs that an arm of a race has before it is looked at.
FIRST_SEEDS = 3

State = Literal["done", "begun", "waiting", "failed"]
STATES: tuple[State, ...] = ("done", "begun", "waiting", "failed")


@dataclass(frozen=True)
class CellCounts:
    """How many cells a study has, and how many of them are done and have failed."""

    cells: int
    done: int
    failed: int


@dataclass(frozen=True)
class CellStatus:
    """How far one cell is.

    cell: its name; epochs: finished epochs, `of` how many; error: why it failed, in one line, ""
    where it did not.
    """

    cell: str
    state: State
    epochs: int
    of: int
    error: str = ""


def pending_cells(plan: Plan, folder: StudyFolder) -> list[Cell]:
    """The cells without a result, in the plan's order."""
    return [cell for cell in plan.cells if not folder.run(cell).done]


def count_cells(plan: Plan, folder: StudyFolder) -> CellCounts:
    """How many of the plan's cells are done and have failed."""
    runs = [folder.run(cell) for cell in plan.cells]
    return CellCounts(len(runs), sum(r.done for r in runs), sum(r.failed for r in runs))


def looked_at(plan: Plan, folder: StudyFolder) -> bool:
    """Whether the plan is a race in which an arm may have been looked at: it has three pairs.

    Unlike a fixed design a race is looked at while it runs, before any verdict is written.
    """
    if plan.rule.design != "race":
        return False
    counts = Counter(
        (cell.dataset, cell.model, cell.augmentation)
        for cell in plan.cells
        if folder.run(cell).done
    )
    return any(
        min(count, counts[(*arm[:2], plan.baseline)]) >= FIRST_SEEDS
        for arm, count in counts.items()
        if arm[2] != plan.baseline
    )


def status(plan: Plan, folder: StudyFolder) -> list[CellStatus]:
    """How far each cell is, in the plan's order."""
    return [_status(cell, folder) for cell in plan.cells]


def count_states(cells: Iterable[CellStatus]) -> dict[State, int]:
    """How many of the cells are in each state."""
    states = [cell.state for cell in cells]
    return {state: states.count(state) for state in STATES}


def _status(cell: Cell, folder: StudyFolder) -> CellStatus:
    run = folder.run(cell)
    epochs = len(read_plain(run.epochs).splitlines()) if is_there(run.epochs) else 0
    failure = read_failure(run.error) if run.failed else None
    error = failure.error if failure else ""
    state: State = "begun" if epochs else "waiting"
    if run.done or run.failed:
        state = "done" if run.done else "failed"
    return CellStatus(cell.name, state, epochs, cell.recipe.epochs, error)
