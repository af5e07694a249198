"""Zip archives that mean harm."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable

from hostile import (
    ABSOLUTE,
    BOMB,
    COUNT,
    LEADS_OUT,
    NAMES,
    SPECIAL,
    TOO_MUCH,
    UNPACKED,
    Hostile,
    picture,
)
from hostile_tars import tarred


def zipped(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for number, name in enumerate(NAMES):
            archive.writestr(name, picture(number))
        for member, content in members:
            archive.writestr(member, content)
    return out.getvalue()


def zip_kind(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def zip_twice() -> bytes:
    return zipped(("cnt/0.png", picture(9))).replace(b"cnt/0.png", b"ant/0.png")


def in_last_headers(content: bytes, local: int, central: int, value: bytes) -> bytes:
    """`content` with `value` at these offsets of the last member's two headers."""
    changed = bytearray(content)
    for magic, offset in ((b"PK\3\4", local), (b"PK\1\2", central)):
        at = content.rindex(magic) + offset
        changed[at : at + len(value)] = value
    return bytes(changed)


def with_password() -> bytes:
    return in_last_headers(zipped(("bee/2.png", picture(9))), 6, 8, b"\1\0")


def unknown_method() -> bytes:
    return in_last_headers(zipped(("bee/2.png", picture(9))), 8, 10, b"\x63\0")


def lying_size(method: int) -> Callable[[], bytes]:
    """A member of 1 GB whose headers say 100 bytes."""

    def make() -> bytes:
        content = zipped(("bee/2.png", bytes(1_000_000_000)), method=method)
        return in_last_headers(content, 22, 24, struct.pack("<I", 100))

    return make


def nul_in_name() -> bytes:
    content = zipped(("bee/2.png~.exe", picture(9)))
    return content.replace(b"bee/2.png~.exe", b"bee/2.png\0.exe")


def wrong_checksum() -> bytes:
    return in_last_headers(zipped(("bee/2.png", picture(9))), 14, 16, b"\1\2\3\4")


def bad_utf8() -> bytes:
    content = zipped(("bee/\u00e92.png", picture(9)))
    return content.replace("\u00e9".encode(), b"\xff\xff")


def many(suffix: str, count: int) -> Callable[[], bytes]:
    members = tuple((f"bee/{number:06}.{suffix}", b"") for number in range(count))
    return lambda: zipped(*members)


ZIPS = [
    Hostile(
        "climbing.zip",
        lambda: zipped(("../climbed.png", picture(9))),
        {"../climbed.png": LEADS_OUT},
    ),
    Hostile(
        "climbing-inside.zip",
        lambda: zipped(("ant/../../climbed.png", picture(9))),
        {"ant/../../climbed.png": LEADS_OUT},
    ),
    Hostile(
        "backslashes.zip",
        lambda: zipped(("ant\\..\\..\\climbed.png", picture(9))),
        {"ant/../../climbed.png": LEADS_OUT},
    ),
    Hostile(
        "absolute.zip",
        lambda: zipped(("/tmp/augury-absolute.png", picture(9))),
        {"tmp/augury-absolute.png": ABSOLUTE},
    ),
    Hostile(
        "drive.zip",
        lambda: zipped(("C:\\x\\absolute.png", picture(9)), ("d:absolute.png", picture(9))),
        {"C:/x/absolute.png": ABSOLUTE, "d:absolute.png": ABSOLUTE},
    ),
    Hostile(
        "share.zip",
        lambda: zipped(("\\\\server\\share\\x.png", picture(9))),
        {"server/share/x.png": ABSOLUTE},
    ),
    Hostile(
        "links.zip",
        lambda: zipped((zip_kind("ant/link.png", stat.S_IFLNK | 0o777), b"/etc/passwd")),
        {"ant/link.png": SPECIAL},
    ),
    Hostile(
        "devices.zip",
        lambda: zipped(
            (zip_kind("ant/tty.png", stat.S_IFCHR), b""),
            (zip_kind("ant/pipe.png", stat.S_IFIFO), b""),
            (zip_kind("ant/disk.png", stat.S_IFBLK), b""),
        ),
        {"ant/tty.png": SPECIAL, "ant/pipe.png": SPECIAL, "ant/disk.png": SPECIAL},
    ),
    Hostile("twice.zip", zip_twice, {"ant/0.png": "^occurs more than once"}),
    Hostile("password.zip", with_password, {"bee/2.png": "^protected by a password$"}),
    Hostile("method.zip", unknown_method, {"bee/2.png": UNPACKED}),
    Hostile("checksum.zip", wrong_checksum, {"bee/2.png": "^cannot be unpacked .*CRC"}),
    Hostile("nul.zip", nul_in_name, {}, images=6),
    Hostile("utf8.zip", bad_utf8, error="a damaged archive .*utf-8"),
    Hostile(
        "line-break.zip",
        lambda: zipped(("bee/a\nb\x1b[2J.txt", b"")),
        {"bee/a\\x0ab\\x1b[2J.txt": "^not a PNG"},
    ),
    Hostile(
        "large.zip",
        lambda: zipped(("bee/2.png", bytes(BOMB))),
        {"bee/2.png": "^larger than 200 MB$"},
    ),
    Hostile(
        "sum.zip",
        lambda: zipped(*((f"bee/b{n}.png", bytes(BOMB // 6)) for n in range(6))),
        error=TOO_MUCH,
    ),
    Hostile("lying.zip", lying_size(zipfile.ZIP_DEFLATED), {"bee/2.png": UNPACKED}),
    Hostile("lying-bzip2.zip", lying_size(zipfile.ZIP_BZIP2), {"bee/2.png": UNPACKED}),
    Hostile("lying-lzma.zip", lying_size(zipfile.ZIP_LZMA), {"bee/2.png": UNPACKED}),
    Hostile(
        "nested.zip",
        lambda: zipped(
            ("bee/inner.zip", zipped(("bee/x.png", bytes(BOMB)))), ("bee/inner.png", zipped())
        ),
        {"bee/inner.zip": "^not a PNG", "bee/inner.png": "^not an image"},
    ),
    Hostile(
        "many-images.zip",
        many("png", 2000),
        {f"bee/{n:06}.png": "^an empty file$" for n in range(2000)},
    ),
    Hostile(
        "hundred-thousand.zip",
        many("txt", COUNT),
        {f"bee/{n:06}.txt": "^not a PNG" for n in range(COUNT)},
    ),
    Hostile(
        "long-path.zip",
        lambda: zipped(("x/" * 30_000 + "x.png", picture(9))),
        {"x/" * 30_000 + "x.png": "^refused: its path is longer"},
    ),
    Hostile("cut.zip", lambda: zipped()[:-30], error="a damaged archive"),
    Hostile("half.zip", lambda: zipped()[: len(zipped()) // 2], error="a damaged archive"),
    Hostile("empty.zip", lambda: b"", error="a damaged archive"),
    Hostile("text.zip", lambda: b"<html>404</html>", error="a damaged archive"),
    Hostile("tar-named.zip", tarred, error="a damaged archive"),
]
