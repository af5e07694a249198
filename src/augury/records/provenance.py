"""The origin of a result: command, versions, machine, commit."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Machine:
    """The machine of a run; memory_gb, gpu: None if unknown or absent."""

    platform: str = ""
    processor: str = ""
    cores: int | None = None
    memory_gb: float | None = None
    gpu: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Everything that a reader needs to judge or repeat a result.

    created: ISO 8601; versions: by package; processes: number of processes that shared the run;
    git_commit: of augury's checkout, None if augury was installed.
    """

    command: str = ""
    created: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    processes: int = 1
    git_commit: str | None = None


@dataclass(frozen=True)
class Resumed:
    """An interruption after `epoch` epochs, after which machine or versions had changed.

    machine, versions: before the interruption; changed: by field, the value before and after.
    """

    epoch: int
    machine: Machine
    versions: dict[str, str]
    changed: dict[str, tuple[Any, Any]]
