"""Tar archives that mean harm, packed or not."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable

from hostile import (
    ABSOLUTE,
    BOMB,
    COUNT,
    CUT,
    LEADS_OUT,
    NAMES,
    SPECIAL,
    TOO_MUCH,
    Hostile,
    picture,
)


def tarred(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for number, name in enumerate(NAMES):
            info, content = entry(name, picture(number))
            archive.addfile(info, io.BytesIO(content))
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def entry(
    name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    return info, content


def raw_header(name: str, size: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header whose size field is written as given, with the checksum that belongs to it."""
    info = tarfile.TarInfo(name)
    info.type = kind
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def before_the_end(block: bytes) -> Callable[[], bytes]:
    """The sound archive with raw blocks after its members."""

    def make() -> bytes:
        content = tarred()
        end = len(content.rstrip(b"\0"))
        end += -end % 512
        return content[:end] + block + bytes(1024)

    return make


def size_field(number: int) -> bytes:
    """A size in the notation of GNU for what does not fit, or lies below zero."""
    return (number & (1 << 96) - 1 | (0 if number < 0 else 1 << 95)).to_bytes(12, "big")


def pax(records: dict[str, str]) -> Callable[[], bytes]:
    info, content = entry("bee/2.png", picture(9))
    info.pax_headers = records
    return lambda: tarred((info, content))


def member_starts(content: bytes) -> list[int]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return [info.offset for info in archive]


def cut_at(offset: int) -> Callable[[], bytes]:
    """Cut so many bytes after the third member begins."""
    return lambda: tarred()[: member_starts(tarred())[2] + offset]


def damaged_header() -> bytes:
    content = bytearray(tarred())
    content[member_starts(bytes(content))[2] + 3] ^= 1
    return bytes(content)


def zeroed_header() -> bytes:
    content, start = tarred(), member_starts(tarred())[4]
    return content[:start] + bytes(512) + content[start + 512 :]


def flipped_gz() -> bytes:
    """A BMP, which has no checksum of its own, one bit flipped; then deflated, the old sum kept."""
    content = gzip.compress(tarred())
    changed = bytearray(tarred())
    changed[member_starts(tarred())[0] + 512 + 60] ^= 1
    other = gzip.compress(bytes(changed))
    return other[:-8] + content[-8:]


def long_names(count: int) -> bytes:
    """Headers that each say that the next one's name is long."""
    block = raw_header("././@LongLink", b"00000000010\0", tarfile.GNUTYPE_LONGNAME)
    return (block + b"bee/9\0".ljust(512, b"\0")) * count


def greedy_xz() -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    return lzma.compress(tarred(), check=lzma.CHECK_CRC32, filters=filters)


def extended(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """An extension as given, and the header and content of a picture that it belongs to."""

    def padded(name: str, content: bytes, kind: bytes) -> bytes:
        header = raw_header(name, b"%011o\0" % len(content), kind)
        return header + content + bytes(-len(content) % 512)

    return padded("x", records, kind) + padded("bee/2.png", picture(9), tarfile.REGTYPE)


def old_sparse(blocks: int) -> bytes:
    """A sparse file as GNU tar once wrote it, whose map goes on for so many blocks."""
    header = bytearray(raw_header("bee/2.png", size_field(0), tarfile.GNUTYPE_SPARSE))
    header[482] = bool(blocks)  # whether the map goes on
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    piece = b"00000001000\0" * 42
    maps = [piece + bytes([number < blocks - 1]) + bytes(7) for number in range(blocks)]
    return bytes(header) + b"".join(maps)


def packed(block: bytes) -> Callable[[], bytes]:
    return lambda: gzip.compress(before_the_end(block)(), 1)


def zeros(name: str, size: int) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, bytes(size))


def many_tar(count: int) -> bytes:
    return gzip.compress(tarred(*(entry(f"bee/{n:06}.txt") for n in range(count))), 1)


TARS = [
    Hostile(
        "climbing.tar",
        lambda: tarred(
            entry("../climbed.png", picture(9)), entry("ant/../../climbed.png", picture(9))
        ),
        {"../climbed.png": LEADS_OUT, "ant/../../climbed.png": LEADS_OUT},
    ),
    Hostile(
        "absolute.tar",
        lambda: tarred(entry("/tmp/augury-absolute.png", picture(9))),
        {"tmp/augury-absolute.png": ABSOLUTE},
    ),
    Hostile(
        "pax-path.tar",
        pax({"path": "/tmp/augury-absolute.png"}),
        {"tmp/augury-absolute.png": ABSOLUTE},
    ),
    Hostile(
        "links.tar",
        lambda: tarred(
            entry("ant/soft.png", kind=tarfile.SYMTYPE, link="/etc/passwd"),
            entry("ant/hard.png", kind=tarfile.LNKTYPE, link="ant/0.png"),
            entry("ant/self.png", kind=tarfile.SYMTYPE, link="self.png"),
        ),
        {"ant/soft.png": SPECIAL, "ant/hard.png": SPECIAL, "ant/self.png": SPECIAL},
    ),
    Hostile(
        "through-a-link.tar",
        lambda: tarred(
            entry("bee/out", kind=tarfile.SYMTYPE, link="/tmp"),
            entry("bee/out/augury-through.png", picture(9)),
        ),
        {"bee/out": SPECIAL},
        images=6,
    ),
    Hostile(
        "devices.tar",
        lambda: tarred(
            entry("ant/tty.png", kind=tarfile.CHRTYPE),
            entry("ant/disk.png", kind=tarfile.BLKTYPE),
            entry("ant/pipe.png", kind=tarfile.FIFOTYPE),
        ),
        {"ant/tty.png": SPECIAL, "ant/disk.png": SPECIAL, "ant/pipe.png": SPECIAL},
    ),
    Hostile(
        "twice.tar",
        lambda: tarred(entry("./ant//0.png", picture(9))),
        {"ant/0.png": "^occurs more than once"},
    ),
    Hostile(
        "sparse.tar",
        pax({"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40)}),
        {"bee/2.png": SPECIAL},
    ),
    Hostile(
        "nul.tar",
        lambda: tarred(entry("bee/2.png\0.exe", picture(9)), form=tarfile.GNU_FORMAT),
        {},
        images=6,
    ),
    Hostile(
        "bytes.tar",
        lambda: tarred(entry("bee/\udcff\n.txt"), form=tarfile.GNU_FORMAT),
        {"bee/\\xff\\x0a.txt": "^not a PNG"},
    ),
    Hostile(
        "below-zero.tar",
        before_the_end(raw_header("bee/2.png", size_field(-1536))),
        error="an entry of -1536 bytes",
    ),
    Hostile(
        "below-zero-name.tar",
        before_the_end(raw_header("x", size_field(-512), tarfile.GNUTYPE_LONGNAME)),
        error="an entry of -512 bytes",
    ),
    Hostile("below-zero-pax.tar", pax({"size": "-2048"}), error="an entry of -2048 bytes"),
    Hostile(
        "terabyte.tar", before_the_end(raw_header("bee/2.png", size_field(1 << 40))), error=TOO_MUCH
    ),
    Hostile(
        "long-header.tar",
        before_the_end(raw_header("x", size_field(1 << 31), tarfile.XHDTYPE)),
        error="a header of 2,147,483,648 bytes",
    ),
    *(
        Hostile(f"{name}{suffix}", make(extended(records)), error="a damaged header")
        for name, records in {
            "length-2-63": b"9223372036854775808 path=bee/7.png\n",
            "length-of-4000-digits": b"9" * 4000 + b" path=bee/7.png\n",
            "digits": b"1" * 60_000,  # Python's tarfile looks at them for 4 s
            "length-0": b"0 path=bee/7.png\n",
            "length-beyond": b"99 path=bee/7.png\n",
            "no-value": b"8 path\n",
        }.items()
        for suffix, make in ((".tar", before_the_end), (".tar.gz", packed))
    ),
    *(
        Hostile(f"size-{name}{suffix}", make(raw_header("bee/2.png", size_field(size))), error=why)
        for name, size, why in (
            ("2-63", 1 << 63, TOO_MUCH),
            ("2-88", (1 << 88) - 1, TOO_MUCH),
            ("below-2-63", -(1 << 64), "an entry of -18446744073709551616 bytes"),
        )
        for suffix, make in ((".tar", before_the_end), (".tar.gz", packed))
    ),
    *(
        Hostile(
            f"pax-size-{digits}-digits{suffix}",
            make(extended(b"%d size=%s\n" % (digits + 9, b"9" * digits))),
            error=TOO_MUCH,
        )
        for digits in (20, 90)
        for suffix, make in ((".tar", before_the_end), (".tar.gz", packed))
    ),
    Hostile(
        "records.tar",
        before_the_end(extended(b"".join(b"8 a%03d=\n" % n for n in range(1000)))),
        {},
        images=6,
    ),
    Hostile(
        "many-records.tar",
        before_the_end(extended(b"".join(b"9 a%04d=\n" % n for n in range(1001)))),
        error="more than 1,000 records",
    ),
    Hostile(
        "old-sparse.tar",
        before_the_end(old_sparse(3)),
        {"bee/2.png": SPECIAL},
    ),
    Hostile(
        "old-sparse-map.tar.gz",
        packed(old_sparse(200)),
        error="the map of a sparse file is too long",
    ),
    Hostile(
        "sparse-map.tar",  # of numbers in the file's data, more than there are
        before_the_end(extended(b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n")),
        {"bee/2.png": SPECIAL},
    ),
    Hostile("long-names.tar", before_the_end(long_names(5000)), error="recursion"),
    Hostile("cut-in-data.tar", cut_at(700), error="a damaged archive"),
    Hostile("cut-in-header.tar", cut_at(100), error=CUT),
    Hostile("cut-between.tar", cut_at(0), error=CUT),
    Hostile(
        "without-end.tar",
        lambda: tarred().rstrip(b"\0") + bytes(-len(tarred().rstrip(b"\0")) % 512),
        error=CUT,
    ),
    Hostile("damaged-header.tar", damaged_header, error="a damaged header"),
    Hostile(
        "zeroed-header.tar",
        zeroed_header,
        {"zeroed-header.tar": "^data after the archive's end"},
        images=4,
    ),
    Hostile(
        "joined.tar",
        lambda: tarred() + tarred(entry("bee/2.png", picture(9))),
        {"joined.tar": "^data after the archive's end"},
    ),
    Hostile("flipped.tar.gz", flipped_gz, error="CRC"),
    Hostile("cut.tar.gz", lambda: gzip.compress(tarred())[:-20], error="a damaged archive"),
    Hostile("cut.tar.xz", lambda: lzma.compress(tarred())[:-20], error="a damaged archive"),
    Hostile("cut.tar.bz2", lambda: bz2.compress(tarred())[:-20], error="a damaged archive"),
    Hostile(
        "bomb.tar.gz", lambda: gzip.compress(tarred(zeros("bee/2.png", BOMB)), 1), error=TOO_MUCH
    ),
    Hostile(
        "bomb.tar.xz",
        lambda: lzma.compress(tarred(zeros("bee/2.png", BOMB)), preset=0),
        error=TOO_MUCH,
    ),
    Hostile(
        "bomb.tar.bz2", lambda: bz2.compress(tarred(zeros("bee/2.png", BOMB)), 1), error=TOO_MUCH
    ),
    Hostile("tail.tgz", lambda: gzip.compress(tarred() + bytes(BOMB), 1), error=TOO_MUCH),
    Hostile("greedy.tar.xz", greedy_xz, error="more memory than|a damaged archive"),
    Hostile(
        "hundred-thousand.tar.gz",
        lambda: many_tar(COUNT),
        {f"bee/{n:06}.txt": "^not a PNG" for n in range(COUNT)},
    ),
    Hostile("zip-named.tar", lambda: b"PK\3\4" + bytes(2000), error="a damaged archive"),
    Hostile("empty.tar", lambda: b"", error="a damaged archive"),
]
