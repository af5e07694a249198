"""Studies whose networks see views of 14 pixels, cut from larger pictures or not."""

from pathlib import Path
from typing import Any

from augury.data import Dataset
from augury.study import StudySettings
from augury.study.planning.datasets import load_datasets
from helpers.studies import quick_settings

SEEN = 14


def settings_of(folder: Path, *arms: str, **changes: Any) -> StudySettings:
    """Settings of a study of `arms` on the pictures in `folder`."""
    recipe = {"epochs": 1, "batch_size": 8, "validation": 0.2, "train_limit": None}
    asked = {"image_size": SEEN, "corruptions": 0, "layout": "contiguous", "precision": "float32"}
    return quick_settings(
        datasets=[str(folder)], augmentations=list(arms), recipe=recipe, **asked | changes
    )


def loaded(settings: StudySettings) -> Dataset:
    """The one data set of a study."""
    (dataset,) = load_datasets(settings).values()
    return dataset
