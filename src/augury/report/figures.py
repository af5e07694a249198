"""PNG figures that show pictures and their titles, and nothing else."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from augury.errors import DiskError, InputError
from augury.files import atomic_file
from augury.printable import printable
from augury.report.charts import shorten
from augury.report.drawing import Axes, Figure, usual_style
from augury.report.pictures import map_pixels, pixels
from augury.report.words import mixed_label
from augury.study.preview import Preview

_INCH = 1.5
_DPI = 150
_LONGEST_TEXT = 40  # letters
_INCH_A_LETTER = 0.085


@usual_style()
def image_row(images: np.ndarray, titles: Sequence[str], path: Path) -> None:
    """Write `images` side by side, each under its title, without axes.

    images: (n, C, H, W) uint8, C is 1 or 3; titles: n of them
    Raises InputError if their numbers differ, DiskError if `path` cannot be written.
    """
    _check_number("titles", titles, "images", images)
    figure = Figure(figsize=(_INCH * len(images) + 0.2, _INCH + 0.45), layout="compressed")
    for axes, image, title in zip(_axes(figure, 1, len(images))[0], images, titles, strict=True):
        _show(axes, image)
        axes.set_title(_text(title), fontsize=10, parse_math=False)
    _save(figure, path)


@usual_style()
def comparison_grid(
    columns: Sequence[tuple[str, np.ndarray]],
    row_titles: Sequence[str],
    path: Path,
    captions: Sequence[str] = (),
) -> None:
    """Write a grid of pictures: a column for each (title, images), a row for each image.

    images: (n, C, H, W) uint8, or (n, H, W) uint8 saliency maps, which are colored
    captions: texts below the pictures of the last column, or none
    Raises InputError if a column is not as long as `row_titles`, DiskError if `path` cannot be
    written.
    """
    for title, images in columns:
        _check_number("row titles", row_titles, title, images)
    margin = max(1.0, _INCH_A_LETTER * max(len(_text(title)) for title in row_titles))
    size = (_INCH * len(columns) + margin, _INCH * len(row_titles) + 0.45)
    figure = Figure(figsize=size, layout="compressed")
    grid = _axes(figure, len(row_titles), len(columns))
    for axes_column, (title, images) in zip(zip(*grid, strict=True), columns, strict=True):
        axes_column[0].set_title(_text(title), fontsize=10, parse_math=False)
        for axes, image in zip(axes_column, images, strict=True):
            _show(axes, image)
    for axes_row, caption in zip(grid, captions, strict=False):
        _write(axes_row[-1], 0.5, -0.04, _text(caption), fontsize=7, ha="center", va="top")
    for axes_row, title in zip(grid, row_titles, strict=True):
        _write(axes_row[0], -0.06, 0.5, _text(title), fontsize=9, ha="right", va="center")
    _save(figure, path)


def preview_figure(shown: Preview, path: Path) -> None:
    """Write a figure: originals, saliency maps (if any) and augmented images, side by side.

    Mixed labels are printed below their image. Raises DiskError if `path` cannot be written.
    """
    arrays = shown.arrays
    columns = [("original", arrays["originals"])]
    if "maps" in arrays:
        columns.append(("saliency", arrays["maps"]))
    columns.append((shown.cell.augmentation, arrays["augmented"]))
    titles = [f"{i}  {c}" for i, c in zip(arrays["ids"], shown.class_names, strict=True)]
    captions = [mixed_label(target, shown.classes) for target in arrays["targets"]]
    comparison_grid(columns, titles, path, captions)


def _check_number(kind: str, titles: Sequence[str], what: str, images: np.ndarray) -> None:
    if not len(titles) or len(titles) != len(images):
        raise InputError(f"{kind}: one for each of {what} ({len(images)}), got {len(titles)}")


def _axes(figure: Figure, rows: int, columns: int) -> list[list[Axes]]:
    return [list(row) for row in figure.subplots(rows, columns, squeeze=False)]


def _show(axes: Axes, image: np.ndarray) -> None:
    picture = map_pixels(image) if image.ndim == 2 else pixels(image)
    if picture.ndim == 2:
        # As three channels, because a gray color map would round some levels down by one.
        picture = np.stack([picture] * 3, axis=-1)
    # Nearest neighbor: every pixel stays a square with hard edges.
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()


def _write(axes: Axes, x: float, y: float, text: str, fontsize: int, ha: str, va: str) -> None:
    """Write a text beside a picture; x, y: as shares of the picture's width and height."""
    axes.text(
        x, y, text, transform=axes.transAxes, parse_math=False, fontsize=fontsize, ha=ha, va=va
    )


def _text(text: str) -> str:
    """A name, made printable and cut to leave room for the pictures."""
    return shorten(printable(text), _LONGEST_TEXT)


def _save(figure: Figure, path: Path) -> None:
    try:
        path.parent.stat()  # a missing folder is an error and is not made
        # Renamed at the end, so that a link at `path` is replaced and not followed.
        with atomic_file(path) as file:
            figure.savefig(file, format="png", dpi=_DPI)
    except OSError as error:
        raise DiskError(f"{path}: cannot be written: {error.strerror or error}") from error
