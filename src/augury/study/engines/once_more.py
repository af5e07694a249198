"""The rule for cells that wanted more memory than there was, or whose process was lost."""

from augury.records.cell import Cell
from augury.study.engines.attempt import fail
from augury.study.engines.events import CellFailed, TryAgain
from augury.study.store import StudyFolder


class OnceMore:
    """A cell that was lost is tried once more, alone; if it is lost again, it has failed.

    The other cells may have been at fault, as together they can want more memory than there is.
    cells: those that were lost once. An engine runs them when all others are through, one at a
    time, and then asks its supply again.
    """

    def __init__(self, folder: StudyFolder) -> None:
        self.cells: list[Cell] = []
        self._folder = folder
        self._waiting: list[Cell] = []

    def lost(self, cell: Cell, message: str) -> TryAgain | CellFailed:
        """Note that `cell` was lost; returns what is to be told.

        message: why, in one line. The second time the failure is recorded in the cell's folder.
        """
        if cell in self.cells:
            return fail(self._folder, cell, f"{message}, also when it was tried again alone")
        self.cells.append(cell)
        self._waiting.append(cell)
        return TryAgain(cell.name, message)

    def take_all(self) -> list[Cell]:
        """The cells that were lost and not tried again yet; the next call gives only new ones."""
        waiting, self._waiting = self._waiting, []
        return waiting
