"""The kinds of content: what each is called, holds, and must come to."""

from functools import partial

import numpy as np
import odd_images as odd
from odd_images import (
    BMP,
    BOMB,
    BY_NAME,
    DAMAGED,
    JPEG,
    NOT_READ,
    PNG,
    PROGRESSIVE,
    WEBP,
    Change,
    Content,
    Kind,
    Maker,
    after,
    cut,
    cut_to_an_eighth,
    fixed,
    noise,
    plain_png,
    saved,
    with_segment,
)

LOSSY = 12  # gray values by which plain squares may differ at their borders
LONGEST = 2**31 - 1
HTML = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>"


def garbage(content: bytes, rng: np.random.Generator) -> bytes:
    return content + rng.bytes(500)


def _png_with(extra: bytes) -> Maker:
    def make(rng: np.random.Generator) -> Content:
        pixels = noise(rng)
        return plain_png(pixels, extra), pixels

    return make


def _jpeg(name: str, change: Change) -> Kind:
    return Kind(name, after(JPEG, change, kept=True), ".jpg", tolerance=LOSSY)


SOUND = [
    Kind("png", PNG),
    Kind("bmp", BMP, ".bmp"),
    Kind("webp", WEBP, ".webp"),
    Kind("webp-lossy", saved("WEBP", odd.flat, quality=90), ".webp", tolerance=LOSSY),
    Kind("jpeg", JPEG, ".jpg", tolerance=LOSSY),
    Kind("jpeg-progressive", PROGRESSIVE, ".jpeg", tolerance=LOSSY),
    Kind("jpeg-reduced", odd.large_jpeg, ".jpg", tolerance=LOSSY),
    Kind("capital-suffix", PNG, ".PNG"),
    Kind("png-one-bit", odd.one_bit),
    Kind("png-palette", odd.palette),
    Kind("png-opaque-rgba", partial(odd.with_alpha, gray=False, opaque=True)),
    Kind("png-1x1", odd.plain(1, 1)),
    Kind("png-1x5000", odd.plain(1, 5000)),
    Kind("png-5000x1", odd.plain(5000, 1)),
    Kind("bmp-run-length", odd.run_length_bmp, ".bmp"),
    Kind("tiff", odd.TIFF, ".tif"),
    Kind("tiff-deflated", odd.saved("TIFF", compression="tiff_adobe_deflate"), ".TIFF"),
    Kind("ppm", odd.saved("PPM"), ".ppm"),
    Kind("tiff-named-png", odd.TIFF),
    Kind("png-named-jpg", PNG, ".jpg"),
    Kind("webp-named-png", WEBP),
    Kind("jpeg-named-bmp", JPEG, ".bmp", tolerance=LOSSY),
    Kind("png-garbage-behind", after(PNG, garbage, kept=True)),
    Kind("png-without-its-end", after(PNG, lambda content, _: content[:-12], kept=True)),
    Kind("png-long-text", _png_with(odd.text_chunk(900_000))),
    _jpeg("jpeg-garbage-behind", garbage),
    Kind("jpeg-100-scans", lambda _: (odd.many_scans(99), np.full((16, 16, 3), 128)), ".jpg"),
    Kind(
        "jpeg-scans-in-its-segments-and-behind",
        after(
            after(PROGRESSIVE, with_segment(0xE5, b"\xff\xda\0\x08" * 1000), kept=True),
            lambda content, _: content + b"\xff\xda\0\x08" * 1000,
            kept=True,
        ),
        ".jpg",
        tolerance=LOSSY,
    ),
    _jpeg("jpeg-broken-exif", with_segment(0xE1, b"Exif\0\0nothing of the kind")),
    _jpeg("jpeg-cut-exif", with_segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x09")),
    *(
        Kind(f"exif-1-{form}", odd.turned(1, form, **options), suffix, tolerance=LOSSY)
        for form, suffix, options in (
            ("PNG", ".png", {}),
            ("JPEG", ".jpg", {"quality": 95, "subsampling": 0}),
        )
    ),
]
CONVERTED = [
    Kind("png-gray-16-bit", odd.gray_deep, note=odd.DEEP),
    Kind("png-color-16-bit", odd.color_deep, note=odd.DEEP),
    Kind("png-palette-alpha", partial(odd.palette, alpha=b"\0"), note=odd.ON_WHITE),
    Kind("png-gray-alpha", partial(odd.with_alpha, gray=True), note=odd.ON_WHITE),
    Kind("png-rgba", partial(odd.with_alpha, gray=False), note=odd.ON_WHITE),
    Kind("png-broken-profile", _png_with(odd.BROKEN_PROFILE), note=odd.NO_PROFILE),
    Kind("profile-bomb", odd.profile_bomb, note=odd.NO_PROFILE),
    Kind(
        "jpeg-broken-profile",
        after(JPEG, with_segment(0xE2, b"ICC_PROFILE\0\1\1xx"), kept=True),
        ".jpg",
        note=odd.NO_PROFILE,
        tolerance=LOSSY,
    ),
    Kind("jpeg-cmyk", odd.cmyk, ".jpg", note=odd.CMYK, tolerance=LOSSY),
    Kind("apng", odd.several("PNG"), note=odd.FIRST),
    Kind("webp-animated", odd.several("WEBP", lossless=True), ".webp", note=odd.FIRST),
    Kind(
        "mpo",
        odd.several("MPO", quality=95, subsampling=0),
        ".jpg",
        note=odd.FIRST,
        tolerance=LOSSY,
    ),
    *(
        Kind(
            f"exif-{turn}-{form}",
            odd.turned(turn, form, **options),
            suffix,
            note=odd.TURNED,
            tolerance=LOSSY,
        )
        for turn in range(2, 9)
        for form, suffix, options in (
            ("PNG", ".png", {}),
            ("JPEG", ".jpg", {"quality": 95, "subsampling": 0}),
            ("WEBP", ".webp", {"lossless": True}),
        )
    ),
]
SET_ASIDE = [
    Kind("cut-png", after(PNG, cut), fate=DAMAGED),
    Kind("cut-jpeg", after(JPEG, cut), ".jpg", DAMAGED),
    Kind("cut-progressive", after(PROGRESSIVE, cut), ".jpg", DAMAGED),
    Kind("cut-large-jpeg", after(odd.large_jpeg, cut_to_an_eighth), ".jpg", DAMAGED),
    Kind("cut-webp", after(WEBP, cut), ".webp", DAMAGED),
    Kind("cut-bmp", after(BMP, cut), ".bmp", DAMAGED),
    Kind("cut-run-length", after(odd.run_length_bmp, cut), ".bmp", DAMAGED),
    Kind(
        "flipped-tiff",
        after(odd.saved("TIFF", compression="tiff_adobe_deflate"), odd.flipped_strip),
        ".tif",
        "^damaged: ",
    ),
    Kind("cut-ppm", after(odd.saved("PPM"), cut), ".ppm", DAMAGED),
    Kind("cut-gif", after(odd.GIF, cut), ".gif", BY_NAME),
    Kind("cut-tiff", after(odd.TIFF, cut), ".tif", DAMAGED),
    Kind("cut-gif-named-png", after(odd.GIF, cut), fate=NOT_READ),
    Kind("cut-tiff-named-png", after(odd.TIFF, cut), fate=DAMAGED),
    Kind("flipped-png", after(PNG, odd.flipped_data), fate="^damaged: "),
    Kind(
        "png-without-its-palette",
        fixed(odd.png(16, 16, 8, 3, bytes(17 * 16))),
        fate="^damaged: its palette is missing$",
    ),
    Kind("empty", fixed(b""), fate="^an empty file$"),
    Kind("html", fixed(HTML), ".jpg", NOT_READ),
    Kind("random-bytes", lambda rng: (rng.bytes(300), None), fate=NOT_READ),
    Kind("zeros", fixed(bytes(5000)), ".bmp", NOT_READ),
    Kind("gif", odd.GIF, ".gif", BY_NAME),
    Kind("gif-animated", odd.several("GIF"), ".gif", BY_NAME),
    Kind("gif-named-png", odd.GIF, fate=NOT_READ),
    Kind("ico", odd.ICO, ".ico", BY_NAME),
    Kind("ico-named-png", odd.ICO, fate=NOT_READ),
    Kind("no-suffix", PNG, "", BY_NAME),
    Kind("other-suffix", PNG, ".png.part", BY_NAME),
    Kind("svg", fixed(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ".svg", BY_NAME),
    Kind("png-0x0", fixed(odd.png(0, 0, 8, 2, b"")), fate=NOT_READ),
    Kind("png-5x0", fixed(odd.png(5, 0, 8, 2, b"")), fate=NOT_READ),
    Kind("jpeg-0x9", fixed(odd.jpeg_header(0, 9)), ".jpg", NOT_READ),
    Kind("bmp-0x9", fixed(odd.bmp_header(0, 9)), ".bmp", NOT_READ),
    Kind("png-huge", fixed(odd.png(LONGEST, LONGEST, 8, 2, b"")), fate=BOMB),
    Kind("png-50000x50000", fixed(odd.png(50_000, 50_000, 8, 2, bytes(100))), fate=BOMB),
    Kind("jpeg-huge", fixed(odd.jpeg_header(65_535, 65_535)), ".jpg", BOMB),
    Kind("bmp-huge", fixed(odd.bmp_header(LONGEST, LONGEST)), ".bmp", BOMB),
    Kind("bmp-huge-downwards", fixed(odd.bmp_header(9, -(2**31))), ".bmp", BOMB),
    Kind("webp-huge", fixed(odd.webp_header(1 << 24, 1 << 24)), ".webp", f"{BOMB}|{DAMAGED}"),
    Kind("webp-16383", fixed(odd.webp_header(16_383, 16_383)), ".webp", f"{BOMB}|{DAMAGED}"),
    Kind("gif-huge-named-png", fixed(odd.gif_header(65_535, 65_535)), fate=NOT_READ),
    Kind("tiff-huge", fixed(odd.tiff_header(LONGEST, LONGEST)), ".tif", BOMB),
    Kind("ppm-huge", fixed(b"P6 65535 65535 255\n" + bytes(100)), ".ppm", BOMB),
    Kind("scan-bomb", fixed(odd.many_scans(5000)), ".jpg", "^damaged: more than 200 scans$"),
    Kind("text-bomb", odd.text_bomb, fate="^damaged: Decompressed data too large"),
]
KINDS = [*SOUND, *CONVERTED, *SET_ASIDE]
