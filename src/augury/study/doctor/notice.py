"""One line of a diagnosis."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["problem", "warning", "fine"]
LEVELS: tuple[Level, ...] = ("problem", "warning", "fine")


@dataclass(frozen=True)
class Notice:
    """One thing that the doctor says about a study.

    level: "problem" where the study cannot run to its end or cannot reach a verdict; "warning"
        where its answer or its cost may not be what was meant; else "fine".
    where: a data set's name, "model on data set", or "costs", "seeds", "folder".
    check: the short name of the check, the same in every version.
    count: how many images, classes, files or cells it is about.
    words: one line for people.
    """

    level: Level
    where: str
    check: str
    count: int
    words: str
