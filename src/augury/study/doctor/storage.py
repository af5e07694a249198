"""What storing the images costs, which part of the pictures is stored, and which arm sees it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from augury.data import Dataset, Progress, is_path
from augury.data.location import read_path
from augury.data.stored_size import NOTABLE
from augury.errors import AuguryError
from augury.study.doctor.notice import Notice
from augury.study.planning.arms import cutting_arms, late_crops, picture_arms
from augury.study.planning.settings import StudySettings


@dataclass(frozen=True)
class Views:
    """The arms of a study by what they see.

    cutting: those that cut their view from anywhere in the images as they are stored; pictures:
    those of them that cut it from whole pictures, where these are stored; late: those with a random
    crop that does not come first
    """

    arms: Sequence[str]
    cutting: Sequence[str] = ()
    pictures: Sequence[str] = ()
    late: Sequence[str] = ()

    @classmethod
    def of(cls, settings: StudySettings) -> "Views":
        arms = settings.augmentations
        return cls(arms, cutting_arms(settings), picture_arms(settings), late_crops(settings))


def examine_storage(
    dataset: Dataset, location: str, views: Views, progress: Progress | None = None
) -> Iterator[Notice]:
    """Notices on the size at which images are stored; location: name or path of the data set."""
    yield _storage(dataset)
    yield from _views(dataset, views)
    yield from _cut_off(dataset, location, views, progress)


def _storage(dataset: Dataset) -> Notice:
    stored = dataset.stored_size
    parts = [p for p in (dataset.train, dataset.validation, dataset.test) if p is not None]
    if dataset.split:  # all images are in each part
        parts = [dataset.train]
    size, images = sum(part.images.nbytes for part in parts), sum(map(len, parts))
    what = f"{images:,} images of {stored}×{stored}"
    also = ""
    if dataset.pictures is not None:
        height, width = dataset.pictures.images.shape[2:]
        also = f", with what lies beyond on {height}×{width} ({_size(size)} without)"
        size = images * dataset.pictures.images[0].nbytes
    words = f"{what}{also} take {_size(size)} in the cache, memory-mapped"
    return Notice("fine", dataset.name, "storage", size, words)


def _views(dataset: Dataset, views: Views) -> Iterator[Notice]:
    name, stored, seen = dataset.name, dataset.stored_size, dataset.image_size
    whole = views.pictures if dataset.pictures is not None else ()
    square = [arm for arm in views.cutting if arm not in whole]
    if whole or stored > seen:
        places = []
        if whole:
            places.append(f"{_cut(whole)} {seen}×{seen} from anywhere in the whole pictures")
        if square and stored > seen:
            these = "the center squares, of which their maps are" if whole else "these"
            places.append(f"{_cut(square)} {seen}×{seen} from anywhere in {these}")
        others = [arm for arm in views.arms if arm not in views.cutting]
        center = f"evaluation{' and ' if others else ''}{', '.join(others)} see the center"
        places.append(f"{center}, {_share(dataset):.0%} of the area")
        yield Notice("fine", name, "view", len(views.cutting), "; ".join(places))
    elif square:
        words = f"{_cut(square)} from the {seen}×{seen} that others see whole"
        yield Notice("fine", name, "view", len(square), f"{words} (--stored-size is for more)")
    if views.late and (whole or stored > seen):
        words = (
            f"{_cut(views.late)} from the center, as the crop comes behind another part; put "
            "first, it cuts from what is stored around the center, too"
        )
        yield Notice("warning", name, "late-crop", len(views.late), words)


def _share(dataset: Dataset) -> float:
    """The mean share of a stored picture that evaluation sees."""
    if dataset.pictures is None or dataset.pictures.extents is None:
        return (dataset.image_size / dataset.stored_size) ** 2
    return float(np.mean(dataset.image_size**2 / dataset.pictures.extents.prod(axis=1)))


def _cut_off(
    dataset: Dataset, location: str, views: Views, progress: Progress | None
) -> Iterator[Notice]:
    if not is_path(location):
        return
    from augury.data.folders.picture_sizes import picture_sizes

    try:
        sizes = picture_sizes(*read_path(location), progress)
    except AuguryError:  # a notice says so already
        return
    share = sizes.cut_off
    if share < NOTABLE:
        return
    words = f"{share:.0%} of the pictures' area lies outside their center squares"
    if dataset.pictures is None:
        words += ", is not stored, and is seen by no arm"
    else:
        if sizes.beyond >= NOTABLE:
            words += f", {sizes.beyond:.0%} even beyond what is stored"
        seers = f"{', '.join(views.pictures)} alone" if views.pictures else "no arm"
        words += f", and is seen by {seers}"
    yield Notice("fine", dataset.name, "cut-off", round(100 * share), words)


def _cut(arms: Sequence[str]) -> str:
    return f"{', '.join(arms)} {'cuts' if len(arms) == 1 else 'cut'}"


def _size(size: float) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.2f} GB"
