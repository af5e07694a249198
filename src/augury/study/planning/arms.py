"""The augmentations of a study's arms, fitted to the images of a data set."""

from collections.abc import Iterable
from typing import Any

from augury.augment import Augmentation, Sources, build_augmentation, saliency_kinds
from augury.augment.earlier import as_meant
from augury.augment.framing import crops_late, cuts_at_random, fitted, frames, takes_pictures
from augury.augment.registry import Parameters
from augury.data import Dataset
from augury.errors import InputError
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.study.planning.settings import StudySettings

_CHANGING = "brightness, contrast, blur and gaussian-noise"


def arm_augmentation(cell: Cell, dataset: Dataset, sources: Sources) -> Augmentation[Any]:
    """The augmentation of an arm: it makes what the network sees of the images as they are stored.

    Raises InputError, naming the arm, where it cannot.
    """
    built = build_augmentation(*meant_by(cell), sources)
    try:
        pictures = sees_pictures(cell, dataset)
        return fitted(built, dataset.stored_size, dataset.image_size, pictures)
    except InputError as error:
        raise InputError(f"{cell.augmentation}: {error}") from error


def meant_by(cell: Cell) -> tuple[str, Parameters]:
    """The arm of `cell` as `build_augmentation` takes it: names may have meant something else."""
    return as_meant(cell.augmentation, cell.parameters, cell.saliency_revision)


def kinds_of(cell: Cell) -> list[str]:
    """The kinds of saliency that the arm of `cell` needs, each once, sorted."""
    return saliency_kinds(*meant_by(cell))


def check_arms(arms: Iterable[Cell], dataset: Dataset) -> None:
    """Raise InputError for the first of `arms`, all of `dataset`, that cannot cut its view."""
    for cell in arms:
        arm_augmentation(cell, dataset, lambda kind: lambda batch: batch.images)


def check_color(arms: Iterable[Cell], dataset: Dataset, begun: Plan | None = None) -> None:
    """Raise InputError for the first of `arms`, all of `dataset`, that would change none of it.

    On images of one channel, which methods that are about color alone leave as they are.
    begun: the plan of the study so far, whose arms go on.
    """
    known = {(cell.dataset, cell.augmentation) for cell in begun.cells} if begun else ()
    for cell in arms:
        if (cell.dataset, cell.augmentation) in known:
            continue
        idle, others = idle_operations(cell, dataset)
        if idle and not others:
            raise InputError(
                f"{cell.augmentation}: changes color alone, and the images of {dataset.name} have "
                f"one channel; {_CHANGING} change such images, too"
            )


def idle_operations(cell: Cell, dataset: Dataset) -> tuple[list[str], list[str]]:
    """The operations of an arm that leave each image of `dataset` as it is, and all others."""
    if dataset.train.images.shape[1] != 1:
        return [], []
    operations = _without_maps(*meant_by(cell)).operations()
    idle = [name for name, only_color in operations.items() if only_color]
    return idle, [name for name in operations if name not in idle]


def sees_pictures(cell: Cell, dataset: Dataset) -> bool:
    """Whether the arm of `cell` cuts its view from whole pictures, and the data set has them."""
    return dataset.pictures is not None and cuts_pictures(*meant_by(cell))


def framing_arms(settings: StudySettings) -> list[str]:
    """The arms that cut their view from the images as they are stored."""
    described = _described(settings)
    return [arm for arm in settings.augmentations if frames(_without_maps(arm, described))]


def cutting_arms(settings: StudySettings) -> list[str]:
    """Those of them whose view is another one each time."""
    described = _described(settings)
    return [arm for arm in settings.augmentations if cuts_at_random(_without_maps(arm, described))]


def picture_arms(settings: StudySettings) -> list[str]:
    """Those that cut it from whole pictures, where the data set has them."""
    described = _described(settings)
    return [arm for arm in settings.augmentations if cuts_pictures(arm, described)]


def late_crops(settings: StudySettings) -> list[str]:
    """The arms with a random crop behind another part, which is given a center that was cut out."""
    described = _described(settings)
    return [arm for arm in settings.augmentations if crops_late(_without_maps(arm, described))]


def cuts_pictures(arm: str, described: Parameters) -> bool:
    """Whether an arm cuts its view from whole pictures, where a data set has them."""
    # A map is made of the image as it is stored, and that of a picture with black beside it would
    # be another one.
    return takes_pictures(_without_maps(arm, described)) and not saliency_kinds(arm, described)


def _without_maps(arm: str, described: Parameters) -> Augmentation[Any]:
    return build_augmentation(arm, described, lambda kind: lambda batch: batch.images)


def _described(settings: StudySettings) -> Parameters:
    return {**settings.parameters, **settings.chains}
