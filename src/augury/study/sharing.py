"""Runs that one study takes from another, so that no cell is trained twice."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from filelock import Timeout

from augury.files import make_folder, sync_folder, temporary_path
from augury.inside import check_plain, is_there, lock
from augury.records.cell import Cell
from augury.study.store import RunFolder, StudyFolder, disk_errors


def share_runs(cells: Iterable[Cell], source: StudyFolder, target: StudyFolder) -> int:
    """Put the runs of `cells` that `source` has finished into `target`; returns how many.

    A cell's name covers all that its result depends on, so that equal names mean equal runs. The
    files are hard links where the file system has them, else copies: a finished run's files are
    never written again. What `target` has finished, or another process is at, stays as it is.
    Raises DiskError where nothing can be written, and UnreadableError for a file that is a link.
    """
    shared = 0
    for cell in cells:
        there, here = source.run(cell), target.run(cell)
        if here.done or not there.done:
            continue
        lock_file = target.lock_file(cell)
        with disk_errors(target.path), suppress(Timeout):
            make_folder(lock_file.parent)
            with lock(lock_file, timeout=0):
                if not here.done:
                    _take(there, here)
                    shared += 1
    return shared


def _take(there: RunFolder, here: RunFolder) -> None:
    """The result comes last: its presence means that the cell is done."""
    files = (there.weights, there.epochs, there.predictions, there.corruptions, there.examples)
    for file in (*filter(is_there, files), there.result):
        _link(file, here.path / file.relative_to(there.path))
    if is_there(here.error):
        here.error.unlink()


def _link(file: Path, to: Path) -> None:
    check_plain(file)
    make_folder(to.parent)
    temporary = temporary_path(to)
    try:
        try:
            os.link(file, temporary)
        except OSError:  # another file system, or one without hard links
            shutil.copyfile(file, temporary)
        temporary.replace(to)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(to.parent)
