"""What training sees of given images: the cell is rebuilt, and where it matters replayed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from augury.data import Dataset, Progress, data_title, load_dataset
from augury.errors import InputError
from augury.records.cell import Cell
from augury.records.plan import Plan, PlannedSpeed, pair_name, plan_of
from augury.study.opening import default_device
from augury.study.planning.plan import describe, limited_threads, make_cells, require_code
from augury.study.planning.settings import StudySettings
from augury.study.running.prepare import load_planned, prepare
from augury.study.running.provenance import provenance
from augury.study.running.record_batches import (
    BatchRecorder,
    augmented_images,
    check_trained_on,
    example_ids,
)
from augury.training import Training
from augury.training.network import Speed


@dataclass(frozen=True)
class Preview:
    """Cell, epoch, the arrays that `BatchRecorder.arrays` returns, and the names of all classes."""

    cell: Cell
    epoch: int
    arrays: dict[str, np.ndarray]
    classes: list[str]

    @property
    def class_names(self) -> list[str]:
        """Of each image."""
        return [self.classes[k] for k in self.arrays["labels"]]


def preview_new(
    settings: StudySettings,
    data_dir: Path | None,
    progress: Progress | None,
) -> tuple[Cell, Plan, Dataset]:
    """The cell that a new study of `settings` would begin with, its plan and its data."""
    (location,) = settings.datasets
    dataset = load_dataset(
        location, data_dir=data_dir, image_size=settings.image_size, progress=progress
    )
    (cell,) = make_cells(settings, {location: dataset}, range(settings.seeds - 1, settings.seeds))
    speed = Speed()
    plan = Plan(
        name=settings.title,
        baseline=settings.baseline_arm,
        rule=settings.rule,
        corruptions=0,
        settings=settings.to_dict(),
        datasets={dataset.name: describe(dataset, location)},
        cells=(cell,),
        speed={pair_name(cell): PlannedSpeed(speed.layout, speed.precision, {})},
        threads=1,
        device=default_device(),
        provenance=provenance(),
    )
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


def show(
    cell: Cell,
    plan: Plan,
    dataset: Dataset,
    ids: Sequence[int] | None,
    epoch: int,
    on_step: Callable[[int, int, int], None] | None = None,
) -> Preview:
    """The images `ids` (five of the study's choice for None) as training sees them in `epoch`.

    An augmentation that looks at the network in training needs that network as it is then: its
    epochs up to `epoch` are trained again, which gives the same bits.
    """
    if not 0 <= epoch < cell.recipe.epochs:
        raise InputError(f"epoch: must lie in 0..{cell.recipe.epochs - 1}, got {epoch}")
    with limited_threads(plan.threads):
        return _show(cell, plan, dataset, ids, epoch, on_step)


def _show(
    cell: Cell,
    plan: Plan,
    dataset: Dataset,
    ids: Sequence[int] | None,
    epoch: int,
    on_step: Callable[[int, int, int], None] | None,
) -> Preview:
    prepared = prepare(cell, dataset, plan, on_step)
    wanted = example_ids(prepared) if ids is None else np.asarray(ids, dtype=np.int64)
    training, sources = prepared.training, prepared.sources
    check_trained_on(wanted, prepared.train, training.seed)
    if sources.change_within_epochs:
        training.on_batch = recorder = BatchRecorder(prepared, wanted, epoch)
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
