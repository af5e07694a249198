"""Contact sheets: the images of a batch, unchanged, each with its id and class."""

import numpy as np
import pytest

from augury.errors import DiskError, InputError
from augury.records.cell import Cell
from augury.report.sheet import SheetSize, read_sheet_size, sheet_image, write_sheet
from augury.study.preview import Preview


def preview(n=5, side=12, channels=3):
    """Images of noise; the second has a mixed label."""
    images = np.random.default_rng(0).integers(0, 256, (n, channels, side, side), np.uint8)
    targets = np.eye(3)[np.arange(n) % 3]
    targets[1] = (0.25, 0.75, 0)
    arrays = {
        "ids": 100 + np.arange(n),
        "labels": np.arange(n) % 3,
        "originals": images,
        "augmented": images,
        "targets": targets,
    }
    return Preview(Cell("pets", "f", "small", "cutmix", 0), 0, arrays, ["cat", "dog", "<b>$x$"])


@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel_is_there_as_it_is(channels):
    shown = preview(channels=channels)
    page = np.asarray(sheet_image(shown, SheetSize(2, 3)))
    # 12 pixels become 96; the first picture is at the top left, the fourth below it. The title
    # takes two lines of 14 pixels.
    first = 8 + 2 * 14 + 8
    for place, (row, column) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]):
        top, left = first + row * (96 + 34), 8 + column * (96 + 8)
        found = page[top + 4 : top + 96 : 8, left + 4 : left + 96 : 8]
        expected = shown.arrays["augmented"][place].transpose(1, 2, 0)
        assert np.array_equal(found, np.broadcast_to(expected, found.shape))
    assert page.shape == (first + 2 * 130, 8 + 3 * 104, 3)
    # Below each picture something is written, and beside the last there is none.
    below = page[first + 97 : first + 130]
    assert all(below[:, 8 + 104 * c : 98 + 104 * c].min() < 100 for c in range(3))
    assert page[first + 130 + 34 :, 8 + 2 * 104 :].min() == 255


def test_large_images_keep_their_size_and_fewer_images_fewer_rows():
    page = sheet_image(preview(n=3, side=112), SheetSize(8, 2))
    assert page.size == (8 + 2 * (112 + 8), 16 + 3 * 14 + 2 * (112 + 34))
    assert sheet_image(preview(n=2), SheetSize(8, 8)).size == (8 + 2 * 104, 16 + 3 * 14 + 130)


def test_the_title_is_whole_on_any_width():
    """Its dark pixels end before the right edge, in as many lines as that takes."""
    for columns in (1, 2, 4):
        page = np.asarray(sheet_image(preview(n=4), SheetSize(4, columns)))
        rows = 4 // columns
        above = page[: page.shape[0] - rows * 130]
        assert above[:, -2:].min() == 255
        assert above.min() < 100


@pytest.mark.parametrize("text", ["8", "8x", "0x8", "8x33", "axb", "8x8x8", "-1x4", "", "8 by 8"])
def test_a_size_is_two_numbers(text):
    with pytest.raises(InputError, match="sheet: must be ROWSxCOLUMNS, from 1x1 to 32x32, as 8x8"):
        read_sheet_size(text)


def test_sizes():
    assert read_sheet_size("8x4") == read_sheet_size("8X4") == read_sheet_size("8×4")
    assert read_sheet_size("8x4").pictures == 32


def test_a_folder_that_is_not_there_is_a_disk_error(tmp_path):
    with pytest.raises(DiskError, match="cannot be written"):
        write_sheet(preview(), SheetSize(2, 2), tmp_path / "nowhere" / "x.png")
