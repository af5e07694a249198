"""A study's folder: the only state there is."""

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import Timeout
from numpy.typing import ArrayLike

from augury.errors import DiskError, InputError, UnreadableError
from augury.files import CANNOT_WRITE, atomic_file, make_folder, sync_folder
from augury.inside import (
    check_folders,
    check_no_link,
    is_plain_name,
    is_there,
    lock,
    open_plain,
    remove_plain,
)
from augury.records.cell import Cell
from augury.records.result import Result, read_result

if TYPE_CHECKING:
    from augury.training.checkpoint import CheckpointFolder

# As `temporary_path` names a file that is half written, and as safetensors names its own.
_HALF_WRITTEN = re.compile(
    r"\.(result\.json|epochs\.jsonl|predictions\.npz|corruptions\.json|examples\.npz|traceback\.txt"
    r"|error\.json|model\.safetensors|epoch-\d+\.safetensors)\.[0-9a-f]{16}|\.tmp\w{6}"
)


def default_path(name: str) -> Path:
    """`studies/NAME`, the default folder of a study.

    Raises InputError where `name` is not that of a file or folder, for instance "../elsewhere".
    """
    if not is_plain_name(name):
        raise InputError(
            f"name: must be that of a folder in studies/, without / and \\, got {name!r}. "
            "--out takes any folder"
        )
    return Path("studies") / name


class StudyFolder:
    """Paths and states of one study; `result.json` in a run's folder means that it is done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def plan_file(self) -> Path:
        """The file that lists the study's cells."""
        return self.path / "plan.json"

    def run(self, cell: Cell) -> "RunFolder":
        """The folder of one cell; UnreadableError where it, or a folder around it, is a link."""
        path = self.path / "runs" / cell.name
        check_folders(path.parent, path)
        check_no_link(path / "checkpoint")
        return RunFolder(path)

    def check_there(self) -> None:
        """Raise DiskError where the study was removed or moved: without a plan there is none."""
        if not is_there(self.plan_file):
            raise _gone(self.path)

    def set_aside_damaged(self, cells: Iterable[Cell], told: Callable[[str], None]) -> None:
        """Rename each damaged result (see `RunFolder.damage`), so that its cell is run again.

        told: called with a line for each. Checkpoints of finished cells are removed; a process
        that was killed right after the result leaves them. A cell that another process is at is
        left alone. Raises UnreadableError for a file that cannot be read: it may be whole.
        """
        for cell in cells:
            run, lock_file = self.run(cell), self.lock_file(cell)
            if not run.done:
                continue
            with disk_errors(self.path), suppress(Timeout):
                if not run.damage():
                    run.checkpoints.clear()
                    continue
                make_folder(lock_file.parent)
                with lock(lock_file, timeout=0):
                    # Checked again, as another process may have run the cell meanwhile.
                    if run.done and (reason := run.damage()):
                        run.result.replace(run.result.with_suffix(".json.damaged"))
                        sync_folder(run.path)
                        told(f"{reason}; the cell is run anew")

    def lock_file(self, cell: Cell) -> Path:
        """Held by the process that trains the cell; freed by the system when that ends."""
        folder = self.path / "locks"
        check_folders(folder)
        return folder / f"{cell.name}.lock"


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

    @cached_property
    def checkpoints(self) -> "CheckpointFolder":
        """The states of the run that it can go on from."""
        # Imported when a run needs it: PyTorch takes seconds, and telling how far a study is does
        # without.
        from augury.training.checkpoint import CheckpointFolder

        return CheckpointFolder(self.path / "checkpoint", self.path.name)

    @property
    def done(self) -> bool:
        """Whether the cell has its result."""
        return is_there(self.result)

    @property
    def failed(self) -> bool:
        """Whether the last attempt ended with an error."""
        return is_there(self.error) and not self.done

    def check_there(self) -> None:
        """Raise DiskError where the folder was removed or moved: writing would make it anew."""
        check_there(self.path)

    def checksums(self) -> dict[str, str]:
        """SHA-256 (hex) of the existing files that belong to a result, by file name."""
        files = (self.epochs, self.predictions, self.corruptions, self.examples)
        return {file.name: file_checksum(file) for file in files if is_there(file)}

    def read_result(self) -> Result:
        """The result. Raises InputError, naming the file, where it is not what was written."""
        return read_result(self.result)

    def check(self, file: Path, result: Result) -> None:
        """Raise InputError where `file` has changed since `result` was written.

        Results of schema 1 keep no checksums, and a file that was removed is not checked.
        """
        known = result.files.get(file.name)
        if known is not None and is_there(file) and file_checksum(file) != known:
            raise InputError(f"{file.parent.name}/{file.name} is damaged")

    def damage(self) -> str:
        """The damage of the result or one of its files, in one line; "" if there is none.

        The network's weights are not checked: they carry their own checksum, and may be large.
        Raises UnreadableError where a file cannot be read, as it may be whole.
        """
        try:
            result = self.read_result()
            for file in (self.epochs, self.predictions, self.corruptions, self.examples):
                self.check(file, result)
        except UnreadableError:
            raise
        except InputError as error:
            return str(error)
        return ""

    def sweep(self) -> None:
        """Remove files that killed processes have left half written; needs the cell's lock.

        These are our own temporary files and those of safetensors (".tmpX7aK2b"). Files of other
        programs (.DS_Store, .ipynb_checkpoints, .nfs...) stay, and so does error.json, which a
        process that waited for the cell may have written. One that is writing it now does so again.
        """
        for folder in (self.path, self.weights.parent):
            for file in folder.glob(".*"):
                if _HALF_WRITTEN.fullmatch(file.name):
                    remove_plain(file)


def finite(value: float) -> float | None:
    """`value` where it is finite, otherwise None: JSON has no NaN and no infinity."""
    return value if math.isfinite(value) else None


def write_arrays(path: Path, arrays: Mapping[str, ArrayLike]) -> None:
    """Write a compressed .npz atomically. arrays: by name."""
    with atomic_file(path) as file:
        # NumPy's types take every name for that of its own option.
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises what `open_plain` raises."""
    with open_plain(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UnreadableError(f"cannot read {path}: {error.strerror or error}") from error


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Within the block, DiskError is raised where nothing can be written below `path`.

    That is where the disk is full or read-only, or `path` was removed or moved.
    """
    try:
        yield
    except FileNotFoundError as error:
        if not str(error.filename).startswith(f"{path}{os.sep}"):
            raise
        raise _gone(path) from error
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        reason = os.strerror(error.errno)
        raise DiskError(
            f"cannot write in {path}: {reason}. What is finished is kept; "
            "make room and run the same command again"
        ) from error


def check_there(folder: Path) -> None:
    """Raise DiskError where `folder` was removed or moved."""
    if not is_there(folder):
        raise _gone(folder)


def _gone(folder: Path) -> DiskError:
    return DiskError(f"{folder}: removed or moved while the study ran, so it ends here")
