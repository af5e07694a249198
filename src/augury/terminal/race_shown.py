"""A race in a terminal or a notebook: its budget, and a line for each arm that is decided."""

from dataclasses import replace

from augury.records.verdicts import read_verdicts
from augury.study import Race
from augury.study.doctor.budget import budget_lines
from augury.study.judging.pairs import Arm
from augury.study.racing.announce import (
    forgotten_lines,
    given_up_line,
    open_lines,
    verdict_line,
)
from augury.study.racing.forecast import forecast
from augury.terminal.printer import say
from augury.terminal.study_progress import StudyProgress, race_line


class RaceShown:
    """Call it with a race at its beginning, and whenever a cell is given out or has ended.

    shown: the study's progress; at_once: cells that run at the same time. race: once it has begun.
    """

    def __init__(self, shown: StudyProgress, at_once: int) -> None:
        self._shown, self._at_once = shown, at_once
        self.race: Race | None = None
        self._told: set[Arm] | None = None
        self._given_up = set[Arm]()

    def __call__(self, race: Race) -> None:
        """Raises InputError at the beginning where the budget could decide nothing."""
        self.race = race
        if self._told is None:
            self._begin(race)
        self._shown.raced(race.plan, forecast(race, self._at_once))
        decided = set(race.standing.decided)
        new = set[Arm]() if self._told is None else decided - self._told
        compared = race.lanes.compared()
        self._shown.verdicts([verdict_line(race, arm) for arm in compared if arm in new])
        self._told = decided
        for arm in race.given_up() - self._given_up:
            say(given_up_line(race, arm))
            self._given_up.add(arm)

    def end(self, race: Race) -> None:
        """What is decided in the end, and what would decide the rest."""
        say(race_line(replace(forecast(race, self._at_once), seconds=None)))
        for line in open_lines(race):
            say(line)

    def _begin(self, race: Race) -> None:
        judged = read_verdicts(race.folder.path / "verdicts.json")
        for line in (*forgotten_lines(race, judged), *budget_lines(race, self._at_once)):
            say(line)
