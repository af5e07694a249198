"""A file of a data set that could not be used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SetAside:
    """Its path inside the data set, and why."""

    path: str
    reason: str
