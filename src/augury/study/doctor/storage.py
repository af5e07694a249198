"""What storing the images costs, which part of the pictures is stored, and which arm sees it."""

from collections.abc import Iterator, Sequence

from augury.data import Dataset, Progress, is_path
from augury.data.location import read_path
from augury.errors import AuguryError
from augury.study.doctor.notice import Notice

_TOLD = 0.005
"""A smaller share of the pictures' area that is cut off is not told."""


def examine_storage(
    dataset: Dataset,
    location: str,
    arms: Sequence[str],
    cutting: Sequence[str],
    progress: Progress | None = None,
) -> Iterator[Notice]:
    """Notices on the size at which images are stored.

    location: the name or path of the data set; arms: all of the study's; cutting: those that cut
    their view from the images as they are stored
    """
    name, stored, seen = dataset.name, dataset.stored_size, dataset.image_size
    parts = [p for p in (dataset.train, dataset.validation, dataset.test) if p is not None]
    size, images = sum(part.images.nbytes for part in parts), sum(map(len, parts))
    words = f"{images:,} images of {stored}×{stored} take {_size(size)} in the cache, memory-mapped"
    yield Notice("fine", name, "storage", size, words)
    cut = f"{', '.join(cutting)} {'cuts' if len(cutting) == 1 else 'cut'}"
    if stored > seen:
        others = [arm for arm in arms if arm not in cutting]
        center = f"evaluation{' and ' if others else ''}{', '.join(others)} see the center"
        anywhere = f"{cut} {seen}×{seen} from anywhere in these; " if cutting else ""
        words = f"{anywhere}{center}, {(seen / stored) ** 2:.0%} of the area"
        yield Notice("fine", name, "view", len(cutting), words)
    elif cutting:
        words = f"{cut} from the {seen}×{seen} that others see whole (--stored-size is for more)"
        yield Notice("fine", name, "view", len(cutting), words)
    yield from _cut_off(name, location, progress)


def _cut_off(name: str, location: str, progress: Progress | None) -> Iterator[Notice]:
    if not is_path(location):
        return
    from augury.data.folders.picture_sizes import picture_sizes

    try:
        share = picture_sizes(*read_path(location), progress).cut_off
    except AuguryError:  # a notice says so already
        return
    if share >= _TOLD:
        words = (
            f"{share:.0%} of the pictures' area lies outside their center squares, is not stored, "
            "and is seen by no arm"
        )
        yield Notice("fine", name, "cut-off", round(100 * share), words)


def _size(size: float) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.2f} GB"
