"""How far each cell of a study is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from augury.inside import is_there, read_plain
from augury.records.cell import Cell
from augury.records.failure import read_failure
from augury.records.plan import Plan
from augury.study.store import StudyFolder

State = Literal["done", "begun", "waiting", "failed"]
STATES: tuple[State, ...] = ("done", "begun", "waiting", "failed")


@dataclass(frozen=True)
class CellStatus:
    """A cell by its name. epochs: how many are trained, of `of`; error: why it failed, or ""."""

    cell: str
    state: State
    epochs: int
    of: int
    error: str = ""


def status(plan: Plan, folder: StudyFolder) -> list[CellStatus]:
    """Each cell's state, in the plan's order."""
    return [_status(cell, folder) for cell in plan.cells]


def count_states(cells: Iterable[CellStatus]) -> dict[State, int]:
    """How many cells are in each state."""
    states = [cell.state for cell in cells]
    return {state: states.count(state) for state in STATES}


def _status(cell: Cell, folder: StudyFolder) -> CellStatus:
    run = folder.run(cell)
    epochs = len(read_plain(run.epochs).splitlines()) if is_there(run.epochs) else 0
    state: State = (
        "done" if run.done else "failed" if run.failed else "begun" if epochs else "waiting"
    )
    failure = read_failure(run.error) if run.failed else None
    error = failure.error if failure else ""
    return CellStatus(cell.name, state, epochs, cell.recipe.epochs, error)
