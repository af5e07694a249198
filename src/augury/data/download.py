"""Downloads: each file is checked against its size and SHA-256; mirrors are tried in turn.

Files appear in their folder only if complete and correct: they are downloaded into a hidden folder
there, checked, flushed and renamed, under a lock. Files that a killed process has left in the
hidden folder are removed by the next download.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import filelock
import pooch
from tqdm import tqdm  # type: ignore[import-untyped]

from augury.data.cache import NO_SPACE, writing
from augury.data.dataset import Progress
from augury.errors import DataError
from augury.files import sync_folder

_TIMEOUT = 30  # seconds without data until the next mirror is tried
_CHUNK = 65_536


@dataclass(frozen=True)
class RemoteFile:
    """A file of `size` bytes that all `urls` offer; sha256: of its content."""

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]


def download(files: Sequence[RemoteFile], folder: Path, progress: Progress | None) -> None:
    """Download `files` into `folder`, except those that are there and correct.

    progress: called with (bytes done, bytes, what); without it a bar is drawn on stderr.
    Raises DataError if no mirror has a file, and DiskError if `folder` cannot be written.
    """
    pooch.get_logger().setLevel("WARNING")  # it would announce each download, as our bar does
    partial = folder / ".partial"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.with_name(f".{folder.name}.lock")):
            shutil.rmtree(partial, ignore_errors=True)
            try:
                for file in files:
                    if not _is_right(folder / file.name, file):
                        _fetch(file, files, partial, progress)
            finally:
                shutil.rmtree(partial, ignore_errors=True)


def _is_right(path: Path, file: RemoteFile) -> bool:
    return path.is_file() and pooch.file_hash(str(path), "sha256") == file.sha256


def _fetch(
    file: RemoteFile, files: Sequence[RemoteFile], partial: Path, progress: Progress | None
) -> None:
    """Download `file` from the first mirror that has it; `partial` is a folder beside it."""
    failures = []
    for url in file.urls:
        failure = _attempt(file, url, partial, progress)
        if failure is None:
            with (partial / file.name).open("r+b") as written:
                os.fsync(written.fileno())
            (partial / file.name).replace(partial.parent / file.name)
            sync_folder(partial.parent)
            return
        failures.append(f"{urlsplit(url).netloc}: {failure}")
    raise DataError(
        f"cannot download {file.name} ({'; '.join(failures)}). "
        f"Put {', '.join(file.name for file in files)} into {partial.parent} by hand, "
        "or name a folder that holds them with --data or AUGURY_DATA"
    )


def _attempt(file: RemoteFile, url: str, partial: Path, progress: Progress | None) -> str | None:
    """Try one mirror; returns why it failed, or None."""
    # Imported here, as in pooch, because it takes a tenth of a second.
    from requests.exceptions import RequestException

    bar = _Bar(file, progress)
    responses: list[Any] = []

    def keep(response: Any, *_: Any, **__: Any) -> None:
        responses.append(response)

    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{file.sha256}",
            fname=file.name,
            path=partial,
            downloader=pooch.HTTPDownloader(
                progressbar=bar, chunk_size=_CHUNK, timeout=_TIMEOUT, hooks={"response": keep}
            ),
        )
    except RequestException as error:  # first, because some of these are also of the next two kinds
        return _reason(error)
    except _TooLongError:
        return f"another file than expected (more than {file.size:,} bytes)"
    except ValueError:
        return "another file than expected (SHA-256 differs)"
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        return error.strerror or "no answer"
    finally:
        bar.end()
        for response in responses:  # pooch leaves them open if reading is interrupted
            response.close()
    return None


def _reason(error: Any) -> str:
    """The reason of a failure, in words, from an exception of requests."""
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError):
        return f"HTTP status {getattr(error.response, 'status_code', 'unknown')}"
    if isinstance(error, exceptions.TooManyRedirects):
        return "redirected without end"
    if isinstance(error, exceptions.InvalidSchema | exceptions.InvalidURL):
        return "redirected to an address that is none of HTTP"
    # For a timeout while reading a body, requests raises ConnectionError.
    if isinstance(error, exceptions.Timeout) or "timed out" in str(error):
        return f"nothing came for {_TIMEOUT} s"
    midway = isinstance(error, exceptions.ChunkedEncodingError | exceptions.ContentDecodingError)
    return "the connection broke midway" if midway else "no answer"


class _TooLongError(Exception):
    """The server sent more bytes than the file has."""


class _Bar:
    """A progress bar for pooch, which calls a `Progress` callable or draws a bar.

    It also aborts a download that is longer than its file, which might never end.
    """

    def __init__(self, file: RemoteFile, progress: Progress | None) -> None:
        self.total = 0  # pooch sets it to the number from the server, which may be wrong
        self._size, self._what, self._progress = file.size, f"downloading {file.name}", progress
        self._received, self._complete = 0, False
        self._drawn: Any = None
        if progress is None:
            self._drawn = tqdm(total=file.size, ncols=79, unit="B", unit_scale=True)

    def update(self, count: int) -> None:
        """Called after each chunk; count: an upper bound of its bytes."""
        if self._complete:  # pooch fills its bar up to the number from the server
            return
        self._received += count
        if self._received >= self._size + _CHUNK:
            raise _TooLongError
        done = min(self._received, self._size)
        if self._progress is not None:
            self._progress(done, self._size, self._what)
        else:
            self._drawn.update(done - self._drawn.n)

    def reset(self) -> None:
        self._complete = True

    def close(self) -> None:
        """Does nothing; `end` is called instead, also after failures."""

    def end(self) -> None:
        if self._drawn is not None:
            self._drawn.close()
