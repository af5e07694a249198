"""A contact sheet: the images of one batch as training sees them, with ids and labels."""

import io
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from augury.errors import DiskError, InputError
from augury.files import atomic_file
from augury.printable import printable
from augury.report.charts import shorten
from augury.report.drawing import Figure, rgba_of, usual_style
from augury.report.pictures import pixels
from augury.report.words import mixed_label
from augury.study.preview import Preview

_DPI = 100
_LEAST = 96  # pixels of a picture's side; smaller images are enlarged by whole factors
_GAP, _CAPTION, _LINE = 8, 34, 14  # pixels
_POINTS = 7
_PIXELS_A_LETTER, _OF_THE_TITLE = 5.4, 6.4
MOST = 32  # rows, and columns


@dataclass(frozen=True)
class SheetSize:
    """How many rows and columns a sheet has."""

    rows: int
    columns: int

    @property
    def pictures(self) -> int:
        """How many pictures it has room for."""
        return self.rows * self.columns


def read_sheet_size(text: str) -> SheetSize:
    """ "8x8" as a size; InputError for anything but two whole numbers from 1 to 32."""
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(p.isdecimal() and 1 <= int(p) <= MOST for p in parts):
        raise InputError(
            f"sheet: must be ROWSxCOLUMNS, from 1x1 to {MOST}x{MOST}, as 8x8; got {text!r:.80}"
        )
    return SheetSize(*map(int, parts))


@usual_style()
def sheet_image(shown: Preview, size: SheetSize) -> Image.Image:
    """The pictures of `shown` row by row, each with its id and class, or its mixed label."""
    images = shown.arrays["augmented"][: size.pictures]
    columns = min(size.columns, len(images))
    rows = -(-len(images) // columns)
    factor = max(1, -(-_LEAST // max(images.shape[2:])))
    height, width = (factor * side for side in images.shape[2:])
    across = _GAP + columns * (width + _GAP)
    heading = textwrap.wrap(
        printable(title(shown, len(images))), max(16, int((across - _GAP) / _OF_THE_TITLE))
    )
    above = 2 * _GAP + _LINE * len(heading)
    page = np.full((above + rows * (height + _CAPTION), across, 3), 255, np.uint8)
    figure = Figure(figsize=(page.shape[1] / _DPI, page.shape[0] / _DPI), dpi=_DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    style: dict[str, Any] = {"fontsize": _POINTS, "parse_math": False, "va": "top", "clip_on": True}
    letters = max(8, int((width + _GAP) / _PIXELS_A_LETTER))
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        top, left = above + row * (height + _CAPTION), _GAP + column * (width + _GAP)
        page[top : top + height, left : left + width] = _enlarged(image, factor)
        for line, told in enumerate(_captions(shown, place)):
            at = top + height + 3 + 13 * line
            axes.text(left, at, shorten(printable(told), letters), **style)
    for line, told in enumerate(heading):
        axes.text(_GAP, _GAP + _LINE * line, told, **{**style, "fontsize": _POINTS + 1})
    axes.imshow(page, interpolation="nearest", aspect="auto")
    drawn = Image.fromarray(rgba_of(figure)).convert("RGB")
    return drawn.crop((0, 0, page.shape[1], page.shape[0]))


def title(shown: Preview, pictures: int) -> str:
    """What the sheet shows, in a line."""
    cell = shown.cell
    return (
        f"{cell.augmentation} on {cell.dataset}, seed {cell.seed}, epoch {shown.epoch}: the first "
        f"{pictures} images of its first batch (of {cell.recipe.batch_size})"
    )


def _enlarged(image: np.ndarray, factor: int) -> np.ndarray:
    """(C, H, W) uint8 as (H·factor, W·factor, 3): every pixel stays a square with hard edges."""
    picture = pixels(image)
    if picture.ndim == 2:
        picture = np.stack([picture] * 3, axis=-1)
    return picture.repeat(factor, 0).repeat(factor, 1)


def _captions(shown: Preview, place: int) -> list[str]:
    """The id and the class; of a mixed label the larger share beside the id, below it the rest."""
    number = str(shown.arrays["ids"][place])
    mixed = mixed_label(shown.arrays["targets"][place], shown.classes)
    if not mixed:
        return [number, shown.class_names[place]]
    larger, _, rest = mixed.partition(" + ")
    return [f"{number}  {larger}", f"+ {rest}"]


def write_sheet(shown: Preview, size: SheetSize, path: Path) -> None:
    """Write the sheet as a PNG file; DiskError where that cannot be."""
    try:
        path.parent.stat()  # a missing folder is an error and is not made
        with atomic_file(path) as file:
            file.write(png_of(sheet_image(shown, size)))
    except OSError as error:
        raise DiskError(f"{path}: cannot be written: {error.strerror or error}") from error


def png_of(image: Image.Image) -> bytes:
    """An image as a PNG file's content."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
