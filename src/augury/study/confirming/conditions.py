"""The conditions under which decided arms are asked again, and their folders."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from augury.errors import InputError
from augury.inside import check_folders
from augury.names import check_name


class Condition(NamedTuple):
    """title: as a heading; where: in a sentence, behind a verdict; strength: times that of an arm.

    strength: None where the arms stay as they are.
    """

    title: str
    where: str
    strength: float | None = None


CONDITIONS: dict[str, Condition] = {
    "twice-epochs": Condition("twice the epochs", "at twice the epochs"),
    "half-data": Condition("half the data", "with half the training images"),
    "full-data": Condition("all the data", "with all training images"),
    "half-strength": Condition("half the strength", "at half the strength", 0.5),
    "twice-strength": Condition("twice the strength", "at twice the strength", 2.0),
}


def condition_folder(study: Path, condition: str) -> Path:
    """The folder of a condition of the study in `study`.

    Raises UnreadableError where it, or the folder around it, is a link.
    """
    folder = study / "confirm" / condition
    check_folders(folder.parent, folder)
    return folder


def chosen_conditions(names: Sequence[str] | None) -> tuple[str, ...]:
    """The conditions that are asked for, in the order of the table; all by default.

    Raises InputError for an unknown name, and for none at all.
    """
    if names is None:
        return tuple(CONDITIONS)
    for name in names:
        check_name(name, CONDITIONS, "condition")
    if not names:
        raise InputError(f"conditions: at least one is needed of {', '.join(CONDITIONS)}")
    return tuple(name for name in CONDITIONS if name in names)
