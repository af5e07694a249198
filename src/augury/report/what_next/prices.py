"""What runs of a study cost, by those that have ended, or by its probe."""

from collections.abc import Iterable

from augury.records.cell import Cell
from augury.report.load import StudyRecords
from augury.study.racing.durations import Durations


class Prices:
    """Seconds that runs of a study take, with `at_once` of them at the same time, as it ran."""

    def __init__(self, study: StudyRecords) -> None:
        plan = study.plan
        self._durations = Durations(plan)
        for run in study.runs:
            if run.result:
                self._durations.add(run.cell, run.result.seconds)
        cores = plan.provenance.machine.cores or 1
        self.at_once = max(1, cores // plan.threads) if plan.device == "cpu" else 1

    def of(self, cells: Iterable[Cell]) -> float | None:
        """Of all these runs; None where nothing tells."""
        each = [self._durations.expected(cell) for cell in cells]
        known = [seconds for seconds in each if seconds is not None]
        return sum(known) / self.at_once if len(known) == len(each) else None
