"""The entries of a tar archive, with what Python's tarfile passes over turned into errors.

tarfile takes a damaged or cut header for the archive's end, so that what follows goes missing
without a word; it follows sizes below zero back to where it has been; and it reads a header's
extension into memory whole, however long.
"""

import tarfile
from collections.abc import Iterator
from typing import Self

LONGEST_HEADER = 65_536  # bytes; it holds a long name, or an entry's extended attributes
_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class StrictTarInfo(tarfile.TarInfo):
    """An entry whose header must be whole; ReadError else."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if len(buf) < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("cut short: the mark of its end is missing")
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):
                raise tarfile.ReadError(f"a damaged header: {error}") from error
            raise  # a block of zeros, the mark of the end
        if info.size < 0:
            raise tarfile.ReadError(f"an entry of {info.size} bytes")
        if info.type in _EXTENSIONS and info.size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {info.size:,} bytes")
        return info


def tar_infos(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The entries in their order, of which only the last is kept in memory."""
    position = 0
    while (info := archive.next()) is not None:
        if archive.offset <= position:  # an extension gave it a size below zero
            raise tarfile.ReadError(f"an entry of {info.size} bytes")
        position = archive.offset
        yield info
        archive.members = []  # type: ignore[attr-defined]  # known to all, if not documented
