"""Where a result comes from: command, versions, machine, commit."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Machine:
    """What a run was made on; memory_gb, gpu: None where they are not known, or not there."""

    platform: str = ""
    processor: str = ""
    cores: int | None = None
    memory_gb: float | None = None
    gpu: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Everything that a reader needs to judge or repeat a result.

    created: ISO 8601; versions: by package; processes: how many shared a run; git_commit: of the
    checkout that augury ran from, None where it was installed.
    """

    command: str = ""
    created: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    processes: int = 1
    git_commit: str | None = None


@dataclass(frozen=True)
class Resumed:
    """An interruption after `epoch` epochs, and what was another afterwards.

    machine, versions: those before it; changed: by field, what it was and what it is now.
    """

    epoch: int
    machine: Machine
    versions: dict[str, str]
    changed: dict[str, tuple[Any, Any]]
