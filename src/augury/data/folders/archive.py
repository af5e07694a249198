"""Safe reading of the images of a zip or tar archive, which may be malicious.

No file is ever made under a name from the archive: the bytes of all images are written one after
the other into a single temporary file, with a list of their positions. The number of unpacked bytes
is limited by the size of the archive.
"""

import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from augury.data.dataset import Progress
from augury.data.folders.listing import (
    LARGEST_FILE,
    MOST_FOLDERS,
    Listing,
    StoredFile,
    is_ignored,
    printable,
    reason,
)
from augury.data.folders.tar import StrictTarInfo, tar_infos
from augury.errors import DataError

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
# Images are compressed already, so an archive of images unpacks to little more than its size. Zeros
# unpack to 1,000 times their size with deflate, and to 7,000 times with xz.
FREE_BYTES, LARGEST_RATIO = 1_000_000_000, 50
LONGEST_PATH = 4096  # characters, the limit of Linux
_CHUNK, _SMALL_CHUNK = 1 << 20, 4096
_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    MemoryError,  # xz streams can ask for a dictionary of 4 GB
    NotImplementedError,
    RuntimeError,  # zipfile's word for a password
    ArithmeticError,  # tarfile follows lengths of any size
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; `refusal` says why it must not be read."""

    name: str
    size: int
    is_folder: bool
    refusal: str | None
    read: Callable[[], bytes]


def is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ARCHIVE_SUFFIXES)


def without_suffix(path: Path) -> str:
    """The name of a folder or archive without a suffix such as ".tar.gz"."""
    suffixes = [s for s in ARCHIVE_SUFFIXES if path.name.lower().endswith(s)]
    return path.name[: -len(max(suffixes, key=len))] if suffixes else path.name


def list_archive(archive: Path, blob: Path, progress: Progress | None) -> Listing:
    """The images of an archive, not yet sorted.

    blob: path of a new file for the bytes of all images
    Links, devices, sparse files, members whose path leads out of the archive, and repeated paths
    are set aside.
    Raises DataError if the archive is damaged, cut short, or unpacks to far more bytes than images
    would.
    """
    listing, seen = Listing(), set[str]()
    with blob.open("wb") as out:
        for member in _members(archive, listing):
            path = _cleaned(member.name)
            if not path or any(map(is_ignored, path.split("/"))):
                listing.note_hidden(path)
                continue
            if refusal := _path_refusal(member.name):
                listing.refuse(path, refusal)
            elif member.is_folder:
                listing.add_folder(path)
            elif refusal := member.refusal or _repetition(path, seen):
                listing.add_folder(path.rpartition("/")[0])
                listing.refuse(path, refusal)
            elif listing.admits(path, member.size):
                seen.add(path)
                try:
                    content = member.read()
                except _BROKEN as error:
                    listing.refuse(path, f"cannot be unpacked ({reason(error)})")
                    continue
                listing.files.append(StoredFile(path, blob, out.tell(), len(content)))
                out.write(content)
                if progress and len(seen) % 1000 == 0:
                    progress(len(seen), 0, f"unpacking {printable(archive.name)}")
            if len(listing.folders) > MOST_FOLDERS:
                raise DataError(f"{archive}: more than {MOST_FOLDERS:,} folders")
    return listing


def read_members(archive: Path, names: Collection[str]) -> dict[str, bytes]:
    """The content of the regular files with these `names`, in any folder of the archive.

    Raises DataError if the archive is damaged, or if one of the files cannot be read.
    """
    contents = {}
    for member in _members(archive, Listing()):
        name = member.name.rpartition("/")[2]
        if name not in names or member.is_folder or member.refusal:
            continue
        if member.size > LARGEST_FILE:
            raise DataError(f"{archive}: {name} is larger than {LARGEST_FILE // 1_000_000} MB")
        try:
            contents[name] = member.read()
        except _BROKEN as error:
            raise DataError(f"{archive}: {name} cannot be read ({reason(error)})") from error
    return contents


def read_member(archive: Path, path: str) -> bytes:
    """The content of the one regular file of the archive whose path ends in `path`.

    Raises DataError if there is none or several, if it cannot be read, or the archive is damaged.
    """
    wanted, found = _cleaned(path), list[bytes]()
    for member in _members(archive, Listing()):
        if f"/{_cleaned(member.name)}".endswith(f"/{wanted}") and not member.is_folder:
            if refusal := member.refusal or _size_refusal(member.size):
                raise DataError(f"{archive}: {path}: {refusal}")
            try:
                found.append(member.read())
            except _BROKEN as error:
                raise DataError(f"{archive}: {path} cannot be read ({reason(error)})") from error
    if len(found) != 1:
        raise DataError(f"{archive}: holds {len(found) or 'no'} files called {path}")
    return found[0]


def _size_refusal(size: int) -> str | None:
    return f"larger than {LARGEST_FILE // 1_000_000} MB" if size > LARGEST_FILE else None


def _path_refusal(name: str) -> str | None:
    name = name.replace("\\", "/")
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        return "refused: an absolute path"
    if ".." in name.split("/"):
        return "refused: its path leads out of the archive"
    if len(name) > LONGEST_PATH:
        return f"refused: its path is longer than {LONGEST_PATH:,} characters"
    return None


def _repetition(path: str, seen: set[str]) -> str | None:
    return "occurs more than once in the archive" if path in seen else None


def _members(archive: Path, listing: Listing) -> Iterator[_Member]:
    """The members in order; DataError if the archive itself is damaged."""
    try:
        limit = FREE_BYTES + LARGEST_RATIO * archive.stat().st_size
        if archive.name.lower().endswith(".zip"):
            yield from _zip_members(archive, limit)
        else:
            yield from _tar_members(archive, limit, listing)
    except _TooMuch as error:
        raise DataError(
            f"{archive}: unpacks to more than {limit:,} bytes, {LARGEST_RATIO} times its size "
            f"and {FREE_BYTES:,} more; refused"
        ) from error
    except _BROKEN as error:
        if isinstance(error, OSError) and error.strerror:
            raise DataError(f"{archive}: cannot be read ({error.strerror})") from error
        raise DataError(f"{archive}: a damaged archive ({reason(error)})") from error


class _TooMuch(Exception):
    """The archive unpacks to more bytes than its size allows."""


def _zip_members(archive: Path, limit: int) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        total = 0
        for info in opened.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            special = kind not in (0, stat.S_IFREG, stat.S_IFDIR)
            refusal = "refused: a link or device" if special else None
            if info.flag_bits & 1:
                refusal = "protected by a password"
            if not refusal and info.file_size <= LARGEST_FILE:
                total += info.file_size
            if total > limit:
                raise _TooMuch
            read = partial(_read_zip_member, opened, info)
            yield _Member(info.filename, info.file_size, info.is_dir(), refusal, read)


def _read_zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # Piece by piece, because reading a whole member first unpacks all of its compressed data and
    # only then cuts it to the size in its header. Only deflate can stop midway; the other methods
    # get so little input at a time (4 kB) that they cannot produce more than 80 MB.
    bounded = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    chunks = []
    with archive.open(info) as file:
        while chunk := file.read(_CHUNK if bounded else _SMALL_CHUNK):
            chunks.append(chunk)
    return b"".join(chunks)


def _tar_members(archive: Path, limit: int, listing: Listing) -> Iterator[_Member]:
    with tarfile.open(archive, tarinfo=StrictTarInfo) as opened:
        for info in tar_infos(opened):
            if opened.offset > limit:
                raise _TooMuch
            special = not (info.isfile() or info.isdir()) or info.issparse()
            refusal = "refused: a link or device" if special else None
            read = partial(_read_tar_member, opened, info)
            yield _Member(info.name, info.size, info.isdir(), refusal, read)
        # To the end, because the checksum of a .gz file is at its end.
        length, more = opened.offset, False
        while chunk := opened.fileobj.read(_CHUNK) if opened.fileobj else b"":
            length, more = length + len(chunk), more or any(chunk)
            if length > limit:
                raise _TooMuch
        if more:
            listing.refuse(printable(archive.name), "data after the archive's end are not read")


def _read_tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    return file.read() if file else b""


def _cleaned(name: str) -> str:
    """A member's path for messages, without "./", doubled and trailing slashes."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(printable(part) for part in parts if part not in ("", "."))
