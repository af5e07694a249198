import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augury.data import load_dataset
from augury.data.folders import decode
from augury.data.folders.decode import decode_images, read_headers
from augury.data.folders.listing import StoredFile
from augury.data.folders.picture import Decoded, Header

HALVES = np.repeat(np.array([[0, 255]], np.uint8), 8, axis=1).repeat(16, axis=0)  # 16×16


@pytest.fixture
def decoded(tmp_path):
    """Saves an image and decodes it: (image, suffix, size, channels) -> (C, S, S)."""

    def decode_one(image, suffix="png", size=16, channels=3, **options):
        path = tmp_path / f"image.{suffix}"
        image.save(path, **options)
        rows = tmp_path / "rows.npy"
        np.save(rows, np.zeros((1, channels, size, size), np.uint8))
        file = StoredFile(path.name, path, 0, path.stat().st_size)
        (outcome,) = decode_images([file], rows, None, None)
        assert isinstance(outcome, Decoded)
        return np.load(rows)[0]

    return decode_one


@pytest.fixture
def header(tmp_path):
    def read(image, suffix="png", **options):
        path = tmp_path / f"image.{suffix}"
        image.save(path, **options)
        return read_headers([StoredFile("x", path, 0, path.stat().st_size)], None, None)[0]

    return read


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp"])
def test_lossless_formats_keep_every_pixel(decoded, generator, suffix):
    pixels = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    options = {"lossless": True} if suffix == "webp" else {}
    result = decoded(Image.fromarray(pixels), suffix, **options)
    np.testing.assert_array_equal(result, pixels.transpose(2, 0, 1))


def test_jpeg_is_close(decoded):
    result = decoded(Image.fromarray(HALVES).convert("RGB"), "JPG", quality=95)
    assert np.abs(result.astype(int) - HALVES).max() < 10


def test_exif_orientation_is_applied(decoded):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown rotated by 90 degrees clockwise
    result = decoded(Image.fromarray(HALVES), "png", channels=1, exif=exif)
    np.testing.assert_array_equal(result[0], np.rot90(HALVES, -1))
    assert result[0, 0, 0] == 0
    assert result[0, -1, 0] == 255


def test_sixteen_bits_become_eight(decoded, header):
    values = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    image = Image.fromarray(values)
    expected = np.rint(values / 65535 * 255)
    np.testing.assert_array_equal(decoded(image, channels=1)[0], expected)
    np.testing.assert_array_equal(decoded(image, channels=3)[2], expected)
    assert header(image) == Header(16, 16, True, "PNG")


def test_black_and_white(decoded, header):
    image = Image.fromarray(HALVES).convert("1")
    np.testing.assert_array_equal(decoded(image, channels=1)[0], HALVES)
    assert header(image).gray


def test_transparent_pixels_are_laid_on_white(decoded):
    rgba = Image.new("RGBA", (16, 16), (100, 0, 0, 0))
    assert decoded(rgba).min() == 255
    rgba.putalpha(51)  # a fifth of (100, 0, 0), four fifths of white
    np.testing.assert_array_equal(decoded(rgba)[:, 0, 0], [224, 204, 204])
    gray = Image.new("LA", (16, 16), (0, 51))
    assert decoded(gray, channels=1)[0, 0, 0] == 204
    keyed = Image.new("RGB", (16, 16), (1, 2, 3))
    assert decoded(keyed, transparency=(1, 2, 3)).min() == 255


def test_palettes(decoded, header):
    color = Image.new("P", (16, 16), 1)
    color.putpalette([0, 0, 0, 10, 200, 30])
    np.testing.assert_array_equal(decoded(color)[:, 0, 0], [10, 200, 30])
    assert not header(color).gray
    gray = Image.new("P", (16, 16), 1)
    gray.putpalette([0, 0, 0, 77, 77, 77])
    assert decoded(gray, channels=1)[0, 0, 0] == 77
    assert header(gray).gray


def test_cmyk_becomes_rgb(decoded, header):
    result = decoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "jpg", quality=95)
    np.testing.assert_allclose(result[:, 0, 0], [255, 0, 0], atol=3)
    assert not header(Image.new("CMYK", (16, 16)), "jpg").gray


def test_the_center_square_is_what_remains(decoded):
    columns = np.repeat(np.array([[0] * 16 + [128] * 16 + [255] * 16], np.uint8), 16, axis=0)
    assert set(decoded(Image.fromarray(columns), channels=1).ravel()) == {128}
    assert set(decoded(Image.fromarray(columns.T), channels=1).ravel()) == {128}


def test_shrinking_is_antialiased(decoded):
    stripes = np.tile(np.array([[0, 255]], np.uint8), (64, 32))
    result = decoded(Image.fromarray(stripes), channels=1)
    # Grayscale, but for the columns at the border, where the filter is cut off.
    assert np.abs(result[0, :, 1:-1].astype(int) - 128).max() <= 1


def test_large_jpegs_decoded_at_a_fraction_look_the_same(decoded, generator):
    coarse = Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    large = coarse.resize((512, 512), Image.Resampling.BICUBIC)
    whole = decoded(large, "png").astype(int)
    assert np.abs(decoded(large, "jpg", quality=95).astype(int) - whole).max() <= 12


def test_files_that_are_no_images(tmp_path):
    files = []
    for number, content in enumerate((b"", b"text", b"\x89PNG\r\n\x1a\n" + bytes(50))):
        path = tmp_path / f"{number}.png"
        path.write_bytes(content)
        files.append(StoredFile(path.name, path, 0, len(content)))
    files.append(StoredFile("gone.png", tmp_path / "gone.png", 0, 5))
    reasons = read_headers(files, None, None)
    assert reasons[:2] == ["an empty file", "not an image that can be read"]
    assert all(isinstance(reason, str) for reason in reasons)
    assert reasons[3] == "cannot be read (No such file or directory)"


def test_processes_decode_the_same_and_need_no_guarded_script(animals, tmp_path):
    """A script without the usual guard must neither hang nor run once more in each process."""
    alone = load_dataset(str(animals), image_size=9)
    script = tmp_path / "script.py"
    script.write_text(
        "from augury.data import load_dataset\n"
        "from augury.data.folders import decode\n"
        "decode._WORTH_PROCESSES, decode._CHUNK_FILES = 0, 2\n"
        "decode.usable_cores = lambda: 2\n"
        "print('started')\n"
        f"print(load_dataset({str(animals)!r}, image_size=9).fingerprint)\n"
    )
    source = str(Path(decode.__file__).parents[2])
    environment = {"PYTHONPATH": source, "AUGURY_CACHE": str(tmp_path / "other")}
    result = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.stderr == ""
    assert result.stdout.split() == ["started", alone.fingerprint]
