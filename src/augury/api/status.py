"""How far a study is."""

from collections.abc import Sequence
from typing import overload

from rich.console import RenderableType

from augury.study.cell_states import CellStatus, State, count_states
from augury.terminal import Shown, status_view


class StatusTable(Shown, Sequence[CellStatus]):
    """A `CellStatus` for each cell of a study, in the plan's order.

    A row has `cell` (its name), `state` ("done", "begun", "waiting" or "failed"), `epochs` of `of`,
    and the `error` of a failed one. Printed it is what `augury status` prints.
    """

    def __init__(self, name: str, cells: Sequence[CellStatus], metric: str = "accuracy") -> None:
        self._name, self._cells, self._metric = name, tuple(cells), metric

    @property
    def counts(self) -> dict[State, int]:
        """How many cells are in each state."""
        return count_states(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    @overload
    def __getitem__(self, at: int) -> CellStatus: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[CellStatus, ...]: ...
    def __getitem__(self, at: int | slice) -> CellStatus | tuple[CellStatus, ...]:
        return self._cells[at]

    def view(self) -> RenderableType:
        """The table as the terminal shows it."""
        return status_view(self._name, self._cells, self._metric)
