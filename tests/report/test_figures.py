from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augury.errors import DiskError, InputError
from augury.report import comparison_grid, image_row


def colors(path: Path) -> set[tuple[int, ...]]:
    """The colors that fill more than a hundredth of the figure."""
    pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    return {tuple(map(int, c)) for c in found[counts > len(pixels) / 100]}


def flat(*values: tuple[int, int, int]) -> np.ndarray:
    """(n, 3, 4, 4) images of one color each."""
    return np.array(values, dtype=np.uint8)[:, :, None, None].repeat(4, 2).repeat(4, 3)


def test_a_row_shows_every_image_in_its_colors_on_white(tmp_path: Path) -> None:
    path = tmp_path / "row.png"
    image_row(flat((255, 0, 0), (0, 128, 0), (0, 0, 255)), ["7", "8", "9"], path)
    assert colors(path) == {(255, 255, 255), (255, 0, 0), (0, 128, 0), (0, 0, 255)}
    red, green, blue = (
        np.argwhere((np.asarray(Image.open(path).convert("RGB")) == c).all(2))[:, 1].mean()
        for c in ((255, 0, 0), (0, 128, 0), (0, 0, 255))
    )
    assert red < green < blue


def test_gray_images_keep_their_levels_and_hard_edges(tmp_path: Path) -> None:
    image = np.array([[[[0, 90], [180, 255]]]], dtype=np.uint8)
    path = tmp_path / "row.png"
    image_row(image, ["0"], path)
    # Stretching to the image's own range, or smoothing between pixels, would show other levels.
    assert colors(path) == {(0, 0, 0), (90, 90, 90), (180, 180, 180), (255, 255, 255)}
    dim = tmp_path / "dim.png"
    image_row(image // 2, ["0"], dim)
    assert {(0, 0, 0), (45, 45, 45), (90, 90, 90), (127, 127, 127)} <= colors(dim)


def test_a_grid_has_a_column_for_each_and_colors_its_maps(tmp_path: Path) -> None:
    path = tmp_path / "grid.png"
    maps = np.full((2, 4, 4), 255, dtype=np.uint8)
    columns = [
        ("original", flat((255, 0, 0), (0, 0, 255))),
        ("saliency", maps),
        ("cutout", flat((0, 0, 0), (10, 10, 10))),
    ]
    comparison_grid(columns, ["id 3", "id 14"], path)
    found = colors(path)
    assert {(255, 0, 0), (0, 0, 255), (0, 0, 0), (10, 10, 10)} <= found
    (bright,) = found - {(255, 0, 0), (0, 0, 255), (0, 0, 0), (10, 10, 10), (255, 255, 255)}
    assert min(bright[:2]) > 240
    assert bright[2] < 200


def test_titles_must_match_the_images(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="titles: one for each of images"):
        image_row(flat((0, 0, 0)), ["1", "2"], tmp_path / "x.png")
    with pytest.raises(InputError, match="row titles: one for each of cutout"):
        comparison_grid([("cutout", flat((0, 0, 0)))], ["1", "2"], tmp_path / "x.png")


def test_a_folder_that_is_not_there_is_a_disk_error(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="cannot be written"):
        image_row(flat((0, 0, 0)), ["1"], tmp_path / "nowhere" / "x.png")
