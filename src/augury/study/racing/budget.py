"""What a race may use at most."""

import math
from dataclasses import dataclass

from augury.study.planning.duration import read_duration
from augury.study.planning.settings import StudySettings


@dataclass(frozen=True)
class Budget:
    """The bounds of a race; it ends when all is decided, or when one of them is reached.

    max_seeds: of an arm; cells: of the whole study, finished ones included; seconds: of this
    command, after which nothing begins that would end later. Infinite where nothing is asked for.
    """

    max_seeds: int
    cells: float = math.inf
    seconds: float = math.inf


def budget_of(settings: StudySettings) -> Budget:
    """The budget that a study's settings name; `max_hours` counts as `time` does."""
    hours = math.inf if settings.max_hours is None else 3600 * settings.max_hours
    named = math.inf if settings.time is None else read_duration(settings.time)
    cells = math.inf if settings.cells is None else settings.cells
    return Budget(settings.max_seeds, cells, min(named, hours))
