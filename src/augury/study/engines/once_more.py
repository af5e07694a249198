"""The rule for cells that wanted more memory than there was, or whose process was lost."""

from augury.records.cell import Cell
from augury.study.engines.attempt import fail
from augury.study.engines.events import CellFailed, TryAgain
from augury.study.store import StudyFolder


class OnceMore:
    """A cell that was lost is tried once more, alone; if it is lost again, it has failed.

    The other cells may have been at fault, as together they can want more memory than there is.
    cells: those to be tried again; an engine runs them when all others are through, one at a time.
    """

    def __init__(self, folder: StudyFolder) -> None:
        self.cells: list[Cell] = []
        self._folder = folder

    def lost(self, cell: Cell, message: str) -> TryAgain | CellFailed:
        """Note that `cell` was lost; returns what is to be told.

        message: why, in one line. The second time the failure is recorded in the cell's folder.
        """
        if cell in self.cells:
            return fail(self._folder, cell, f"{message}, also when it was tried again alone")
        self.cells.append(cell)
        return TryAgain(cell.name, message)
