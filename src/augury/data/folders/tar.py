"""The entries of a tar archive, with errors for faults that Python's tarfile accepts.

tarfile takes a damaged or truncated header for the end of the archive and silently drops the rest;
it follows negative sizes backwards; it reads a header's extension of any length into memory; and it
trusts the numbers in extensions: lengths over 2^63 end in an OverflowError, long digits keep its
regular expressions busy for seconds, and the maps of sparse files, which are never used, fill the
memory.
"""

import tarfile
from collections.abc import Iterator
from typing import Any, Self

LONGEST_HEADER = 65_536  # bytes, of a long name or of an entry's extended attributes
MOST_RECORDS = 1000  # extended attributes of one entry
_LENGTH_DIGITS = 5  # digits of a record's length, which is at most that of its header
_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class StrictTarInfo(tarfile.TarInfo):
    """An entry whose header must be complete; raises ReadError otherwise."""

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

    # The next two replace methods of tarfile that have had these names in every version; the tests
    # with hostile archives show whether they are called.

    def _proc_sparse(self, archive: Any) -> Self:
        """Skip the map of a GNU sparse file, which may continue in further blocks."""
        _, goes_on, _ = self._sparse_structs  # type: ignore[attr-defined]
        length = 0
        while goes_on:
            block = archive.fileobj.read(tarfile.BLOCKSIZE)
            length += tarfile.BLOCKSIZE
            if len(block) < tarfile.BLOCKSIZE or length > LONGEST_HEADER:
                raise tarfile.ReadError("the map of a sparse file is too long, or cut short")
            goes_on = bool(block[-8])
        self.sparse = []  # type: ignore[assignment]  # None for files that are not sparse
        self.offset_data = archive.fileobj.tell()
        archive.offset = self.offset_data + self._block(self.size)  # type: ignore[attr-defined]
        return self

    def _proc_pax(self, archive: Any) -> Self:
        """Read an extension of the next header, or of all following ones (POSIX.1-2008)."""
        content = archive.fileobj.read(self._block(self.size))  # type: ignore[attr-defined]
        lasting: dict[str, str] = archive.pax_headers
        records = {**lasting, **_pax_records(content[: self.size])}
        if len(records) > MOST_RECORDS:
            raise tarfile.ReadError(f"more than {MOST_RECORDS:,} records of headers")
        if self.type == tarfile.XGLTYPE:
            lasting.update(records)
        try:
            info = self.fromtarfile(archive)
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"nothing follows a header: {error}") from error
        if any(keyword.startswith("GNU.sparse.") for keyword in records):
            info.sparse = []  # type: ignore[assignment]
        if self.type != tarfile.XGLTYPE:
            info._apply_pax_info(  # type: ignore[attr-defined]
                records, archive.encoding, archive.errors
            )
            info.offset = self.offset
            if "size" in records:  # it replaces the size that led to the next header
                with_data = info.isreg() or info.type not in tarfile.SUPPORTED_TYPES
                length = info._block(info.size) if with_data else 0  # type: ignore[attr-defined]
                archive.offset = info.offset_data + length
        return info


def _pax_records(content: bytes) -> dict[str, str]:
    """The values by keyword of records such as b"18 path=ant/0.png\\n"."""
    records = {}
    while content.rstrip(b"\0"):
        digits, _, _ = content[: _LENGTH_DIGITS + 1].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        keyword, equals, value = content[len(digits) + 1 : length].partition(b"=")
        if length > len(content) or not equals or not value.endswith(b"\n"):
            raise tarfile.ReadError("a damaged header: not a record with its length")
        name = keyword.decode("utf-8", "surrogateescape")
        records[name] = value[:-1].decode("utf-8", "surrogateescape")
        content = content[length:]
    return records


def tar_infos(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The entries in order; only the last one is kept in memory."""
    position = 0
    while (info := archive.next()) is not None:
        if archive.offset <= position:  # an extension gave it a negative size
            raise tarfile.ReadError(f"an entry of {info.size} bytes")
        position = archive.offset
        yield info
        archive.members = []  # type: ignore[attr-defined]  # widely used, though undocumented
