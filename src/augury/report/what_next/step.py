"""One step that would be worth its time after a study."""

import shlex
from dataclasses import dataclass

from augury.report.load import StudyRecords
from augury.report.words import duration

_ROUNDED = 600.0  # seconds from which on a price is told in whole minutes


@dataclass(frozen=True)
class NextStep:
    """What could be done, and what it costs.

    what: a sentence without its full stop; command: what to type, "" where no command does it;
    seconds: until all its runs have ended, `at_once` of them at the same time, None where nothing
    tells; verdicts: how many of the study's comparisons it could change, or add.
    """

    what: str
    command: str
    seconds: float | None
    verdicts: int
    at_once: int = 1

    def __str__(self) -> str:
        return f"{self.what} ({self.price})" if self.price else self.what

    @property
    def price(self) -> str:
        """ "about 12 min with 2 runs at once"; "" where there are no runs, or nothing tells."""
        if not self.seconds:
            return ""
        at_once = f" with {self.at_once} runs at once" if self.at_once > 1 else ""
        return f"about {_rounded(self.seconds)}{at_once}"


def _rounded(seconds: float) -> str:
    if not _ROUNDED <= seconds < 3600:
        return duration(seconds)
    return f"{round(seconds / 60)} min"


def study_command(study: StudyRecords, *options: str) -> str:
    """What goes on with a study, with more options; "" where its folder has no study file."""
    file = study.folder / "study.toml"
    if not file.is_file():
        return ""
    known = () if "--out" in options else ("--out", str(study.folder))
    return shlex.join(("augury", "study", str(file), *options, *known))
