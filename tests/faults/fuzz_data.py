"""The parsers of data: what sound inputs they get, and what is made for them."""

import bz2
import contextlib
import gzip
import lzma
import pickle
import struct
import tarfile
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import odd_images as odd
from fuzz import Draw, Parser, damaged, odd_number
from hostile import picture
from hostile_tars import before_the_end, entry, extended, old_sparse, tarred
from hostile_zips import zipped
from PIL import Image

from augury.data import cifar10
from augury.data.fashion_mnist import read_idx
from augury.data.folders.archive import list_archive
from augury.data.folders.decode import _attempt, _strict_bombs
from augury.data.folders.labels.table import read_table
from augury.data.folders.picture import decode_into, read_header
from augury.errors import DataError

IMAGES = 4  # in a batch of CIFAR-10, while it is fuzzed


def data_parsers(folder: Path) -> list[Parser]:
    """Those of all formats that data comes in. folder: for the files that they read."""
    archives = {"tar": tars, "tar.gz": lambda: [gzip.compress(c, 1) for c in tars()],
                "tar.xz": lambda: [lzma.compress(tarred(), preset=0)],
                "tar.bz2": lambda: [bz2.compress(tarred(), 1)],
                "zip": lambda: [zipped(), zipped(("bee/2.png", picture(7)), method=0)]}  # fmt: skip
    made = {"tar": odd_header, "tar.gz": inside(odd_header), "zip": odd_zip_field}
    images = {
        "png": [odd.PNG, odd.palette, partial(odd.palette, alpha=b"\0"), odd.one_bit],
        "png of 16 bits": [odd.gray_deep, odd.color_deep, few_bits],
        "jpeg": [odd.JPEG, odd.PROGRESSIVE, odd.cmyk, odd.turned(6, "JPEG")],
        "webp": [odd.WEBP, odd.saved("WEBP", odd.flat, quality=50), odd.several("WEBP")],
        "bmp": [odd.BMP, odd.run_length_bmp],
        "tiff": [odd.TIFF, odd.saved("TIFF", compression="tiff_lzw"), deep_tiff],
        "ppm": [odd.saved("PPM"), plain_pgm],
    }
    return [
        Parser("idx", idx_files, partial(read_file, folder / "idx", read_any_idx)),
        Parser(
            "idx.gz",
            lambda: [gzip.compress(content) for content in idx_files()],
            partial(read_file, folder / "idx.gz", read_any_idx),
            inside(lambda content, draw: damaged(content, [content], draw)),
        ),
        Parser("table of labels", tables, partial(read_table, where="labels.csv", columns=())),
        Parser("CIFAR-10 pickle", pickles, read_batch(cifar10._read_python), program),
        Parser(
            "CIFAR-10 binary",
            lambda: [bytes(IMAGES * cifar10._RECORD)],
            read_batch(cifar10._read_binary),
        ),
        *(
            Parser(
                name,
                sound,
                partial(read_file, folder / f"archive.{name}", partial(listed, folder / "blob")),
                made.get(name),
            )
            for name, sound in archives.items()
        ),
        *(
            # The largest images that are allowed, of 89 million pixels, take 1.4 GB.
            Parser(
                name,
                partial(pictures, makes),
                read_image,
                odd_chunk if "png" in name else None,
                memory=2_000_000_000,
            )
            for name, makes in images.items()
        ),
    ]


def read_file(path: Path, read: Callable[[Path], object], content: bytes) -> object:
    path.write_bytes(content)
    return read(path)


def listed(blob: Path, archive: Path) -> object:
    return list_archive(archive, blob, None)


def inside(make: Callable[[bytes, Draw], bytes]) -> Callable[[bytes, Draw], bytes]:
    """`make`, of what is packed in a .gz."""
    return lambda content, draw: gzip.compress(make(gzip.decompress(content), draw), 1)


def idx_files() -> list[bytes]:
    labels = bytes((0, 0, 8, 1)) + struct.pack(">I", 5) + bytes(range(5))
    return [labels, bytes((0, 0, 8, 3)) + struct.pack(">III", 2, 6, 6) + bytes(72)]


def read_any_idx(path: Path) -> object:
    with contextlib.suppress(DataError):  # the one of the two that it is not
        return read_idx(path, 1)
    return read_idx(path, 3)


def read_batch(read: Callable[[bytes, str], object]) -> Callable[[bytes], object]:
    def reading(content: bytes) -> object:
        before, cifar10.IMAGES_PER_BATCH = cifar10.IMAGES_PER_BATCH, IMAGES
        try:
            return read(content, "batch")
        finally:
            cifar10.IMAGES_PER_BATCH = before

    return reading


@cache
def pickles() -> list[bytes]:
    data = np.arange(IMAGES * 3072, dtype=np.uint8).reshape(IMAGES, 3072)
    batch = {b"data": data, b"labels": [1, 9, 0, 3], b"batch_label": b"1", b"filenames": [b"a.png"]}
    return [pickle.dumps(batch, protocol=protocol) for protocol in range(5)]


def program(content: bytes, draw: Draw) -> bytes:
    """Instructions of a pickle at random, most of them with sound arguments, before a batch."""
    named = [b"c_codecs\nencode\n", b"cnumpy\ndtype\n", b"cnumpy\nndarray\n", b"cos\nsystem\n",
             b"cnumpy.core.multiarray\n_reconstruct\n"]  # fmt: skip
    simple = [
        bytes([code]) for code in b"N}](()ldteasuRb0.2Q\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94"
    ]

    def argument(size: int) -> bytes:
        return draw.choice((0, 1, 2, 5, 255, 2**31, 2**32 - 1, draw.getrandbits(16))).to_bytes(
            8, "little"
        )[:size]

    out = []
    for _ in range(draw.randint(1, 40)):
        kind = draw.randrange(6)
        if kind < 3:
            out.append(draw.choice(simple))
        elif kind == 3:
            # fmt: off
            code, size = draw.choice(((b"K", 1), (b"J", 4), (b"M", 2), (b"q", 1), (b"r", 4),
                                      (b"h", 1), (b"j", 4), (b"\x8a", 1), (b"\x95", 8), (b"B", 4),
                                      (b"X", 4), (b"\x8e", 8), (b"\x96", 8), (b"U", 1)))
            # fmt: on
            out.append(code + argument(size) + draw.randbytes(draw.choice((0, 0, 1, 5))))
        elif kind == 4:
            values = (b"1", b"-1", b"01", b"9" * 5000, b"'a\\x00'", b"\\ud800", b"x", b"1e999")
            out.append(bytes([draw.choice(b"ILSVpgF")]) + draw.choice(values) + b"\n")
        else:
            out.append(draw.choice(named))
    start = draw.choice((b"", b"\x80\x02"))
    return start + b"".join(out) + (content if draw.random() < 0.3 else b".")


@cache
def tars() -> list[bytes]:
    long = entry(f"bee/{'x' * 90}/{'y' * 60}.png", picture(8))
    return [
        tarred(),
        tarred(long, form=tarfile.GNU_FORMAT),
        tarred(long, form=tarfile.USTAR_FORMAT),
        before_the_end(extended(b"18 path=bee/7.png\n"))(),
        before_the_end(old_sparse(3))(),
        before_the_end(extended(b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"))(),
    ]


def odd_header(content: bytes, draw: Draw) -> bytes:
    """A tar with one field, or one record, of a header changed, and the checksum made right."""
    changed = bytearray(content)
    starts = [
        at for at in range(0, len(content) - 511, 512) if content[at + 257 : at + 262] == b"ustar"
    ]
    at = draw.choice(starts or [0])
    field, size = draw.choice(((0, 100), (100, 8), (124, 12), (136, 12), (156, 1), (257, 8),
                               (345, 155), (386, 12), (482, 1), (483, 12), (512, 30)))  # fmt: skip
    values = (
        draw.randbytes(size),
        b"%d" % draw.choice((0, 1, 100, 2**33, 2**63, 10**25)),
        b"\x80" + (draw.getrandbits(64) >> draw.randrange(64)).to_bytes(11, "big"),
        b"\xff" * 12,
        bytes([draw.choice(b"0123456789LKSxgXDVZ")]),
        b"%d path=%d\n" % (draw.getrandbits(80) >> draw.randrange(80), draw.getrandbits(8)),
        b"GNU.sparse.map=1,2\n",
    )
    value = draw.choice(values)[:size]
    changed[at + field : at + field + len(value)] = value
    changed[at + 148 : at + 156] = b" " * 8
    changed[at + 148 : at + 156] = b"%06o\0 " % sum(changed[at : at + 512])
    return bytes(changed)


def odd_zip_field(content: bytes, draw: Draw) -> bytes:
    """A zip with an odd number in one of its headers."""
    magic, length = draw.choice(((b"PK\3\4", 30), (b"PK\1\2", 46), (b"PK\5\6", 22)))
    places = [at for at in range(len(content)) if content.startswith(magic, at)]
    at = draw.choice(places)
    return (
        content[: at + 4] + odd_number(content[at + 4 : at + length], draw) + content[at + length :]
    )


def few_bits(rng: np.random.Generator) -> odd.Content:
    values = rng.integers(0, 4096, (odd.SIDE, odd.SIDE, 4))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return odd.png(odd.SIDE, odd.SIDE, 16, 6, rows), None


def deep_tiff(rng: np.random.Generator) -> odd.Content:
    values = rng.integers(0, 4096, (odd.SIDE, odd.SIDE)).astype(np.uint16)
    return odd.encoded(Image.fromarray(values), "TIFF", compression="tiff_adobe_deflate"), None


def plain_pgm(rng: np.random.Generator) -> odd.Content:
    numbers = " ".join(map(str, rng.integers(0, 1000, 16)))
    return f"P2\n# a comment\n4 4 999\n{numbers}\n".encode(), None


def tables() -> list[bytes]:
    return [
        b"image,label\na.png,cat\nb.png,dog\n",
        b'\xef\xbb\xbfid;split;class;note\r\n1;train;"a;b";x\r\n2;test;dog\r\n',
        "file\tcategory\nä/1.png\tKäfer\n".encode(),
    ]


def pictures(makes: list[Callable[[np.random.Generator], odd.Content]]) -> list[bytes]:
    return [make(np.random.default_rng(number))[0] for number, make in enumerate(makes)]


def odd_chunk(content: bytes, draw: Draw) -> bytes:
    """A PNG with one chunk damaged inside, and its checksums right."""
    at, chunks = 8, []
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    number = draw.randrange(len(chunks))
    kind, body = chunks[number]
    if kind == b"IDAT":
        with contextlib.suppress(zlib.error):
            body = zlib.compress(damaged(zlib.decompress(body), [body], draw), 1)
    elif len(body) > 1:
        body = damaged(body, [body], draw)
    chunks[number] = (draw.choice((kind, kind, kind, b"tRNS", b"PLTE", b"acTL", b"eXIf")), body)
    if draw.random() < 0.2:
        chunks.insert(draw.randrange(len(chunks)), draw.choice(chunks))
    return b"\x89PNG\r\n\x1a\n" + b"".join(odd.chunk(kind, body) for kind, body in chunks)


def read_image(content: bytes) -> object:
    """As the files of a folder are read: what cannot be used is told with its reason."""
    row = np.empty((3, 16, 16), np.uint8)
    image = _Content(content)
    with _strict_bombs():
        for read in (read_header, *(partial(decode_into, row, bits=bits) for bits in (12, 16))):
            outcome = _attempt(read, image)
            if isinstance(outcome, str):
                raise DataError(outcome)
    return row


class _Content:
    """Stands in for a StoredFile."""

    def __init__(self, content: bytes) -> None:
        self.read = lambda: content
