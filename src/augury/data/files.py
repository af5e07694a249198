"""The files of an image folder, in a directory or in an archive, listed and read with care.

Nothing is ever unpacked under a name that an archive chose: the bytes of its images are written
one after the other into a single temporary file, and a list says where each begins.
"""

import contextlib
import hashlib
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from augury.data.cache import file_state
from augury.data.dataset import Progress, SetAside
from augury.errors import DataError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
ARCHIVE_SUFFIXES = (
    ".zip",
    ".tar",
    ".tar.gz",
    ".tgz",
    ".tar.xz",
    ".txz",
    ".tar.bz2",
    ".tbz2",
)
LARGEST_FILE = 200_000_000  # bytes of one image inside an archive, unpacked
_CLUTTER = {"thumbs.db", "desktop.ini", "__macosx"}
_BROKEN_ARCHIVE = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,  # zipfile's word for a password
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class StoredFile:
    """One image file: its path inside the data set, and where its bytes lie on disk."""

    path: str
    container: Path
    offset: int
    size: int

    def read(self) -> bytes:
        with self.container.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


@dataclass
class Listing:
    """What was found: image files, all folders (empty ones too), and what is set aside."""

    files: list[StoredFile] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    set_aside: list[SetAside] = field(default_factory=list)

    def admits(self, path: str) -> bool:
        """Note a file's folders; whether it is an image by its name. Others are set aside."""
        self.add_folder(path.rpartition("/")[0])
        if path.lower().endswith(IMAGE_SUFFIXES):
            return True
        self.refuse(path, "not a PNG, JPEG, WebP or BMP file")
        return False

    def refuse(self, path: str, reason: str) -> None:
        self.set_aside.append(SetAside(path, reason))

    def add_folder(self, path: str) -> None:
        """Note a folder and those above it."""
        while path and path not in self.folders:
            self.folders.add(path)
            path = path.rpartition("/")[0]


def is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ARCHIVE_SUFFIXES)


def without_suffix(path: Path) -> str:
    """The name of a folder or archive, without ".tar.gz" and the like."""
    suffixes = [s for s in ARCHIVE_SUFFIXES if path.name.lower().endswith(s)]
    return path.name[: -len(max(suffixes, key=len))] if suffixes else path.name


def source_state(path: Path) -> dict[str, Any]:
    """What changes when the files of a directory or archive change: a `state` for `cached`."""
    if not path.is_dir():
        return file_state([path])
    lines = []
    with _reading(path):
        for name, entry in _walk(path):
            if entry.is_dir():
                lines.append(f"{name}/")
            else:
                status = entry.stat(follow_symlinks=entry.is_file())
                lines.append(f"{name}\0{status.st_size}\0{status.st_mtime_ns}")
    # One digest, as a large table of states would take longer to write down than to gather.
    return {"files": hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()}


def list_files(path: Path, scratch: Path, progress: Progress | None) -> Listing:
    """List the images of a directory, or of a zip or tar archive.

    scratch: a folder for the bytes of an archive's images
    Hidden files and what desktops leave behind (.DS_Store, Thumbs.db) are ignored. Links and
    devices inside an archive, and members whose path leaves it, are set aside.
    Raises DataError where `path` cannot be read as either.
    """
    if path.is_dir():
        listing = _list_folder(path)
    elif is_archive(path):
        listing = _list_archive(path, scratch / "members.bin", progress)
    else:
        raise DataError(f"{path}: neither a folder nor an archive ({', '.join(ARCHIVE_SUFFIXES)})")
    listing.files.sort(key=lambda file: file.path)
    listing.set_aside.sort(key=lambda file: file.path)
    return listing


def _list_folder(folder: Path) -> Listing:
    listing = Listing()
    with _reading(folder):
        for name, entry in _walk(folder):
            if entry.is_dir():
                listing.add_folder(name)
            elif not entry.is_file():
                link = entry.is_symlink()
                listing.refuse(name, "a broken link" if link else "not a regular file")
            elif listing.admits(name):
                listing.files.append(StoredFile(name, Path(entry.path), 0, entry.stat().st_size))
    return listing


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename or path
        raise DataError(f"{place}: cannot be read ({error.strerror})") from error


def _walk(
    folder: Path, prefix: str = "", above: tuple[tuple[int, int], ...] = ()
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every entry below a folder with its path there, links followed, hidden ones left out."""
    status = folder.stat()
    here = (status.st_dev, status.st_ino)
    if here in above:  # a link to a folder that holds it
        return
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if not _ignored(entry.name)]
    for entry in found:
        path = f"{prefix}{_printable(entry.name)}"
        yield path, entry
        if entry.is_dir():
            yield from _walk(Path(entry.path), f"{path}/", (*above, here))


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; `refusal` says why it must not be read."""

    name: str
    size: int
    is_folder: bool
    refusal: str | None
    read: Callable[[], bytes]


def _list_archive(archive: Path, blob: Path, progress: Progress | None) -> Listing:
    listing, seen = Listing(), set[str]()
    with blob.open("wb") as out:
        for member in _members(archive):
            path = _cleaned(member.name)
            if not path or any(map(_ignored, path.split("/"))):
                continue
            if refusal := _refusal(member, path in seen):
                listing.refuse(path, refusal)
            elif member.is_folder:
                listing.add_folder(path)
            elif listing.admits(path):
                seen.add(path)
                try:
                    content = member.read()
                except _BROKEN_ARCHIVE as error:
                    listing.refuse(path, f"cannot be unpacked ({_first_line(error)})")
                    continue
                listing.files.append(StoredFile(path, blob, out.tell(), len(content)))
                out.write(content)
                if progress and len(seen) % 1000 == 0:
                    progress(len(seen), 0, f"unpacking {archive.name}")
    return listing


def _refusal(member: _Member, seen: bool) -> str | None:
    if member.refusal:
        return member.refusal
    name = member.name.replace("\\", "/")
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        return "refused: an absolute path"
    if ".." in name.split("/"):
        return "refused: its path leads out of the archive"
    if member.size > LARGEST_FILE:
        return f"larger than {LARGEST_FILE // 1_000_000} MB"
    return "occurs more than once in the archive" if seen else None


def _members(archive: Path) -> Iterator[_Member]:
    """The members in their order; DataError where the archive itself is damaged."""
    try:
        yield from _zip_members(archive) if _is_zip(archive) else _tar_members(archive)
    except _BROKEN_ARCHIVE as error:
        raise DataError(f"{archive}: a damaged archive ({_first_line(error)})") from error


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            special = kind not in (0, stat.S_IFREG, stat.S_IFDIR)
            refusal = "refused: a link or device" if special else None
            if info.flag_bits & 1:
                refusal = "protected by a password"
            read = partial(opened.read, info)
            yield _Member(info.filename, info.file_size, info.is_dir(), refusal, read)


def _tar_members(archive: Path) -> Iterator[_Member]:
    with tarfile.open(archive) as opened:
        for info in opened:
            special = not (info.isfile() or info.isdir())
            refusal = "refused: a link or device" if special else None
            read = partial(_read_tar_member, opened, info)
            yield _Member(_printable(info.name), info.size, info.isdir(), refusal, read)


def _read_tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    return file.read() if file else b""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(":") or type(error).__name__


def _is_zip(archive: Path) -> bool:
    return archive.name.lower().endswith(".zip")


def _cleaned(name: str) -> str:
    """A member's path without "./", doubled or trailing slashes, for naming it."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _ignored(name: str) -> bool:
    return name.lower() in _CLUTTER or (name.startswith(".") and name != "..")


def _printable(name: str) -> str:
    """A name with bytes that are no UTF-8 replaced, so that it can be printed and stored."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
