"""A study's folder: the only state there is."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from augury.errors import DiskError, InputError
from augury.files import CANNOT_WRITE, write_atomically
from augury.study.cell import Cell
from augury.training.checkpoint import CheckpointFolder


class StudyFolder:
    """Paths and states of one study; `result.json` in a run's folder means that it is done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def plan_file(self) -> Path:
        """What the study consists of."""
        return self.path / "plan.json"

    def run(self, cell: Cell) -> "RunFolder":
        """The folder of one cell."""
        return RunFolder(self.path / "runs" / cell.name)

    def lock_file(self, cell: Cell) -> Path:
        """Held by the process that trains the cell; freed by the system when that ends."""
        return self.path / "locks" / f"{cell.name}.lock"


class RunFolder:
    """The files of one cell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.result = path / "result.json"
        self.error = path / "error.json"
        self.epochs = path / "epochs.jsonl"
        self.predictions = path / "predictions.npz"
        self.corruptions = path / "corruptions.json"
        self.examples = path / "examples.npz"
        self.weights = path / "checkpoint" / "model.safetensors"
        self.checkpoints = CheckpointFolder(path / "checkpoint")

    @property
    def done(self) -> bool:
        """Whether the cell has its result."""
        return self.result.exists()

    @property
    def failed(self) -> bool:
        """Whether the last attempt ended with an error."""
        return self.error.exists() and not self.done


def write_json(path: Path, values: Any) -> None:
    """Write atomically: readers see the old file or the new one, whole."""
    write_atomically(path, (json.dumps(values, indent=1, allow_nan=False) + "\n").encode())


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write a compressed .npz atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        np.savez_compressed(temporary, **arrays)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """Raise InputError, naming the file, where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON: {error}") from error


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusals to write below `path` into DiskError."""
    try:
        yield
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        reason = os.strerror(error.errno)
        raise DiskError(
            f"cannot write in {path}: {reason}. What is finished is kept; "
            "make room and run the same command again"
        ) from error
