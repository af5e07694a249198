"""Show images as training sees them, by running the very code that trains."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from augury.data import Dataset, Progress, data_title
from augury.data.loader import batch_rows
from augury.data.sampling import epoch_picks, rows_of
from augury.errors import InputError
from augury.kernels.threads import limited_threads
from augury.records.cell import Cell
from augury.records.plan import Plan, PlannedSpeed, pair_name, plan_of
from augury.records.provenance import Provenance
from augury.study.planning.arms import check_color
from augury.study.planning.cells import make_cells, require_code
from augury.study.planning.datasets import load_datasets
from augury.study.planning.device import chosen_device
from augury.study.planning.fitting import fitted
from augury.study.planning.parts import run_parts
from augury.study.planning.plan import assemble_plan
from augury.study.planning.probe import named_speeds
from augury.study.planning.settings import StudySettings
from augury.study.running.prepare import load_planned, prepare
from augury.study.running.record_batches import (
    BatchRecorder,
    augmented_images,
    check_trained_on,
    example_ids,
)
from augury.training import Training
from augury.training.device import current_device


@dataclass(frozen=True)
class Preview:
    """What one epoch of a cell sees of some images.

    arrays: those that `BatchRecorder.arrays` returns; classes: the names of all classes, in their
    order.
    """

    cell: Cell
    epoch: int
    arrays: dict[str, np.ndarray]
    classes: list[str]

    @property
    def class_names(self) -> list[str]:
        """The name of each image's class."""
        return [self.classes[k] for k in self.arrays["labels"]]


def preview_new(
    settings: StudySettings,
    data_dir: Path | None,
    progress: Progress | None,
) -> tuple[Cell, Plan, Dataset]:
    """The last seed's cell of a new study of one data set, model and augmentation.

    Raises InputError where the augmentation would change nothing.
    """
    datasets = load_datasets(settings, data_dir, progress)
    (dataset,) = datasets.values()
    settings = fitted(settings, datasets, None)
    last = settings.first_seeds - 1
    (cell,) = make_cells(settings, datasets, range(last, last + 1))
    check_color([cell], dataset)
    named, (way, *_) = named_speeds(settings)
    speed = {pair_name(cell): PlannedSpeed(way.layout, way.precision, {}, named)}
    device = chosen_device(settings.device)
    plan = assemble_plan(settings, datasets, [cell], speed, 1, device, Provenance())
    return cell, plan, dataset


def preview_of_study(
    path: Path, dataset: str, model: str | None, augmentation: str, seed: int, data_dir: Path | None
) -> tuple[Cell, Plan, Dataset]:
    """The cell of the study in `path` that fits; InputError where none does."""
    plan = plan_of(path)
    for cell in plan.cells:
        wanted = (augmentation, seed, model or cell.model)
        named = cell.dataset in (dataset, data_title(dataset))
        if named and (cell.augmentation, cell.seed, cell.model) == wanted:
            require_code([cell], path / "plan.json")
            return cell, plan, load_planned(plan, cell.dataset, data_dir)
    raise InputError(
        f"{path}: has no cell of {dataset}, {model or 'any model'}, {augmentation}, seed {seed}"
    )


def first_batch(cell: Cell, dataset: Dataset, epoch: int, most: int) -> list[int]:
    """The ids of the first `most` images of the first batch of `epoch`, in its order.

    Raises InputError for an epoch that the recipe lacks.
    """
    _check_epoch(cell, epoch)
    train = run_parts(dataset, cell.recipe, cell.seed).train
    picks = epoch_picks(train.labels, cell.seed, epoch, cell.recipe.sampling)
    rows = rows_of(next(iter(batch_rows(picks, cell.recipe.batch_size))))
    # Balanced sampling may show an image several times: the sheet shows it once.
    return list(dict.fromkeys(train.ids[rows].tolist()))[:most]


def show(
    cell: Cell,
    plan: Plan,
    dataset: Dataset,
    ids: Sequence[int] | None,
    epoch: int,
    on_step: Callable[[int, int, int], None] | None = None,
) -> Preview:
    """The images `ids` as training sees them in `epoch`, counted from 0; None: five examples.

    Where the augmentation uses saliency of the network in training, the epochs up to this one are
    trained again, which gives the same bits. on_step: called with (epoch, step, steps an epoch)
    meanwhile. Raises InputError for an epoch that the recipe lacks, and for ids that are not
    trained on.
    """
    _check_epoch(cell, epoch)
    with limited_threads(plan.threads), current_device(torch.device(plan.device)):
        return _show(cell, plan, dataset, ids, epoch, on_step)


def _check_epoch(cell: Cell, epoch: int) -> None:
    if not 0 <= epoch < cell.recipe.epochs:
        raise InputError(f"epoch: must lie in 0..{cell.recipe.epochs - 1}, got {epoch}")


def _show(
    cell: Cell,
    plan: Plan,
    dataset: Dataset,
    ids: Sequence[int] | None,
    epoch: int,
    on_step: Callable[[int, int, int], None] | None,
) -> Preview:
    prepared = prepare(cell, dataset, plan, on_step)
    wanted = example_ids(prepared, epoch) if ids is None else np.asarray(ids, dtype=np.int64)
    training, sources = prepared.training, prepared.sources
    check_trained_on(wanted, prepared, epoch)
    if sources.change_within_epochs:
        training.on_batch = recorder = BatchRecorder(prepared, wanted, epoch)
        training.watched = epoch, wanted
        _train(training, until=epoch + 1)
        arrays = recorder.arrays()
    else:
        if sources.change:
            _train(training, until=epoch)
        sources.refresh()
        arrays = augmented_images(prepared, wanted, epoch)
    return Preview(cell, epoch, arrays, list(dataset.classes))


def _train(training: Training, until: int) -> None:
    for _ in training.epochs(until=until):
        pass
