"""Where engines take the cells from that they run: a list, or something that chooses as it goes."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from augury.records.cell import Cell


class Supply:
    """Gives out cells, one after the other; this one those of a list.

    An engine takes a cell whenever it can begin one. A supply that chooses by what has ended, as
    that of a race does, hears of it by the events that the engine tells; so an engine tells how a
    cell ended before it takes the next one.

    chooses: whether a cell that is taken later may be chosen better, so that none is to be taken
    before it can begin.
    """

    chooses = False

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._waiting = deque(cells)

    def take(self) -> Cell | None:
        """The next cell to begin; None: none until another one ends, and if none runs, none."""
        return self._waiting.popleft() if self._waiting else None

    def to_come(self) -> Sequence[Cell]:
        """The cells that may still be given out, as far as is known now."""
        return tuple(self._waiting)

    def __iter__(self) -> Iterator[Cell]:
        """Cell after cell, for engines that end one before they begin the next."""
        while (cell := self.take()) is not None:
            yield cell


def supply_of(cells: Iterable[Cell]) -> Supply:
    """`cells` themselves where they are a supply, else a supply of them."""
    return cells if isinstance(cells, Supply) else Supply(cells)
