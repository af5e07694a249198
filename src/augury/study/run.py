"""`run_cell`: what every engine executes."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from augury.augment import build_augmentation
from augury.batch import Batch, to_uint8
from augury.data import Dataset, Split, batches, limit_train, load_dataset, split_validation
from augury.errors import DataError, InputError
from augury.files import write_atomically
from augury.models import build_model, pretrained_statistics
from augury.rng import Draws, numpy_generator
from augury.saliency import grey_map
from augury.study.cell import Cell
from augury.study.plan import Plan, model_spec
from augury.study.provenance import provenance
from augury.study.store import (
    RunFolder,
    StudyFolder,
    disk_errors,
    read_json,
    write_arrays,
    write_json,
)
from augury.training import Epoch, Evaluation, Network, Normalize, Training, evaluate
from augury.training.network import channel_statistics
from augury.training.teacher import RefreshedMaps, build_source, save_network

_EXAMPLES = 5


@dataclass(frozen=True)
class Watcher:
    """Whom a running cell tells how far it is."""

    on_step: Callable[[int, int, int], None] = lambda epoch, step, steps: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None


@dataclass(frozen=True)
class Prepared:
    """A cell with everything in place to train it."""

    training: Training
    source: RefreshedMaps | None
    train: Split
    validation: Split
    test: Split
    dataset: Dataset


def load_planned(plan: Plan, name: str, data_dir: Path | None) -> Dataset:
    """The data set that the plan calls `name`; DataError where it is no longer the same."""
    entry = plan.datasets[name]
    dataset = load_dataset(entry["location"], data_dir=data_dir, image_size=entry["image_size"])
    if dataset.fingerprint != entry["fingerprint"]:
        raise DataError(f"data set {name}: its images are not those that the study began with")
    return dataset


def prepare(
    cell: Cell,
    dataset: Dataset,
    plan: Plan,
    on_step: Callable[[int, int, int], None] | None = None,
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
    spec = model_spec(cell.model, cell.network, dataset)
    model = build_model(spec, cell.seed)
    device = torch.device(plan.device)
    network = Network(model, _normalize(cell, train), plan.speed_of(cell), device)
    source = build_source(
        cell.augmentation,
        cell.teacher,
        network,
        train,
        dataset.num_classes,
        2 * recipe.batch_size,
    )
    training = Training(
        network,
        build_augmentation(cell.augmentation, cell.parameters, source),
        train,
        validation,
        dataset.num_classes,
        recipe,
        cell.seed,
        refresh=source.refresh if source else None,
        on_step=on_step,
    )
    return Prepared(training, source, train, validation, test, dataset)


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


def run_cell(
    cell: Cell, plan: Plan, folder: StudyFolder, dataset: Dataset, watcher: Watcher
) -> dict[str, Any]:
    """Train and test one cell, going on from its last checkpoint; returns its result.

    Raises filelock.Timeout at once where another process is at this cell, and AuguryError where
    it cannot be finished.
    """
    run = folder.run(cell)
    with disk_errors(folder.path):
        lock = folder.lock_file(cell)
        lock.parent.mkdir(parents=True, exist_ok=True)
        run.path.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            if not run.done:
                run.error.unlink(missing_ok=True)
                _train_and_test(cell, plan, run, dataset, watcher)
            result: dict[str, Any] = read_json(run.result)
            return result


def _train_and_test(
    cell: Cell, plan: Plan, run: RunFolder, dataset: Dataset, watcher: Watcher
) -> None:
    torch.use_deterministic_algorithms(True, warn_only=True)
    started = time.perf_counter()
    prepared = prepare(cell, dataset, plan, watcher.on_step)
    training = prepared.training
    checkpoint = run.checkpoints.load()
    if checkpoint:
        training.restore(checkpoint)
    _write_epochs(run, training.history)

    def keep_examples(epoch: int) -> None:
        # In time: what the last epoch sees cannot be told once the network has learned from it.
        if epoch == cell.recipe.epochs - 1:
            write_arrays(run.examples, {"epoch": epoch, **example_images(prepared, epoch)})

    training.on_start = keep_examples
    for epoch in training.epochs():
        training.save(run.checkpoints)
        _write_epochs(run, training.history)
        watcher.on_epoch(epoch)
    chosen = training.choose()
    size = 2 * cell.recipe.batch_size
    network, classes = training.network, dataset.num_classes
    test = evaluate(network, prepared.test, classes, size)
    held_out = len(prepared.validation) > 0
    validation = evaluate(network, prepared.validation, classes, size) if held_out else None
    write_arrays(run.predictions, _predictions(test, validation))
    save_network(run.weights, network, model_spec(cell.model, cell.network, dataset))
    result = _result(cell, plan, training, chosen, test, validation)
    # Seconds of the run, also of the parts before an interruption.
    rest = time.perf_counter() - started - sum(e.seconds for e in training.history)
    trained = sum(epoch.seconds for epoch in training.history)
    write_json(run.result, result | {"seconds": trained + max(0.0, rest)})
    run.checkpoints.clear()


def _write_epochs(run: RunFolder, history: list[Epoch]) -> None:
    lines = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in history)
    write_atomically(run.epochs, lines.encode())


def _predictions(test: Evaluation, validation: Evaluation | None) -> dict[str, Any]:
    parts = {"test": test} | ({"validation": validation} if validation else {})
    return {
        f"{part}_{name}": getattr(outcome, name)
        for part, outcome in parts.items()
        for name in ("ids", "labels", "logits")
    }


def _result(
    cell: Cell,
    plan: Plan,
    training: Training,
    chosen: int,
    test: Evaluation,
    validation: Evaluation | None,
) -> dict[str, Any]:
    history = training.history
    speed = plan.speed_of(cell)
    return {
        "schema": 1,
        "cell": cell.to_json(),
        "train": {"loss": history[chosen].loss, "accuracy": history[chosen].accuracy},
        "validation": validation and {"loss": validation.loss, "accuracy": validation.accuracy},
        "test": {
            "loss": test.loss,
            "accuracy": test.accuracy,
            "per_class": test.per_class(),
            "confusion": test.confusion().tolist(),
        },
        "chosen_epoch": chosen,
        "epochs": len(history),
        "select": cell.recipe.select,
        "step_seconds": float(np.mean([e.step_seconds for e in history])),
        "augment_seconds": float(np.mean([e.augment_seconds for e in history])),
        "speed": {**asdict(speed), "threads": plan.threads, "device": plan.device},
        "teacher": cell.teacher or None,
        "parameters_count": sum(p.numel() for p in training.network.model.parameters()),
        "data_fingerprint": cell.fingerprint,
        "provenance": provenance(),
    }


def example_images(prepared: Prepared, epoch: int) -> dict[str, np.ndarray]:
    """`augmented_images` of five training images; the same five for all arms of a seed."""
    train = prepared.train
    generator = numpy_generator("examples", prepared.training.seed)
    rows = generator.choice(len(train), min(_EXAMPLES, len(train)), replace=False)
    return augmented_images(prepared, np.sort(train.ids[rows]), epoch)


def augmented_images(prepared: Prepared, ids: np.ndarray, epoch: int) -> dict[str, np.ndarray]:
    """What training sees of the images `ids` in `epoch`, beside what they are.

    Returns ids, labels, originals and augmented (n, C, H, W) uint8, and, where the augmentation
    has maps, maps (n, H, W) uint8. Raises InputError for an id that is not trained on.
    """
    training = prepared.training
    split = prepared.train
    rows = np.searchsorted(split.ids, ids, sorter=(order := np.argsort(split.ids)))
    rows = order[np.minimum(rows, len(split) - 1)]
    missing = [int(i) for i, row in zip(ids, rows, strict=True) if split.ids[row] != i]
    if missing:
        raise InputError(
            f"id {missing[0]}: not among the {len(split)} images that seed {training.seed} trains "
            f"on, for instance {', '.join(str(i) for i in np.sort(split.ids[:3]))}"
        )
    chosen = split.take(rows)
    (batch,) = batches(chosen, training.num_classes, max(2, len(chosen)), np.arange(len(chosen)))
    batch = batch.to(training.network.device)
    augmented = training.augmentation(batch, Draws(training.seed, epoch, batch.ids))
    shown: dict[str, np.ndarray] = {
        "ids": chosen.ids,
        "labels": chosen.labels,
        "originals": chosen.images,
        "augmented": to_uint8(augmented.images).cpu().numpy(),
    }
    if prepared.source:
        shown["maps"] = _maps(prepared.source, batch)
    return shown


def _maps(source: RefreshedMaps, batch: Batch) -> np.ndarray:
    """(n, H, W) uint8: the maps; of signed gradients their grey map."""
    maps = source(batch)
    return to_uint8(grey_map(maps) if maps.ndim == 4 else maps).cpu().numpy()
