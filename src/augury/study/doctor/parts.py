"""How many images of which class a run trains on, validates with and is tested on."""

from dataclasses import dataclass, replace

import numpy as np

from augury.data import Dataset, Split, limit_train, split_validation
from augury.records.recipe import Recipe


@dataclass(frozen=True)
class Parts:
    """(K,) images by class of each part of a run with seed 0; another seed's differ by one."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    @property
    def all(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Training, validation and test."""
        return self.train, self.validation, self.test


def run_parts(dataset: Dataset, recipe: Recipe) -> Parts:
    """The parts as `prepare` makes them, counted without touching a pixel.

    Raises InputError where a limit leaves a class without an image.
    """
    bare = replace(dataset, train=_bare(dataset.train))
    train, validation = split_validation(bare, recipe.validation, 0)
    test = _bare(dataset.test)
    if recipe.train_limit is not None:
        train = limit_train(train, recipe.train_limit, 0)
        if dataset.validation is None and len(validation):
            share = recipe.validation / (1 - recipe.validation)
            wanted = max(dataset.num_classes, round(recipe.train_limit * share))
            validation = limit_train(validation, wanted, 0)
    if recipe.test_limit is not None:
        test = limit_train(test, recipe.test_limit, 0)
    return Parts(
        *(np.bincount(p.labels, minlength=dataset.num_classes) for p in (train, validation, test))
    )


def _bare(split: Split) -> Split:
    """With images of no pixels, so that taking rows copies nothing."""
    return Split(np.empty((len(split), 1, 0, 0), dtype=np.uint8), split.labels, split.ids)
