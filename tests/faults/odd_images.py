"""Bad and odd image files of many kinds, each with the fate that it must meet.

A kind of content is a function of a generator to (bytes, the 16×16 RGB pixels that must come out,
or None); a kind of place puts something at a path. `fate` is the reason for which a file is set
aside, as a regular expression, or one of USED and IGNORED; `note` is what the data set says of
the conversion.
"""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 16
USED, IGNORED = "used", "ignored"
NOT_READ = "^not an image that can be read$"
DAMAGED = "^(damaged: .*|not an image that can be read)$"
BY_NAME = "^not a PNG, JPEG, WebP, BMP, TIFF, PPM, AVIF or HEIC file$"
BOMB = r"^more than 89,478,485 pixels$"
TURNED = "turned upright as EXIF says"
FIRST = "the first of several pictures in a file"
DEEP = "16 bits scaled to 8"
ON_WHITE = "transparency laid on white"
CMYK = "CMYK converted to RGB"
NO_PROFILE = "a damaged color profile, ignored"

Pixels = NDArray[np.uint8]
Content = tuple[bytes, Pixels | None]
Maker = Callable[[np.random.Generator], Content]
Change = Callable[[bytes, np.random.Generator], bytes]


@dataclass(frozen=True)
class Kind:
    name: str
    make: Maker
    suffix: str = ".png"
    fate: str = USED
    note: str | None = None
    tolerance: int = 0


def noise(rng: np.random.Generator) -> Pixels:
    return rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def quarters(rng: np.random.Generator, channels: int = 3) -> Pixels:
    """Four plain squares, which a lossy format keeps."""
    return np.kron(
        rng.integers(30, 226, (2, 2, channels), dtype=np.uint8), np.ones((8, 8, 1), np.uint8)
    )


def flat(rng: np.random.Generator) -> Pixels:
    return np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), (SIDE, SIDE, 3)).copy()


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def saved(
    form: str, picture: Callable[[np.random.Generator], Pixels] = noise, **options: Any
) -> Maker:
    def make(rng: np.random.Generator) -> Content:
        pixels = picture(rng)
        return encoded(Image.fromarray(pixels), form, **options), pixels

    return make


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, color: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG written from its specification: `rows` begin with filter bytes each."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def plain_png(pixels: Pixels, extra: bytes = b"") -> bytes:
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return png(pixels.shape[1], pixels.shape[0], 8, 2, rows, extra)


def gray_deep(rng: np.random.Generator) -> Content:
    values = rng.integers(0, 65536, (SIDE, SIDE))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    expected = np.rint(values / 65535 * 255).astype(np.uint8)
    return png(SIDE, SIDE, 16, 0, rows), np.repeat(expected[..., None], 3, -1)


def color_deep(rng: np.random.Generator) -> Content:
    values = rng.integers(0, 65536, (SIDE, SIDE, 3))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(SIDE, SIDE, 16, 2, rows), (values >> 8).astype(np.uint8)


def one_bit(rng: np.random.Generator) -> Content:
    bits = rng.integers(0, 2, (SIDE, SIDE), dtype=np.uint8)
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)
    return png(SIDE, SIDE, 1, 0, rows), np.repeat(bits[..., None] * np.uint8(255), 3, -1)


def palette(rng: np.random.Generator, alpha: bytes = b"") -> Content:
    colors = rng.integers(0, 256, (4, 3), dtype=np.uint8)
    indices = rng.integers(0, 4, (SIDE, SIDE), dtype=np.uint8)
    indices[0, :4] = range(4)
    rows = b"".join(b"\0" + row.tobytes() for row in indices)
    extra = chunk(b"PLTE", colors.tobytes()) + (chunk(b"tRNS", alpha) if alpha else b"")
    shown = colors.copy()
    if alpha:
        shown[0] = 255  # the first color is transparent, and laid on white
    return png(SIDE, SIDE, 8, 3, rows, extra), shown[indices]


def with_alpha(rng: np.random.Generator, gray: bool, opaque: bool = False) -> Content:
    color = rng.integers(0, 256, (SIDE, SIDE, 1 if gray else 3), dtype=np.uint8)
    alpha = np.full((SIDE, SIDE, 1), 255, np.uint8)
    if not opaque:
        alpha[:, : SIDE // 2] = 0
    rows = b"".join(b"\0" + row.tobytes() for row in np.concatenate([color, alpha], -1))
    shown = np.where(alpha == 0, np.uint8(255), color)
    return png(SIDE, SIDE, 8, 4 if gray else 6, rows), np.broadcast_to(shown, (SIDE, SIDE, 3))


# How a picture that is stored so must be turned to be shown, from the table of EXIF 2.3.
TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: lambda p: np.rot90(p, 1),
}


def turned(orientation: int, form: str, **options: Any) -> Maker:
    def make(rng: np.random.Generator) -> Content:
        pixels, exif = quarters(rng), Image.Exif()
        exif[0x0112] = orientation
        content = encoded(Image.fromarray(pixels), form, exif=exif, **options)
        return content, TURNS[orientation](pixels)

    return make


def several(form: str, **options: Any) -> Maker:
    def make(rng: np.random.Generator) -> Content:
        frames = [quarters(rng) for _ in range(3)]
        first, *others = [Image.fromarray(frame) for frame in frames]
        options_here = {"save_all": True, "append_images": others, **options}
        return encoded(first, form, **options_here), frames[0]

    return make


def cmyk(rng: np.random.Generator) -> Content:
    ink = quarters(rng, 4)
    ink[..., 3] = 0
    content = encoded(Image.fromarray(ink, "CMYK"), "JPEG", quality=98, subsampling=0)
    return content, 255 - ink[..., :3]


def plain(width: int, height: int) -> Maker:
    def make(rng: np.random.Generator) -> Content:
        color = rng.integers(0, 256, 3, dtype=np.uint8)
        pixels = np.broadcast_to(color, (height, width, 3))
        return plain_png(pixels), np.broadcast_to(color, (SIDE, SIDE, 3))

    return make


def large_jpeg(rng: np.random.Generator) -> Content:
    pixels = flat(rng)  # as it is decoded at a fraction of its size, which blurs borders
    big = np.kron(pixels, np.ones((16, 16, 1), np.uint8))
    return encoded(Image.fromarray(big), "JPEG", quality=95, subsampling=0), pixels


def run_length_bmp(rng: np.random.Generator) -> Content:
    """8-bit BMP with RLE: each row two runs of eight pixels, from the bottom to the top."""
    colors = rng.integers(0, 256, (256, 3), dtype=np.uint8)
    runs = rng.integers(0, 256, (SIDE, 2), dtype=np.uint8)
    body = b"".join(bytes([8, a, 8, b, 0, 0]) for a, b in runs[::-1]) + b"\0\1"
    table = b"".join(bytes([b, g, r, 0]) for r, g, b in colors)
    offset = 14 + 40 + len(table)
    info = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(body), 0, 0, 256, 0)
    start = b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset)
    return start + info + table + body, colors[np.repeat(runs, 8, axis=1)]


def after(make: Maker, change: Change, kept: bool = False) -> Maker:
    """`make`'s content, changed; its pixels only where they are kept."""

    def made(rng: np.random.Generator) -> Content:
        content, pixels = make(rng)
        return change(content, rng), pixels if kept else None

    return made


def cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(1, len(content) - 20)]


def cut_to_an_eighth(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: len(content) // 8 * rng.integers(1, 8)]


def flipped_data(content: bytes, rng: np.random.Generator) -> bytes:
    """One bit of a PNG's image data, past the byte in which some bits mean nothing."""
    start = content.index(b"IDAT") + 7
    at = int(rng.integers(start, len(content) - 20))
    return content[:at] + bytes([content[at] ^ 1 << int(rng.integers(8))]) + content[at + 1 :]


def flipped_strip(content: bytes, rng: np.random.Generator) -> bytes:
    """One bit of a compressed TIFF's pixels, which stand between its header and its tags."""
    at = int(rng.integers(100, 600))
    return content[:at] + bytes([content[at] ^ 1 << int(rng.integers(8))]) + content[at + 1 :]


def with_segment(marker: int, body: bytes) -> Change:
    """A JPEG segment right after the start of the image."""
    segment = bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
    return lambda content, rng: content[:2] + segment + content[2:]


def jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + bytes(200)


def many_scans(scans: int, side: int = 2000) -> bytes:
    """A gray progressive JPEG of one color, whose every scan says that nothing is to be added."""

    def segment(marker: int, body: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body

    def table(kind: int, symbol: int) -> bytes:
        return segment(0xC4, bytes([kind, 1, *bytes(15), symbol]))

    frame = struct.pack(">BHHB", 8, side, side, 1) + b"\x01\x11\x00"
    start = b"\xff\xd8" + segment(0xDB, bytes([0, *[1] * 64])) + segment(0xC2, frame)
    # One symbol each: no difference in brightness, and 16,384 blocks without detail.
    first = table(0x00, 0x00) + table(0x10, 0xE0) + segment(0xDA, b"\1\1\0\0\0\0") + bytes(9)
    return start + first + (segment(0xDA, b"\1\1\0\1\x3f\0") + bytes(9)) * scans + b"\xff\xd9"


def webp_header(width: int, height: int) -> bytes:
    body = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = (
        b"WEBPVP8X" + struct.pack("<I", 10) + body + b"VP8 " + struct.pack("<I", 20) + bytes(20)
    )
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def bmp_header(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 200, 0, 0, 54) + info + bytes(200)


def gif_header(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6) + b","


def tiff_header(width: int, height: int) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (278, 1), (279, 9)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def fixed(content: bytes) -> Maker:
    return lambda rng: (content, None)


@cache
def zeros_packed() -> bytes:
    return zlib.compress(bytes(64_000_000), 9)


def text_bomb(rng: np.random.Generator) -> Content:
    return plain_png(noise(rng), chunk(b"zTXt", b"Comment\0\0" + zeros_packed())), None


def profile_bomb(rng: np.random.Generator) -> Content:
    pixels = noise(rng)
    return plain_png(pixels, chunk(b"iCCP", b"icc\0\0" + zeros_packed())), pixels


def text_chunk(size: int) -> bytes:
    return chunk(b"tEXt", b"Comment\0" + b"x" * size)


PNG, JPEG = saved("PNG"), saved("JPEG", quarters, quality=95, subsampling=0)
WEBP, BMP = saved("WEBP", lossless=True), saved("BMP")
PROGRESSIVE = saved("JPEG", quarters, quality=95, subsampling=0, progressive=True)
GIF, TIFF, ICO = saved("GIF"), saved("TIFF"), saved("ICO", sizes=[(SIDE, SIDE)])
BROKEN_PROFILE = chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"no profile"))
