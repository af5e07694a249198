"""Counts what a process does to files below some folders, and strikes at a chosen one.

Python's own calls are replaced: opening to write, each write, flush to disk, rename, removal, new
folder; and safetensors' save_file, at its beginning and when half of the file is written.
"""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError

import augury.training.checkpoint

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Hooks:
    """Calls `strike` at operation number `at` (0, 1, ...) below `roots`, or, where `lasting`, at
    each from there on; `strike` ends the process, or returns what is to be raised."""

    def __init__(
        self, roots: list[Path], at: int, strike: Callable[[str], OSError], lasting: bool = False
    ) -> None:
        self.roots = tuple(str(root) for root in roots)
        self.at, self.strike, self.lasting = at, strike, lasting
        self.seen: list[str] = []

    def install(self) -> "Hooks":
        self._real_open = io.open
        self._real_save = safetensors.torch.save_file
        io.open = self._open
        augury.training.checkpoint.save_file = self._save_file
        os.open = self._checked_os_open(os.open)
        os.fsync = self._checked(os.fsync, lambda fd: os.readlink(f"/proc/self/fd/{fd}"))
        for name in ("replace", "rename", "mkdir", "unlink"):
            setattr(os, name, self._checked(getattr(os, name), lambda path, *rest: path))
        return self

    def look(self, operation: str, path: object) -> None:
        if not str(path).startswith(self.roots):
            return
        number = len(self.seen)
        self.seen.append(f"{operation} {Path(str(path)).name}")
        if number == self.at or (self.lasting and number > self.at):
            raise self.strike(str(path))

    def _checked(self, function, path_of):
        def checked(*arguments, **options):
            self.look(function.__name__, path_of(*arguments))
            return function(*arguments, **options)

        return checked

    def _checked_os_open(self, function):
        def checked(path, flags, *rest, **options):
            if flags & _WRITING:
                self.look("open", path)
            return function(path, flags, *rest, **options)

        return checked

    def _open(self, file, mode="r", *rest, **options):
        if isinstance(file, int) or not set(mode) & set("wax+"):
            return self._real_open(file, mode, *rest, **options)
        self.look("open", file)
        return _Written(self._real_open(file, mode, *rest, **options), self, file)

    def _save_file(self, tensors, path, metadata=None):
        try:
            self.look("save_file", path)
            self._real_save(tensors, path, metadata=metadata)
            whole = Path(path).read_bytes()
            with self._real_open(path, "wb") as file:
                file.write(whole[: len(whole) // 2])
            self.look("save_file, half of it", path)
            with self._real_open(path, "wb") as file:
                file.write(whole)
        except OSError as error:
            # As it says it of itself.
            raise SafetensorError(f"I/O error: {error} (os error {error.errno})") from error


class _Written:
    """A file whose writes are looked at."""

    def __init__(self, file, hooks: Hooks, path: object) -> None:
        self._file, self._hooks, self._path = file, hooks, path

    def write(self, content) -> int:
        # So that a kill finds what was written so far on the disk.
        self._file.flush()
        self._hooks.look("write", self._path)
        return self._file.write(content)

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        self._file.close()

    def __iter__(self):
        return iter(self._file)

    def __getattr__(self, name):
        return getattr(self._file, name)


def end_process(path: str) -> OSError:
    """A kill: nothing is flushed, no `finally` runs."""
    os._exit(137)


def refusal(number: int) -> Callable[[str], OSError]:
    """The disk says no."""

    def refuse(path: str) -> OSError:
        return OSError(number, os.strerror(number), path)

    return refuse


REFUSALS = {name: getattr(errno, name) for name in ("ENOSPC", "EROFS", "EDQUOT")}
