"""Formats besides PNG and JPEG, and color profiles. Files are written from their specifications."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from augury.data import load_dataset
from augury.data.folders import formats
from augury.errors import DataError

SIDE = 16
NAMES = [f"{part}/{c}/{n}" for part in ("train", "test") for c in ("ant", "bee") for n in range(2)]


def tiff(
    values: np.ndarray, order: str = "<", packed: bool = False, tags: dict[int, int] | None = None
) -> bytes:
    """A TIFF of one strip; `values` are (H, W, C), uint8 or uint16, and C is 1, 3 or 4."""
    height, width, channels = values.shape
    body = values.astype(values.dtype.newbyteorder(order)).tobytes()
    body = zlib.compress(body) if packed else body
    numbers = {
        256: width,
        257: height,
        258: values.dtype.itemsize * 8,
        259: 8 if packed else 1,
        262: 1 if channels == 1 else 2,
        273: 0,
        277: channels,
        278: height,
        279: len(body),
        284: 1,
        **({338: 2} if channels == 4 else {}),
        **(tags or {}),
    }
    start = 8 + 2 + 12 * len(numbers) + 4
    numbers[273] = start + 8
    entries = b""
    for tag, number in sorted(numbers.items()):
        if tag == 258 and channels > 1:
            entries += struct.pack(f"{order}HHII", tag, 3, channels, start)
        elif tag in (256, 257, 273, 278, 279):
            entries += struct.pack(f"{order}HHII", tag, 4, 1, number)
        else:
            entries += struct.pack(f"{order}HHIHH", tag, 3, 1, number, 0)
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HI", 42, 8)
    bits = struct.pack(f"{order}4H", *[numbers[258]] * 4)
    return head + struct.pack(f"{order}H", len(numbers)) + entries + bytes(4) + bits + body


def noise(seed: int, channels: int, highest: int) -> np.ndarray:
    dtype = np.uint8 if highest < 256 else np.uint16
    values = np.random.default_rng(seed).integers(0, highest + 1, (SIDE, SIDE, channels))
    values[0, 0] = highest
    return values.astype(dtype)


def load(folder, files: list[bytes], suffix: str):
    """The files in turn under NAMES."""
    for name, content in zip(NAMES, files, strict=True):
        path = folder / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return load_dataset(str(folder))


def rows(dataset) -> list[np.ndarray]:
    """(H, W, C) of each image, in the order of NAMES."""
    return [image.transpose(1, 2, 0) for p in (dataset.train, dataset.test) for image in p.images]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("highest", "full"), [(255, 255), (3000, 4095), (65535, 65535)])
def test_tiff(tmp_path, highest, full, channels, order, packed):
    values = [noise(seed, channels, highest) for seed in range(len(NAMES))]
    dataset = load(tmp_path / "x", [tiff(each, order, packed) for each in values], ".tif")
    deep = highest > 255
    for row, value in zip(rows(dataset), values, strict=True):
        expected = np.rint(value / full * 255)
        if deep and full == 65535 and channels == 3:
            expected = value >> 8  # of colors that use all 16 bits the upper 8 are kept
        np.testing.assert_array_equal(row, expected)
    assert ("8 of 8 images: 16 bits scaled to 8" in dataset.notes) == deep
    assert any("use 12 bits: 0..4095" in note for note in dataset.notes) == (full == 4095)
    assert "(TIFF)" in dataset.source


def test_a_tiff_that_lies_on_its_side(tmp_path):
    values = [noise(seed, 3, 4000) for seed in range(len(NAMES))]
    dataset = load(tmp_path / "x", [tiff(each, tags={274: 6}) for each in values], ".tiff")
    for row, value in zip(rows(dataset), values, strict=True):
        np.testing.assert_array_equal(row, np.rint(np.rot90(value, -1) / 4095 * 255))
    assert "8 of 8 images: turned upright as EXIF says" in dataset.notes


@pytest.mark.parametrize(
    ("channels", "tags", "reason"),
    [
        (1, {262: 0}, "16-bit gray in which 0 is white; convert it so that 0 is black"),
        (1, {339: 2}, "its samples are signed, or have 32 bits; convert it to 8 or 16 bits"),
        (3, {284: 2}, "16-bit colors, each in a plane of its own; convert it to 8 bits"),
        (4, {338: 1}, "16-bit colors multiplied with transparency; convert it to 8 bits"),
    ],
)
def test_a_tiff_that_is_not_read_says_why(tmp_path, channels, tags, reason):
    files = [tiff(noise(seed, channels, 4000)) for seed in range(len(NAMES))]
    files[1] = tiff(noise(1, channels, 4000), tags=tags)
    dataset = load(tmp_path / "x", files, ".tif")
    assert [(a.path, a.reason) for a in dataset.set_aside] == [("train/ant/1.tif", reason)]
    floats = io.BytesIO()
    Image.fromarray(np.ones((SIDE, SIDE), np.float32)).save(floats, "TIFF")
    (tmp_path / "x/train/ant/1.tif").write_bytes(floats.getvalue())
    dataset = load_dataset(str(tmp_path / "x"))
    assert dataset.set_aside[0].reason == "its samples are floats; convert it to 8 or 16 bits"


def test_pbm_pgm_and_ppm(tmp_path):
    """Gray of two bytes a sample is scaled like that of other files, the largest value is white."""
    color, gray = noise(0, 3, 255), noise(1, 1, 255)
    deep, bits = noise(2, 1, 65535), noise(3, 1, 1)
    size = f"{SIDE} {SIDE}".encode()
    kinds = [
        (b"P6 " + size + b" 255\n" + color.tobytes(), color),
        (b"P5 " + size + b" 255\n" + gray.tobytes(), gray),
        (b"P5 " + size + b" 65535\n" + deep.astype(">u2").tobytes(), np.rint(deep / 257)),
        (b"P4 " + size + b"\n" + np.packbits(bits[..., 0], axis=1).tobytes(), 255 * (1 - bits)),
    ]
    dataset = load(tmp_path / "x", [kinds[i % 4][0] for i in range(len(NAMES))], ".pnm")
    for number, row in enumerate(rows(dataset)):
        expected = np.broadcast_to(kinds[number % 4][1], (SIDE, SIDE, 3))
        np.testing.assert_array_equal(row, expected)
    assert dataset.notes == ("2 of 8 images: 16 bits scaled to 8",)


@pytest.mark.parametrize(("form", "suffix"), [("WEBP", ".webp"), ("AVIF", ".avif")])
def test_webp_and_avif(tmp_path, form, suffix):
    """Plain squares, which a lossy format keeps."""
    files, values = [], []
    for seed in range(len(NAMES)):
        squares = np.random.default_rng(seed).integers(30, 226, (2, 2, 3), dtype=np.uint8)
        values.append(np.kron(squares, np.ones((8, 8, 1), np.uint8)))
        content = io.BytesIO()
        options = {"lossless": True} if form == "WEBP" else {"quality": 100, "subsampling": "4:4:4"}
        Image.fromarray(values[-1]).save(content, form, **options)
        files.append(content.getvalue())
    dataset = load(tmp_path / "x", files, suffix)
    assert np.abs(np.array(rows(dataset)).astype(int) - np.array(values)).max() <= 4
    assert dataset.set_aside == ()


def test_a_format_without_its_package_says_which(tmp_path, monkeypatch):
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda name: None)
    formats._missing.cache_clear()
    gray = [tiff(noise(seed, 1, 255)) for seed in range(len(NAMES))]
    (tmp_path / "x/train/ant").mkdir(parents=True)
    (tmp_path / "x/train/ant/9.HEIC").write_bytes(b"\0\0\0 ftypheic")
    dataset = load(tmp_path / "x", gray, ".tif")
    reason = "HEIC needs the package pillow-heif: pip install pillow-heif"
    assert [(a.path, a.reason) for a in dataset.set_aside] == [("train/ant/9.HEIC", reason)]
    for path in (tmp_path / "x/train/ant").glob("*.tif"):
        path.rename(path.with_suffix(".heif"))
    with pytest.raises(DataError, match=f"class 'ant' has no images .* {reason}$"):
        load_dataset(str(tmp_path / "x"))
    formats._missing.cache_clear()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(pixels: np.ndarray, profile: bytes | None = None, method: int = 0) -> bytes:
    """A gray PNG; method: of compressing the profile, of which only 0 is defined."""
    extra = b""
    if profile is not None:
        extra = chunk(b"iCCP", b"name\0" + bytes([method]) + zlib.compress(profile))
    data = b"".join(b"\0" + row.tobytes() for row in pixels)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))
        + extra
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def test_color_profiles_are_told_and_change_nothing(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    pixels = [noise(seed, 1, 255) for seed in range(len(NAMES))]
    damaged = [(b"xx", 0), (lab[:36] + b"none" + lab[40:], 0), (lab[:-9], 0), (lab, 7)]
    files = [
        png(pixels[0]),
        png(pixels[1], srgb),
        png(pixels[2], lab),
        *(png(pixels[3 + n], each, method) for n, (each, method) in enumerate(damaged)),
        png(pixels[7], lab),
    ]
    dataset = load(tmp_path / "x", files, ".png")
    np.testing.assert_array_equal(rows(dataset), pixels)
    told = ", ".join(repr(f"{name}.png") for name in NAMES[3:6]) + " and 1 more"
    assert dataset.notes == (
        "2 of 8 images: a color profile other than sRGB, which is not applied",
        f"4 of 8 images: a damaged color profile, ignored: {told}",
    )
