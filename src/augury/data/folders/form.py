"""The size and channels at which the images of a data set are stored, and what is noted of it."""

from collections.abc import Sequence
from dataclasses import replace

from augury.data.dataset import LARGEST_IMAGE, SMALLEST_IMAGE
from augury.data.folders.canvas import Reach
from augury.data.folders.picture import CONVERSIONS, NO_PROFILE, Decoded, Header
from augury.data.folders.tree import listed

DEFAULT_SIZE = 64


def as_decoded(header: Header, decoded: Decoded | str) -> Header:
    """The header with the sides as decoding has found them."""
    width, height = header.shown
    if isinstance(decoded, str) or width == height or decoded.upright == (height > width):
        return header
    return replace(header, turned=not header.turned)


def choose_form(
    headers: Sequence[Header], image_size: int | None, whole: bool = False
) -> tuple[int, int, int]:
    """(channels, height, width) of all images, in pixels; whole: of a canvas for whole pictures."""
    channels = 1 if all(header.gray for header in headers) else 3
    if image_size is None:
        width, height = headers[0].width, headers[0].height
        shared = {(header.width, header.height) for header in headers} == {(width, width)}
        usual = SMALLEST_IMAGE <= width == height <= LARGEST_IMAGE
        image_size = width if shared and usual else DEFAULT_SIZE
    if whole:
        return channels, *Reach.of(header.shown for header in headers).canvas(image_size)
    return channels, image_size, image_size


def size_notes(
    headers: Sequence[Header], size: int, canvas: tuple[int, int] | None = None
) -> list[str]:
    """Notes on images that were cut or resized; canvas: (height, width) of whole pictures."""
    sizes = {(header.width, header.height) for header in headers}
    if sizes == {(size, size)}:
        return []
    width, height = min(sizes)
    what = f"images of {width}×{height}" if len(sizes) == 1 else f"images of {len(sizes)} sizes"
    if canvas is not None and canvas != (size, size):
        height, width = canvas
        return [
            f"{what} resized bilinearly to a shorter side of {size}, with what lies beyond the "
            f"center square on {height}×{width}"
        ]
    square = all(width == height for width, height in sizes)
    cut = "" if square else "cut to their center square and "
    return [f"{what} {cut}resized bilinearly to {size}×{size}"]


def conversion_notes(decoded: Sequence[Decoded], names: Sequence[str] = ()) -> list[str]:
    """Notes on how many of the decoded images needed each conversion.

    names: of their files; the first few whose color profile is damaged are told.
    """
    notes = []
    for conversion in CONVERSIONS:
        needed = [at for at, done in enumerate(decoded) if conversion in done.conversions]
        if needed:
            damaged = [names[at] for at in needed] if conversion == NO_PROFILE and names else []
            which = f": {listed(damaged, 3)}" if damaged else ""
            notes.append(f"{len(needed):,} of {len(decoded):,} images: {conversion}{which}")
    return notes
