"""Engines take their cells from a supply, one by one, and ask again when a cell has ended."""

import pytest

from augury.errors import InputError
from augury.records.plan import write_plan
from augury.study import StudyFolder
from augury.study.engines import InProcess, Job
from augury.study.engines.events import CellDone, CellFailed, TryAgain
from augury.study.engines.supply import Supply, supply_of
from helpers.studies import quick_plan, quick_settings

RUN_CELL = "augury.study.engines.attempt.run_cell"


class OneMore(Supply):
    """Gives out the next seed whenever all that it gave out has ended, up to five."""

    chooses = True

    def __init__(self, cells):
        super().__init__(())
        self.cells, self.given, self.ended = list(cells), 0, set()

    def take(self):
        if self.given == len(self.cells) or len(self.ended) < self.given:
            return None
        self.given += 1
        return self.cells[self.given - 1]

    def to_come(self):
        return tuple(self.cells[self.given :])


@pytest.fixture
def study(tmp_path, cache_folder):
    plan = quick_plan(quick_settings(augmentations=["none"], seeds=5, corruptions=0))
    folder = StudyFolder(tmp_path / "study")
    folder.path.mkdir()
    write_plan(folder.plan_file, plan)
    for cell in plan.cells:
        folder.run(cell).path.mkdir(parents=True)
    return plan, folder


def test_a_list_is_given_out_in_order():
    supply = supply_of("abc")
    assert supply_of(supply) is supply
    assert supply.take() == "a"
    assert supply.to_come() == ("b", "c")
    assert list(supply) == ["b", "c"]
    assert supply.take() is None


def test_the_next_cell_is_chosen_when_the_last_one_has_ended(study, monkeypatch):
    """And a cell that was lost is tried again before the supply is asked for the last time."""
    plan, folder = study
    supply, tried = OneMore(plan.cells), []

    def failing(cell, *arguments):
        tried.append(cell.seed)
        raise MemoryError("full") if cell.seed == 2 else InputError("no")

    def on_event(event):
        if isinstance(event, CellDone | CellFailed):
            supply.ended.add(event.cell)
        told.append((type(event), event.cell))

    told = []
    monkeypatch.setattr(RUN_CELL, failing)
    InProcess().run(supply, Job(folder, plan, on_event=on_event))
    # Seed 3 is not given out before seed 2, which was lost, has been tried again and has failed.
    assert tried == [0, 1, 2, 2, 3, 4]
    assert [kind for kind, _ in told] == [CellFailed, CellFailed, TryAgain] + 3 * [CellFailed]
