"""Cells until a moment: an engine that begins none that would end later."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from augury.records.cell import Cell
from augury.study.engines import LOCAL, Engine, Job, Workload
from augury.study.engines.events import CellDone, Event
from augury.study.engines.supply import Supply, supply_of


@dataclass(frozen=True)
class UntilDeadline:
    """Runs cells as `inner` does, and begins none that would end after `deadline`.

    deadline: by `clock`, seconds. How long a cell takes is the longest time of those that have
    ended. Cells are taken seed by seed, so that what is done in the end are whole pairs.
    """

    deadline: float
    inner: Engine = LOCAL
    clock: Callable[[], float] = time.monotonic

    def cells_at_once(self, work: Workload) -> int:
        """As many as `inner` runs."""
        return self.inner.cells_at_once(work)

    def run(self, cells: Iterable[Cell], job: Job) -> None:
        """Run the cells for which there is time; raises what `inner` raises."""
        given = cells if isinstance(cells, Supply) else sorted(cells, key=lambda cell: cell.seed)
        supply = _Timed(supply_of(given), self.deadline, self.clock)

        def heard(event: Event) -> None:
            supply.hear(event)
            job.on_event(event)

        self.inner.run(supply, replace(job, on_event=heard))


class _Timed(Supply):
    """The cells of another supply, as long as there is time for one more."""

    def __init__(self, of: Supply, deadline: float, clock: Callable[[], float]) -> None:
        self.of, self.deadline, self.clock = of, deadline, clock
        self.chooses = of.chooses
        self.began: dict[str, float] = {}
        self.longest = 0.0

    def take(self) -> Cell | None:
        """The next cell, None where it would end too late."""
        if self.clock() + self.longest >= self.deadline:
            return None
        cell = self.of.take()
        if cell is not None:
            self.began[cell.name] = self.clock()
        return cell

    def to_come(self) -> Sequence[Cell]:
        """All that wait; some may find no time."""
        return () if self.clock() >= self.deadline else self.of.to_come()

    def hear(self, event: Event) -> None:
        """Learn from a cell that has ended how long one takes."""
        if isinstance(event, CellDone):
            took = self.clock() - self.began.get(event.cell, math.inf)
            self.longest = max(self.longest, took)
