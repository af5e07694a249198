"""Downloads: each file checked against its SHA-256, mirrors tried in turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pooch

from augury.data.cache import NO_SPACE, writing
from augury.data.dataset import Progress
from augury.errors import DataError

_TIMEOUT = 30  # seconds without a byte, after which the next mirror is tried


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be had from any of `urls`; `sha256` says whether it is the right one."""

    name: str
    sha256: str
    urls: tuple[str, ...]


def download(files: Sequence[RemoteFile], folder: Path, progress: Progress | None) -> None:
    """Put `files` into `folder`; those that are there already, and right, are kept.

    progress: called with (bytes done, bytes, what); without it a bar is drawn on stderr.
    Raises DataError where no mirror has a file, and DiskError where `folder` cannot be written.
    """
    pooch.get_logger().setLevel("WARNING")  # it announces each download, as our bar does
    for file in files:
        failures = []
        for url in file.urls:
            failure = _attempt(file, url, folder, progress)
            if failure is None:
                break
            failures.append(f"{urlsplit(url).netloc}: {failure}")
        else:
            raise DataError(
                f"cannot download {file.name} ({'; '.join(failures)}). "
                f"Put {', '.join(file.name for file in files)} into {folder} by hand, "
                "or name a folder that holds them with --data or AUGURY_DATA"
            )


def _attempt(file: RemoteFile, url: str, folder: Path, progress: Progress | None) -> str | None:
    """Try one mirror; returns why it failed, or None."""
    bar = True if progress is None else _Bar(progress, f"downloading {file.name}")
    with writing(folder):
        try:
            pooch.retrieve(
                url,
                known_hash=f"sha256:{file.sha256}",
                fname=file.name,
                path=folder,
                downloader=pooch.HTTPDownloader(progressbar=bar, timeout=_TIMEOUT),
            )
        except ValueError:
            return "another file than expected (SHA-256 differs)"
        except OSError as error:  # the errors of requests are among these
            if error.errno in NO_SPACE:
                raise
            status = getattr(getattr(error, "response", None), "status_code", None)
            return "no answer" if status is None else f"HTTP status {status}"
    return None


class _Bar:
    """What pooch asks of a progress bar, passed on to a `Progress` callable."""

    def __init__(self, progress: Progress, what: str) -> None:
        self.total = 0
        self._progress, self._what, self._done = progress, what, 0

    def update(self, count: int) -> None:
        self._done = min(self._done + count, self.total)
        self._progress(self._done, self.total, self._what)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Nothing is left open."""
