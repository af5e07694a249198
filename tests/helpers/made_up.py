"""An engine that writes results instead of training."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from augury.records.cell import Cell
from augury.study.engines.attempt import fail
from augury.study.engines.engine import Job, Workload
from augury.study.engines.events import CellDone
from augury.study.engines.supply import supply_of
from helpers.studies import IMAGES, write_run


@dataclass(frozen=True)
class MadeUpRuns:
    """Runs `workers` cells at once, which end in a random order.

    right_of: how many of 200 test images a run gets right, the same whenever it is run; failing:
    (augmentation, seed) of the cells that fail; stop_after: cells after which it is interrupted;
    log: the cells that were begun.
    """

    right_of: Callable[[Cell], int]
    workers: int = 1
    order: int = 0
    failing: frozenset[tuple[str, int]] = frozenset()
    stop_after: int = 10**9
    log: list[Cell] = field(default_factory=list)

    def cells_at_once(self, work: Workload) -> int:
        return self.workers

    def run(self, cells: Iterable[Cell], job: Job) -> None:
        rng, supply, running = random.Random(self.order), supply_of(cells), list[Cell]()
        while True:
            while len(running) < self.workers and (cell := supply.take()):
                running.append(cell)
                self.log.append(cell)
                if len(self.log) >= self.stop_after:
                    raise KeyboardInterrupt
            if not running:
                return
            cell = running.pop(rng.randrange(len(running)))
            if (cell.augmentation, cell.seed) in self.failing:
                job.on_event(fail(job.folder, cell, "it does not work"))
            else:
                right = self.right_of(cell)
                write_run(job.folder, cell, right)
                job.on_event(CellDone(cell.name, right / IMAGES, 2.0))
