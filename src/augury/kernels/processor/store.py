"""Where compiled loops are stored, so that each machine compiles them once."""

import hashlib
import logging
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import filelock
import llvmlite
import numba

from augury.files import cache_folder
from augury.kernels import steps
from augury.kernels.processor.fused import FUSED

# Seconds of compiling after which the user is told what takes so long.
_PATIENCE = 1.0

_told = threading.Event()


@cache
def folder_of_compiled() -> Path | None:
    """A folder for loops of this very code; None where it cannot be written.

    It lies in NUMBA_CACHE_DIR or in augury's cache folder. Numba compiles a loop again when its
    file changes or the processor is another one. What else the result depends on is in the
    folder's name: the parts of loops, which lie in other files, and the version of Numba.
    """
    chosen = numba.config.CACHE_DIR
    root = Path(chosen) if chosen else cache_folder() / "compiled"
    folder = root / f"augury-{_digest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _digest() -> str:
    files = [*sorted(Path(__file__).parent.glob("*.py")), Path(steps.__file__)]
    parts = [numba.__version__, llvmlite.__version__, str(FUSED)]
    content = [*(part.encode() for part in parts), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(content)).hexdigest()[:16]


@contextmanager
def compiling(name: str) -> Iterator[None]:
    """Around the first call of a loop: processes that start together compile it once.

    The others wait, and then read what was stored. A line is logged where it takes long.
    """
    folder = folder_of_compiled()
    if folder is None:
        with _telling():
            yield
        return
    done = folder / f"{name}.done"
    if done.exists():
        yield
        return
    with filelock.FileLock(folder / f"{name}.lock"):
        if done.exists():
            yield
            return
        with _telling():
            yield
        done.touch()


@contextmanager
def _telling() -> Iterator[None]:
    timer = threading.Timer(_PATIENCE, _tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tell() -> None:
    if not _told.is_set():
        _told.set()
        logging.getLogger("augury").warning("compiling loops for this processor, once")
