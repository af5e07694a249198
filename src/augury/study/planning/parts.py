"""The parts of a run: which images it trains on, validates with and is tested on."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from augury.data import Dataset, Split, limit_train, split_validation
from augury.data.batch_rows import count_batches
from augury.data.left_out import count_of_parts, left_out_parts
from augury.records.cell import Cell
from augury.records.group_split import GroupSplit
from augury.records.plan import Plan
from augury.records.recipe import Recipe

# A share of 0.99 is then known to 0.002, in about the time of seven steps of 100 images.
_OWN = 2000


@dataclass(frozen=True)
class RunParts:
    """The images of each part of one run; validation may be empty.

    train: as they are stored, of which an augmentation cuts what the network sees, or whole
    pictures; validation, test: the centers, as the network sees them
    """

    train: Split
    validation: Split
    test: Split


@dataclass(frozen=True)
class ClassCounts:
    """(K,) int64 images by class, for each part of a run."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    @property
    def totals(self) -> tuple[int, int, int]:
        """Numbers of images for training, validation and test."""
        return int(self.train.sum()), int(self.validation.sum()), int(self.test.sum())


def run_parts(dataset: Dataset, recipe: Recipe, seed: int, pictures: bool = False) -> RunParts:
    """The parts of the runs with this seed, the same ones for every augmentation and model.

    The test images are the same for every seed, too, unless groups of images are left out of
    training: then they are those of the groups whose turn it is. pictures: train on whole pictures,
    where the data set has them. Raises InputError where a limit leaves a class without an image.
    """
    whole = dataset.pictures if pictures and dataset.pictures else dataset.train
    if dataset.split:
        share = recipe.validation
        train, validation, test = left_out_parts(whole, dataset.split, share, seed)
    else:
        train, validation = split_validation(replace(dataset, train=whole), recipe.validation, seed)
        test = dataset.test
    if recipe.train_limit is not None:
        train = limit_train(train, recipe.train_limit, seed)
        # A validation part that the data set brings itself stays whole.
        if dataset.validation is None and len(validation):
            share = recipe.validation / (1 - recipe.validation)
            wanted = max(dataset.num_classes, round(recipe.train_limit * share))
            validation = limit_train(validation, wanted, seed)
    if recipe.test_limit is not None:
        test = limit_train(test, recipe.test_limit, 0)
    side = dataset.image_size
    return RunParts(train, validation.centers(side), test.centers(side))


def count_classes(dataset: Dataset, recipe: Recipe) -> ClassCounts:
    """The sizes of `run_parts` without touching a pixel: the same for every seed, or the first's,
    where groups are left out."""
    bare = replace(dataset, train=_without_pixels(dataset.train), seen=None, pictures=None)
    parts = run_parts(replace(bare, test=_without_pixels(dataset.test)), recipe, 0)
    return ClassCounts(
        *(
            np.bincount(part.labels, minlength=dataset.num_classes)
            for part in (parts.train, parts.validation, parts.test)
        )
    )


def _without_pixels(split: Split) -> Split:
    """With images of size 0, so that taking rows copies nothing."""
    return Split(np.empty((len(split), 1, 0, 0), dtype=np.uint8), split.labels, split.ids)


def count_trained(
    images: int,
    classes: int,
    own_validation: bool,
    recipe: Recipe,
    split: GroupSplit | None = None,
    seed: int = 0,
) -> int:
    """How many of the `images` of a training part a run trains on, without looking at labels.

    Exact where each of the `classes` has two training images or more. Otherwise it may be wrong by
    as many images as there are classes with fewer: `count_classes` looks at the labels.
    split: where groups are left out, who at which seed.
    """
    if split:
        available, *_ = count_of_parts(split, recipe.validation, seed)
    else:
        available = images if own_validation else images - _held_out(images, classes, recipe)
    return min(available, recipe.train_limit or available)


def _held_out(images: int, classes: int, recipe: Recipe) -> int:
    """The size of the validation part: at least one image a class, and one of each is left."""
    if recipe.validation == 0:
        return 0
    most = max(0, images - classes)
    return min(max(round(recipe.validation * images), classes), most)


def count_corrupted(images: int, test: int, classes: int) -> int:
    """How many of the `test` images a network sees corrupted where `images` are asked for."""
    return min(max(images, classes), test)


def count_own(trained: int, classes: int) -> int:
    """How many of its training images a network is asked at the end: all, or 2,000."""
    return min(max(_OWN, classes), trained)


def steps_of_run(trained: int, recipe: Recipe) -> int:
    """Training steps of a whole run that trains on so many images."""
    return recipe.epochs * count_batches(trained, recipe.batch_size)


def count_steps(plan: Plan, cell: Cell) -> int:
    """Training steps of a whole run, as far as the plan alone tells: see `count_trained`."""
    dataset = plan.datasets[cell.dataset]
    classes = len(dataset.classes)
    own, split = dataset.own_validation, dataset.split
    trained = count_trained(dataset.train, classes, own, cell.recipe, split, cell.seed)
    return steps_of_run(trained, cell.recipe)
