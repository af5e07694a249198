"""The example pictures of a study: examples.npz as PNG data URLs."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from augury.errors import InputError, UnreadableError
from augury.files import UNREADABLE
from augury.inside import is_there, open_plain
from augury.report.inferno import INFERNO
from augury.report.load import Run

MAX_PICTURES = 5
MAX_PIXELS = 96


@dataclass(frozen=True)
class Picture:
    """One training image: original, saliency map (if any) and augmented.

    original, map, augmented: "data:image/png;base64,..."; target: (K,), the target after
    augmentation, None in studies of earlier versions
    """

    id: int
    label: int
    original: str
    map: str | None
    augmented: str
    unchanged: bool
    target: tuple[float, ...] | None


@dataclass(frozen=True)
class Examples:
    """The pictures of one cell, from epoch `epoch` (1, 2, ...)."""

    epoch: int
    pictures: tuple[Picture, ...]


def load_examples(run: Run) -> Examples | None:
    """A run's example pictures, None if it kept none.

    Raises InputError if examples.npz is damaged.
    """
    path = run.folder / "examples.npz"
    if not is_there(path):
        return None
    try:
        with open_plain(path) as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        rows = range(min(MAX_PICTURES, len(arrays["ids"])))
        pictures = tuple(_picture(arrays, row) for row in rows)
        return Examples(int(arrays["epoch"]) + 1, pictures)
    except UnreadableError:
        raise
    except (IndexError, *UNREADABLE) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: cannot be read as a cell's examples: {error}")


def _picture(arrays: dict[str, np.ndarray], row: int) -> Picture:
    original, augmented = arrays["originals"][row], arrays["augmented"][row]
    return Picture(
        id=int(arrays["ids"][row]),
        label=int(arrays["labels"][row]),
        original=data_address(pixels(original)),
        map=data_address(map_pixels(arrays["maps"][row])) if "maps" in arrays else None,
        augmented=data_address(pixels(augmented)),
        unchanged=bool(np.array_equal(original, augmented)),
        target=tuple(arrays["targets"][row].tolist()) if "targets" in arrays else None,
    )


def pixels(image: np.ndarray) -> np.ndarray:
    """A (1 or 3, H, W) uint8 image as (H, W) or (H, W, 3)."""
    return image[0] if image.shape[0] == 1 else image.transpose(1, 2, 0)


def map_pixels(saliency: np.ndarray) -> np.ndarray:
    """An (H, W) uint8 map in colors, (H, W, 3) uint8: 0 is dark, 255 bright."""
    colors: np.ndarray = INFERNO[saliency]
    return colors


def data_address(image: np.ndarray) -> str:
    """An image as a PNG in a data URL, shrunk to 96 pixels if it is wider."""
    picture = Image.fromarray(np.ascontiguousarray(image))
    # The page shows them at about this size, and thirty cells of photographs must stay small.
    picture.thumbnail((MAX_PIXELS, MAX_PIXELS), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
