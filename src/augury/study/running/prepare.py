"""Everything that training a cell needs, built from the cell and its data."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from augury.augment import AUGMENTATIONS
from augury.augment.names import parts_of
from augury.augment.strength import split_strength
from augury.data import Dataset, Split
from augury.errors import DataError
from augury.kernels import enabled
from augury.models import build_model
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.study.planning.arms import arm_augmentation, kinds_of, sees_pictures
from augury.study.planning.datasets import planned_dataset
from augury.study.planning.networks import model_spec
from augury.study.planning.parts import run_parts
from augury.study.planning.probe import training_speed
from augury.training import Network, Training
from augury.training.captured import Alike
from augury.training.normalizations import build_normalize
from augury.training.processes import ALONE, Processes
from augury.training.sources import TeacherSources


@dataclass(frozen=True)
class Prepared:
    """A cell with everything in place to train it.

    train: whole pictures where the arm cuts its view from them
    """

    training: Training
    sources: TeacherSources
    train: Split
    validation: Split
    test: Split
    dataset: Dataset


def load_planned(plan: Plan, name: str, data_dir: Path | None) -> Dataset:
    """The data set that the plan calls `name`; DataError where it is no longer the same."""
    planned = plan.datasets[name]
    dataset = planned_dataset(planned, data_dir)
    if dataset.fingerprint != planned.fingerprint:
        raise DataError(f"data set {name}: its images are not those that the study began with")
    return dataset


def prepare(
    cell: Cell,
    dataset: Dataset,
    plan: Plan,
    on_step: Callable[[int, int, int], None] | None = None,
    processes: Processes = ALONE,
    reuse: bool = False,
) -> Prepared:
    """Build everything that training `cell` needs.

    Split, order, initial weights and draws depend on the seed and never on the augmentation.
    reuse: whether earlier cells of this process, which are done, lend their captured graphs.
    """
    recipe = cell.recipe
    parts = run_parts(dataset, recipe, cell.seed, sees_pictures(cell, dataset))
    spec = model_spec(cell.model, cell.network, dataset, cell.model_code)
    model = build_model(replace(spec, drop_path=recipe.drop_path), cell.seed)
    device = torch.device(plan.device)
    # Of the center squares, so that all arms have the same.
    squares = parts.train.centers(dataset.stored_size)
    normalize = build_normalize(recipe.normalization, squares.images, cell.model)
    network = Network(model, normalize, training_speed(plan, cell), device)
    sources = TeacherSources(
        kinds_of(cell),
        cell.teacher,
        network,
        parts.train,
        dataset,
        recipe.batch_size,
        cell.saliency_revision,
    )
    training = Training(
        network,
        arm_augmentation(cell, dataset, sources),
        parts.train,
        parts.validation,
        dataset.num_classes,
        recipe,
        cell.seed,
        sources=sources,
        on_step=on_step,
        processes=processes,
        alike=_alike(cell, plan, dataset, parts.train) if reuse else None,
    )
    return Prepared(training, sources, parts.train, parts.validation, parts.test, dataset)


def _alike(cell: Cell, plan: Plan, dataset: Dataset, train: Split) -> Alike | None:
    """Which cells of one process use the same captured graphs, one after the other.

    Those that differ only in the seed, and in what changes no computation of a step. None for a
    model of the user's own: its code may build another network each time.
    train: the images that are trained on.
    """
    if cell.model_code:
        return None
    recipe = replace(cell.recipe, lr=1.0, schedule="constant", warmup=0.0, epochs=1, select="last")
    whole = train.extents is not None
    shape = (*train.images.shape, whole, dataset.image_size, dataset.num_classes)
    speed = training_speed(plan, cell)
    learning = (cell.model, cell.network, shape, recipe, speed, plan.device)
    augmenting = (cell.augmentation, json.dumps(cell.parameters, sort_keys=True), enabled())
    # Maps lie where their run has put them, and the user's own code may do anything.
    ours = all(split_strength(p)[0] in AUGMENTATIONS for p in parts_of(cell.augmentation))
    own = not ours or bool(kinds_of(cell))
    return Alike(repr(learning), None if own else repr(augmenting))
