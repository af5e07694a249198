"""The augmentations of a study's arms, fitted to the images of a data set."""

from collections.abc import Iterable
from typing import Any

from augury.augment import Augmentation, Sources, build_augmentation
from augury.augment.framing import fitted, frames
from augury.data import Dataset
from augury.errors import InputError
from augury.records.cell import Cell
from augury.study.planning.settings import StudySettings


def arm_augmentation(cell: Cell, dataset: Dataset, sources: Sources) -> Augmentation[Any]:
    """The augmentation of an arm: it makes what the network sees of the images as they are stored.

    Raises InputError, naming the arm, where it cannot.
    """
    built = build_augmentation(cell.augmentation, cell.parameters, sources)
    try:
        return fitted(built, dataset.stored_size, dataset.image_size)
    except InputError as error:
        raise InputError(f"{cell.augmentation}: {error}") from error


def check_arms(arms: Iterable[Cell], dataset: Dataset) -> None:
    """Raise InputError for the first of `arms`, all of `dataset`, that cannot cut its view."""
    for cell in arms:
        arm_augmentation(cell, dataset, lambda kind: lambda batch: batch.images)


def framing_arms(settings: StudySettings) -> list[str]:
    """The arms that cut their view from the images as they are stored."""
    described = {**settings.parameters, **settings.chains}

    def cuts(arm: str) -> bool:
        return frames(build_augmentation(arm, described, lambda kind: lambda batch: batch.images))

    return [arm for arm in settings.augmentations if cuts(arm)]
