"""`docs/methods/draw.py`, which draws the pictures of the cards."""

import numpy as np
from docs.methods import draw
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_a_picture_is_that_of_the_preview(tmp_path):
    draw.main(["vertical-flip", "--dataset", "digits", "--out", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["vertical-flip.png"]
    drawn = pixels(tmp_path / "vertical-flip.png")
    assert len(np.unique(drawn)) > 10
    shown = str(tmp_path / "shown.png")
    command = ["preview", "digits", "--augment", "vertical-flip", "--out", shown]
    assert CliRunner().invoke(app, command).exit_code == 0
    np.testing.assert_array_equal(drawn, pixels(shown))


def test_the_grid_shows_each_tile(tmp_path):
    (always,) = draw.previews(["vertical-flip"], "digits", None, always=True)
    shown = always[1].arrays
    np.testing.assert_array_equal(shown["augmented"], shown["originals"][:, :, ::-1])
    plain = [("black", np.zeros((3, 8, 8), np.uint8)), ("white", np.full((3, 8, 8), 255, np.uint8))]
    draw.draw_grid(plain, tmp_path / "grid.png")
    grid = pixels(tmp_path / "grid.png")
    black = (grid == 0).all(2)
    # A square tile of its own, a seventh of the width but for the space between.
    assert grid.shape[1] / 9 < black.any(0).sum() < grid.shape[1] / 6
