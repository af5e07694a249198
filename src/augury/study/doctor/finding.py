"""One line of a diagnosis."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["problem", "warning", "fine"]
LEVELS: tuple[Level, ...] = ("problem", "warning", "fine")


@dataclass(frozen=True)
class Finding:
    """What was looked at and found.

    level: "problem" where the study cannot run to its end or cannot give a verdict, "warning"
    where its answer or its cost may not be what was meant, else "fine"
    where: a data set's name, a model's, or "costs", "seeds", "folder"
    check: which check it is, a short name that stays; count: how many of what is found
    words: one line for people
    """

    level: Level
    where: str
    check: str
    count: int
    words: str
