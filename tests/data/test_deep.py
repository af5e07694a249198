"""Images of 16 bits a sample, of which fewer are used. Expected pixels are worked out by hand."""

import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app
from augury.data import load_dataset
from augury.data.folders.deep import Range, count_depths
from augury.records.recipe import Recipe
from augury.study.doctor.data import examine_data

SIDE = 16
GRAY, COLOR, GRAY_ALPHA, COLOR_ALPHA = (0, 1), (2, 3), (4, 2), (6, 4)  # PNG's type, channels


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(values: np.ndarray, form=GRAY, extra: bytes = b"") -> bytes:
    """A PNG of 16 bits a sample, written from its specification; `values` are (H, W, channels)."""
    height, width = values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, form[0], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def noise(seed: int, highest: int, form=GRAY) -> np.ndarray:
    """Random samples, the highest among them."""
    values = np.random.default_rng(seed).integers(0, highest + 1, (SIDE, SIDE, form[1]))
    values[0, 0] = highest
    return values


def scaled(values: np.ndarray, highest: int) -> np.ndarray:
    """(C, H, W): what 0..highest comes to in 0..255, rounded."""
    return np.rint(values / highest * 255).astype(np.uint8).transpose(2, 0, 1)


def write(folder, images: dict[str, bytes]):
    for name, content in images.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return load_dataset(str(folder))


def pictures(dataset) -> dict[int, np.ndarray]:
    parts = (dataset.train, dataset.test)
    return {int(i): image for part in parts for i, image in zip(part.ids, part.images, strict=True)}


# Of the pictures in `test_the_full_range_stays_as_it_was`, by augury before it looked at ranges.
FULL_FINGERPRINT = "922155813723f95129fb18f0cc2ecc075babc93e90b423941f5b351287e3fc46"
NAMES = ("train/ant/0.png", "train/ant/1.png", "train/bee/0.png", "train/bee/1.png",
         "test/ant/0.png", "test/bee/0.png")  # fmt: skip


@pytest.mark.parametrize("form", [GRAY, COLOR])
@pytest.mark.parametrize(
    ("highest", "full", "bits"),
    [(200, 255, 8), (700, 1023, 10), (4095, 4095, 12), (4096, 16383, 14), (16383, 16383, 14)],
)
def test_the_range_that_is_used_becomes_the_whole(tmp_path, form, highest, full, bits):
    values = [noise(number, highest, form) for number in range(len(NAMES))]
    files = {n: png(v, form) for n, v in zip(NAMES, values, strict=True)}
    dataset = write(tmp_path / "deep", files)
    for number, value in enumerate(values):
        np.testing.assert_array_equal(pictures(dataset)[number], scaled(value, full))
    assert dataset.notes[:2] == (
        "6 of 6 images: 16 bits scaled to 8",
        f"16-bit images use {bits} bits: 0..{full} becomes 0..255 in all of them",
    )


def test_twelve_bits_keep_every_level(tmp_path):
    """Of 0..4095 in steps of 16, 256 levels, only 17 were left when 0..65535 was taken for it."""
    values = np.arange(0, 4096, 16).reshape(SIDE, SIDE, 1)
    values[0, 0] = 4095
    dataset = write(tmp_path / "deep", dict.fromkeys(NAMES, png(values)))
    assert len(np.unique(dataset.train.images)) == 255


def test_the_full_range_stays_as_it_was(tmp_path):
    """Gray is rounded, and of colors the upper 8 bits are kept: the pixels of earlier versions."""
    gray, color = noise(1, 65535), noise(2, 65535, COLOR)
    files = {name: png(gray) if "ant" in name else png(color, COLOR) for name in NAMES}
    dataset = write(tmp_path / "deep", files)
    expected = np.broadcast_to(scaled(gray, 65535), (3, SIDE, SIDE))
    np.testing.assert_array_equal(dataset.train.images[0], expected)
    np.testing.assert_array_equal(
        dataset.train.images[2], (color >> 8).astype(np.uint8).transpose(2, 0, 1)
    )
    assert dataset.notes == ("6 of 6 images: 16 bits scaled to 8",)
    assert dataset.fingerprint == FULL_FINGERPRINT


def test_one_range_for_all_images_of_all_parts(tmp_path):
    """A dark image stays dark, and the brightest one may be a test image."""
    values = [noise(number, 100) for number in range(5)] + [noise(5, 3000)]
    files = {name: png(value) for name, value in zip(NAMES, values, strict=True)}
    dataset = write(tmp_path / "deep", files)
    for number, value in enumerate(values):
        np.testing.assert_array_equal(pictures(dataset)[number], scaled(value, 4095))


def test_a_brighter_image_that_is_added_changes_all(tmp_path):
    values = noise(0, 1000)
    folder = tmp_path / "deep"
    before = write(folder, dict.fromkeys(NAMES, png(values)))
    same = write(folder, {"train/ant/2.png": png(noise(1, 1023))})
    np.testing.assert_array_equal(pictures(same)[0], pictures(before)[0])
    after = write(folder, {"train/ant/2.png": png(noise(1, 1024))})
    np.testing.assert_array_equal(pictures(before)[0], scaled(values, 1023))
    np.testing.assert_array_equal(pictures(after)[0], scaled(values, 4095))
    assert len({before.fingerprint, same.fingerprint, after.fingerprint}) == 3


def test_images_of_eight_bits_are_left_alone_and_mixed_ones_scaled(tmp_path):
    plain = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(plain).save(out, "PNG")
    values = noise(1, 4000)
    files = {name: png(values) if "ant" in name else out.getvalue() for name in NAMES}
    dataset = write(tmp_path / "deep", files)
    np.testing.assert_array_equal(dataset.train.images[0], scaled(values, 4095))
    np.testing.assert_array_equal(dataset.train.images[2, 0], plain)
    assert dataset.notes[0] == "3 of 6 images: 16 bits scaled to 8"


def test_a_damaged_bright_image_has_no_say(tmp_path):
    values = noise(0, 1000)
    bright = png(noise(1, 65535))
    files = dict.fromkeys(NAMES, png(values)) | {"train/ant/1.png": bright[: len(bright) // 2]}
    dataset = write(tmp_path / "deep", files)
    assert [file.path for file in dataset.set_aside] == ["train/ant/1.png"]
    np.testing.assert_array_equal(dataset.train.images[0], scaled(values, 1023))


@pytest.mark.parametrize("form", [GRAY_ALPHA, COLOR_ALPHA])
def test_alpha_always_has_16_bits(tmp_path, form):
    """Opaque is 65535, whatever the range of the colors; a transparent pixel is laid on white."""
    values = noise(0, 4095, form)
    values[..., -1] = 65535
    values[3, 4, -1] = 0
    dataset = write(tmp_path / "deep", dict.fromkeys(NAMES, png(values, form)))
    expected = scaled(values[..., :-1], 4095)
    expected[:, 3, 4] = 255
    shown = np.broadcast_to(expected, dataset.train.images[0].shape)
    np.testing.assert_array_equal(dataset.train.images[0], shown)


def test_colors_are_turned_and_resized_too(tmp_path):
    values = np.zeros((32, 48, 3), int)
    values[:, 24:] = (4095, 2048, 0)
    exif = Image.Exif()
    exif[0x0112] = 3  # to be shown turned by 180 degrees
    extra = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    dataset = write(tmp_path / "deep", dict.fromkeys(NAMES, png(values, COLOR, extra)))
    image = dataset.train.images[0]
    np.testing.assert_array_equal(image[:, 32, 5], [255, 128, 0])
    np.testing.assert_array_equal(image[:, 32, -5], [0, 0, 0])


def test_what_the_samples_need():
    values = np.array([0, 255, 256, 1023, 1024, 4095, 4096, 16383, 16384, 65535])
    image = Image.fromarray(values.astype(np.uint16)[None])
    assert count_depths(image) == (2, 2, 2, 2, 2)
    assert Range.of([]) == Range(16, 16)
    assert Range.of([(1, 0, 0, 0, 0), (0, 1, 0, 0, 0)]) == Range(10, 10)
    assert Range.of([(999, 0, 0, 0, 1)]) == Range(16, 8)
    assert Range.of([(998, 0, 0, 0, 2)]) == Range(16, 16)


def test_a_few_bright_samples_are_told_and_nothing_is_cut_off(tmp_path):
    """One dead pixel of a camera: 100 of 65535 levels would be none, and the doctor warns."""
    values = noise(0, 1000)
    files = dict.fromkeys(NAMES, png(values))
    hot = values.copy()
    hot[0, 0] = 65535
    dataset = write(tmp_path / "deep", files | {"train/ant/0.png": png(hot)})
    np.testing.assert_array_equal(dataset.train.images[0], scaled(hot, 65535))
    # round(1023 / 65535 * 255) = 4, and so 0, 1, 2, 3 and 4.
    words = (
        "few levels: 99.9% of the 16-bit samples lie in 0..1023 and get 5 of 256 levels, "
        "as others reach up to 65535"
    )
    assert dataset.notes[1:] == (words,)
    found = examine_data(dataset, Recipe(), 0.2)
    assert [f.level for f in found if f.words == words] == ["warning"]


def test_data_and_doctor_say_the_range(tmp_path):
    folder = tmp_path / "deep"
    dataset = write(folder, {name: png(noise(n, 4000)) for n, name in enumerate(NAMES)})
    words = "16-bit images use 12 bits: 0..4095 becomes 0..255 in all of them"
    command = ["data", str(folder), "--json", "--out", str(tmp_path / "figures")]
    told = CliRunner().invoke(app, command)
    assert words in json.loads(told.stdout)["notes"]
    assert words in [f.words for f in examine_data(dataset, Recipe(), 0.2)]
