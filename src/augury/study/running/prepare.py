"""Everything that training a cell needs, built from the cell and its data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from augury.augment import build_augmentation, saliency_kinds
from augury.data import Dataset, Split, limit_train, load_dataset, split_validation
from augury.errors import DataError
from augury.models import build_model, pretrained_statistics
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.study.planning.plan import model_spec, training_speed
from augury.training import Network, Normalize, Training
from augury.training.network import channel_statistics
from augury.training.processes import ALONE, Processes
from augury.training.sources import TeacherSources


@dataclass(frozen=True)
class Prepared:
    """A cell with everything in place to train it."""

    training: Training
    sources: TeacherSources
    train: Split
    validation: Split
    test: Split
    dataset: Dataset


def load_planned(plan: Plan, name: str, data_dir: Path | None) -> Dataset:
    """The data set that the plan calls `name`; DataError where it is no longer the same."""
    planned = plan.datasets[name]
    dataset = load_dataset(planned.location, data_dir=data_dir, image_size=planned.image_size)
    if dataset.fingerprint != planned.fingerprint:
        raise DataError(f"data set {name}: its images are not those that the study began with")
    return dataset


def prepare(
    cell: Cell,
    dataset: Dataset,
    plan: Plan,
    on_step: Callable[[int, int, int], None] | None = None,
    processes: Processes = ALONE,
) -> Prepared:
    """Build everything that training `cell` needs.

    Split, order, initial weights and draws depend on the seed and never on the augmentation.
    """
    recipe = cell.recipe
    train, validation = split_validation(dataset, recipe.validation, cell.seed)
    if recipe.train_limit is not None:
        train = limit_train(train, recipe.train_limit, cell.seed)
        validation = _limit_validation(validation, cell, dataset)
    test = dataset.test
    if recipe.test_limit is not None:
        test = limit_train(test, recipe.test_limit, 0)
    spec = model_spec(cell.model, cell.network, dataset, cell.model_code)
    model = build_model(spec, cell.seed)
    device = torch.device(plan.device)
    network = Network(model, _normalize(cell, train), training_speed(plan, cell), device)
    sources = TeacherSources(
        saliency_kinds(cell.augmentation, cell.parameters),
        cell.teacher,
        network,
        train,
        dataset,
        recipe.batch_size,
        cell.saliency_revision,
    )
    training = Training(
        network,
        build_augmentation(cell.augmentation, cell.parameters, sources),
        train,
        validation,
        dataset.num_classes,
        recipe,
        cell.seed,
        sources=sources,
        on_step=on_step,
        processes=processes,
    )
    return Prepared(training, sources, train, validation, test, dataset)


def _limit_validation(validation: Split, cell: Cell, dataset: Dataset) -> Split:
    """As much as belongs to a limited training part; one that the data set brings stays whole."""
    recipe = cell.recipe
    if dataset.validation is not None or not len(validation) or recipe.train_limit is None:
        return validation
    share = recipe.validation / (1 - recipe.validation)
    wanted = max(dataset.num_classes, round(recipe.train_limit * share))
    return limit_train(validation, wanted, cell.seed)


def _normalize(cell: Cell, train: Split) -> Normalize:
    channels = train.images.shape[1]
    if cell.recipe.normalization == "unit":
        return Normalize((0.0,) * channels, (1.0,) * channels)
    if cell.recipe.normalization == "pretrained":
        return Normalize(*pretrained_statistics(cell.model, channels))
    return Normalize(*channel_statistics(train.images))
