"""A study's folder: the only state there is."""

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from augury.errors import DiskError, InputError
from augury.files import CANNOT_WRITE, atomic_file, make_folder, sync_folder, write_atomically
from augury.seal import SEAL, read_sealed, sealed_json
from augury.study.cell import Cell
from augury.training.checkpoint import CheckpointFolder

RESULT_SCHEMA = 2  # of result.json; 1 had no checksums


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

    def set_aside_damaged(self, cells: Iterable[Cell], told: Callable[[str], None]) -> None:
        """Rename each result that is damaged, or whose files are, so that its cell is run anew.

        told: is given a line for each. What a process that was killed right at the end has left
        of a finished cell is removed. A cell that another process is at is left alone.
        """
        for cell in cells:
            run, lock = self.run(cell), self.lock_file(cell)
            if not run.done:
                continue
            with disk_errors(self.path), suppress(Timeout):
                if not run.damage():
                    run.checkpoints.clear()
                    continue
                make_folder(lock.parent)
                with FileLock(lock, timeout=0):
                    # Looked at again, as another process may have run the cell meanwhile.
                    if run.done and (reason := run.damage()):
                        run.result.replace(run.result.with_suffix(".json.damaged"))
                        sync_folder(run.path)
                        told(f"{reason}; the cell is run anew")

    def lock_file(self, cell: Cell) -> Path:
        """Held by the process that trains the cell; freed by the system when that ends."""
        return self.path / "locks" / f"{cell.name}.lock"


class RunFolder:
    """The files of one cell.

    The result is written last, and keeps the checksums of the files beside it (`files`).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.result = path / "result.json"
        self.error = path / "error.json"
        self.epochs = path / "epochs.jsonl"
        self.predictions = path / "predictions.npz"
        self.corruptions = path / "corruptions.json"
        self.examples = path / "examples.npz"
        self.weights = path / "checkpoint" / "model.safetensors"
        self.checkpoints = CheckpointFolder(path / "checkpoint", path.name)

    @property
    def done(self) -> bool:
        """Whether the cell has its result."""
        return self.result.exists()

    @property
    def failed(self) -> bool:
        """Whether the last attempt ended with an error."""
        return self.error.exists() and not self.done

    def checksums(self) -> dict[str, str]:
        """SHA-256, in hex, by name, of the files that a result is about, where they are there."""
        files = (self.epochs, self.predictions, self.corruptions, self.examples)
        return {file.name: file_checksum(file) for file in files if file.exists()}

    def read_result(self) -> dict[str, Any]:
        """The result; InputError, naming the file, where it is not what was written."""
        result = read_json(self.result, sealed_from=RESULT_SCHEMA)
        schema = result.get("schema", RESULT_SCHEMA)
        if schema not in range(1, RESULT_SCHEMA + 1):
            raise InputError(
                f"{self.result}: of schema {schema} where this version reads {RESULT_SCHEMA}"
            )
        if result.get("cell", {}).get("name", self.path.name) != self.path.name:
            raise InputError(f"{self.result}: the result of another cell")
        return result

    def check(self, file: Path, result: dict[str, Any]) -> None:
        """Raise InputError where `file` is not the one that `result` was written beside.

        Results of schema 1 keep no checksums; a file that has been removed is not looked at.
        """
        known = result.get("files", {}).get(file.name)
        if known is not None and file.exists() and file_checksum(file) != known:
            raise InputError(f"{file.parent.name}/{file.name} is damaged")

    def damage(self) -> str:
        """What is wrong with the result or a file that it was written beside, "" for nothing.

        The network's weights are not looked at: they carry their own checksum, and may be large.
        """
        try:
            result = self.read_result()
            for file in (self.epochs, self.predictions, self.corruptions, self.examples):
                self.check(file, result)
        except InputError as error:
            return str(error)
        return ""

    def sweep(self) -> None:
        """Remove what killed processes have left half written; for the holder of the lock.

        These are our own temporary files and those of safetensors (".tmpX7aK2b"). An error.json
        is left alone, as it is written by whoever waited for the cell.
        """
        for folder in (self.path, self.weights.parent):
            for file in folder.glob(".*"):
                if not file.name.startswith(f".{self.error.name}."):
                    file.unlink(missing_ok=True)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write with a checksum and atomically: readers see the old file or the new one, whole."""
    write_atomically(path, sealed_json(values))


def finite(value: float) -> float | None:
    """`value` where it is finite, otherwise None: JSON has no NaN and no infinity."""
    return value if math.isfinite(value) else None


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write a compressed .npz atomically."""
    with atomic_file(path) as file:
        np.savez_compressed(file, **arrays)


def read_json(path: Path, sealed_from: int | None = None) -> dict[str, Any]:
    """The object in a file of ours, with its checksum.

    sealed_from: the schema from which on a checksum must be there; without one a file may lack it,
    as those of earlier versions do. Raises InputError, naming the file, where it cannot be read or
    is not what was written.
    """
    try:
        values = read_sealed(path.read_bytes())
        schema = values.get("schema", 0)
        if sealed_from is not None and SEAL not in values and schema >= sealed_from:
            raise ValueError(f"has no checksum ({SEAL})")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error}") from error
    return values


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
