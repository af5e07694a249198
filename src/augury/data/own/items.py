"""One image and its label, as an array, tensor or PIL image: checked, and made pixels."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from augury.data.folders.canvas import write_square
from augury.data.folders.deep import count_values, is_deep_gray, scaled
from augury.data.folders.picture import CMYK, ON_WHITE, Decoded, Header, is_gray, to_mode
from augury.data.folders.picture import EIGHT_BITS as DEEP
from augury.errors import DataError
from augury.names import shown

T = TypeVar("T", bound=np.generic)

EIGHT_BITS = "floats in [0, 1] rounded to 8 bits"
_COLORS = (1, 3)
_SHAPES = "(H, W), (H, W, C) or (C, H, W) with C 1 or 3"


@dataclass(frozen=True)
class Item:
    """An image as it was given, in a form that can be written to any size.

    pixels: of 16 bits a sample, an array (H, W) or (H, W, 3); else a picture
    """

    pixels: Image.Image | npt.NDArray[np.uint16]
    header: Header
    rounded: bool


def read_item(given: object, where: str) -> Item:
    """An image that somebody's data set gives.

    given: a PIL image, or an array or tensor of uint8, uint16, or of floats in [0, 1], of one of
        the shapes (H, W), (H, W, C) and (C, H, W); where: names it in errors
    Raises DataError for anything else.
    """
    if isinstance(given, Image.Image):
        if given.mode == "F":
            raise DataError(f"{where}: a PIL image of mode F; give one of 8 or 16 bits")
        if is_deep_gray(given):
            return _deep(np.asarray(given), where, given.format or "PIL")
        return Item(given, Header(*given.size, is_gray(given), given.format or "PIL"), False)
    if isinstance(given, torch.Tensor):
        pixels, what = given.detach().cpu().numpy(), "tensor"
    elif isinstance(given, np.ndarray):
        pixels, what = given, "array"
    else:
        kind = f"{type(given).__module__}.{type(given).__name__}".removeprefix("builtins.")
        raise DataError(f"{where}: must be a PIL image, an array or a tensor, got {kind}")
    if pixels.dtype == np.uint16:
        return _deep(_last_channels(pixels, where, what == "tensor"), where, what)
    rounded = pixels.dtype != np.uint8
    values = _eight_bits(pixels, where) if rounded else pixels
    plane = _last_channels(values, where, what == "tensor")
    height, width = plane.shape[:2]
    gray = plane.ndim == 2
    picture = Image.fromarray(np.ascontiguousarray(plane))
    return Item(picture, Header(width, height, gray, what), rounded)


def _deep(plane: npt.NDArray[np.generic], where: str, what: str) -> Item:
    values = plane.astype(np.int64)
    low, high = values.min(), values.max()
    if low < 0 or high > 65_535:
        raise DataError(f"{where}: samples must lie in 0..65535, got {low}..{high}")
    height, width = plane.shape[:2]
    return Item(values.astype(np.uint16), Header(width, height, plane.ndim == 2, what), False)


def write_item(row: npt.NDArray[np.uint8], item: Item, bits: int) -> Decoded:
    """Write an image to `row`, (C, S, S): its center square, resized, gray or RGB as C says.

    bits: that the samples of 16-bit images use, see `deep.Range`
    """
    depths, done = None, set()
    if isinstance(item.pixels, np.ndarray):
        depths, picture = count_values(item.pixels), Image.fromarray(scaled(item.pixels, bits))
        done.add(DEEP)
    else:
        picture = item.pixels
    pixels, transparent = to_mode(picture, "L" if len(row) == 1 else "RGB")
    if transparent:
        done.add(ON_WHITE)
    if picture.mode == "CMYK":
        done.add(CMYK)
    write_square(row, pixels)
    return Decoded(frozenset(done), depths)


def read_label(given: object, where: str) -> int | str:
    """A label that is a whole number or a name; DataError for anything else."""
    if isinstance(given, torch.Tensor | np.ndarray) and given.ndim == 0:
        given = given.item()
    if isinstance(given, np.generic):
        given = given.item()
    if isinstance(given, str):
        return given
    if isinstance(given, int):
        return int(given)
    if isinstance(given, torch.Tensor | np.ndarray):
        kind = f"an array of shape {tuple(given.shape)}"
    else:
        kind = f"{type(given).__name__} {shown(given)}"
    raise DataError(f"{where}: its label must be a whole number or a name, got {kind}")


def _eight_bits(values: npt.NDArray[np.generic], where: str) -> npt.NDArray[np.uint8]:
    if not np.issubdtype(values.dtype, np.floating):
        raise DataError(
            f"{where}: must be uint8, or floats in [0, 1], or uint16, got {values.dtype}"
        )
    if not np.isfinite(values).all():
        raise DataError(f"{where}: has values that are NaN or infinite")
    floats = values.astype(np.float64)
    low, high = floats.min(initial=0.0), floats.max(initial=0.0)
    if low < 0 or high > 1:
        raise DataError(
            f"{where}: floats must lie in [0, 1], got {low:.3g}..{high:.3g}. Give images before "
            "they are normalized, or uint8"
        )
    found: npt.NDArray[np.uint8] = np.rint(floats * 255).astype(np.uint8)
    return found


def _last_channels(values: npt.NDArray[T], where: str, first: bool) -> npt.NDArray[T]:
    """(H, W) or (H, W, 3). first: where channels stand if both ends could be."""
    if values.ndim == 3:
        at_start, at_end = (values.shape[i] in _COLORS for i in (0, -1))
        if at_start and (first or not at_end):
            values = np.moveaxis(values, 0, -1)
        elif not at_end:
            raise DataError(f"{where}: must have shape {_SHAPES}, got {values.shape}")
        values = values[..., 0] if values.shape[-1] == 1 else values
    if values.ndim not in (2, 3) or 0 in values.shape:
        raise DataError(f"{where}: must have shape {_SHAPES}, got {values.shape}")
    return values
