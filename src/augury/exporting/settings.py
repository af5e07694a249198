"""Libraries that are told an augmentation as settings of a fixed order of steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from augury.augment.base import Augmentation
from augury.exporting.piece import cannot


@dataclass(frozen=True)
class Settings:
    """What one augmentation sets. values: by name; step: its place in the library's order.

    lines: code of its own, which comes after the library's steps; notes: what differs.
    """

    step: int
    values: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


SettingsTable = Mapping[type, Callable[[Any], Settings]]


def gathered(
    parts: Sequence[Augmentation[Any]], table: SettingsTable, library: str
) -> tuple[dict[str, str], list[Settings]]:
    """All values, and what each part sets.

    Raises InputError where the library lacks a part, or does it in another order or only once.
    """
    found: list[Settings] = []
    for part in parts:
        name = type(part).__name__
        if type(part) not in table:
            raise cannot(library, name, "it has nothing that does the same")
        told = table[type(part)](part)
        if found and told.step <= found[-1].step:
            before = type(parts[len(found) - 1]).__name__
            raise cannot(library, f"{name} after {before}", "its order of steps is fixed")
        found.append(told)
    return {key: value for told in found for key, value in told.values.items()}, found
