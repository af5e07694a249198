"""How long the cells of a race take, as far as is known."""

import statistics
from collections import defaultdict

from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.study.judging.pairs import Arm, arm_of
from augury.study.planning.parts import count_steps


class Durations:
    """Seconds of a cell: the median of its arm's finished runs, or else the nearest that is known.

    Before any run of its data set and network has ended that is what the probe measured of a
    training step, which leaves out the augmentation and all evaluation.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[Arm, list[float]] = defaultdict(list)

    def add(self, cell: Cell, seconds: float | None) -> None:
        """Note that a run of `cell` took so long, where that is known."""
        if seconds is not None:
            self._known[arm_of(cell)].append(seconds)

    def expected(self, cell: Cell) -> float | None:
        """Seconds that `cell` will take; None where nothing is known."""
        dataset, model, _ = arm = arm_of(cell)
        if self._known[arm]:
            return statistics.median(self._known[arm])
        near = [
            s for each, known in self._known.items() if each[:2] == (dataset, model) for s in known
        ]
        if near:
            return statistics.median(near)
        speed = self._plan.speed_of(cell)
        step = speed.milliseconds.get(f"{speed.layout} {speed.precision}")
        return None if step is None else step / 1000 * count_steps(self._plan, cell)
