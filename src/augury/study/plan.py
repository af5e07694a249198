"""From settings to cells, and what must stay equal when a study is run again."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from augury.augment import parts_of, saliency_kinds
from augury.augment.factory import code_hash, is_factory
from augury.augment.trust import names_in, names_in_arm, require
from augury.data import Dataset, Progress, cache_folder, file_names
from augury.data.leakage import dataset_duplicates
from augury.data.loader import count_batches
from augury.errors import InputError, RecipeChanged
from augury.models import ModelSpec, build_model, check_spec
from augury.saliency import KINDS, newest_revision
from augury.seal import SEAL
from augury.stats import Rule
from augury.study.cell import Cell, NetworkOptions, as_begun
from augury.study.provenance import machine
from augury.study.settings import StudySettings
from augury.study.store import read_json, write_json
from augury.training.network import Speed
from augury.training.probe import fastest, measure_speeds, remembered_speeds
from augury.training.recipe import Recipe
from augury.training.sources import check_sources

SCHEMA = 2
_PAIRS_TOLD = 20


@dataclass(frozen=True)
class Plan:
    """A study that is fixed: its cells, and how fast and on what each is run.

    rule: what its verdicts ask for, with the looks that were planned or taken; corruptions: how
    many test images each network sees corrupted; settings: as asked for; datasets: what was found,
    by name, with the location to load it from;
    speed: by "model on dataset"; threads: of each cell; device: "cpu" or "cuda".
    """

    name: str
    baseline: str
    rule: Rule
    corruptions: int
    settings: dict[str, Any]
    datasets: dict[str, dict[str, Any]]
    cells: tuple[Cell, ...]
    speed: dict[str, dict[str, Any]]
    threads: int
    device: str
    provenance: dict[str, Any]

    @property
    def seeds(self) -> int:
        """How many seeds the arm with the most of them has."""
        return len({cell.seed for cell in self.cells})

    def speed_of(self, cell: Cell) -> Speed:
        """The layout and precision that all arms of this model and data set use."""
        entry = self.speed[f"{cell.model} on {cell.dataset}"]
        return Speed(entry["layout"], entry["precision"])

    def milliseconds(self, cell: Cell) -> float:
        """What the probe measured for one training step, without augmentation."""
        entry = self.speed[f"{cell.model} on {cell.dataset}"]
        return float(entry["milliseconds"][str(self.speed_of(cell))])

    def steps(self, cell: Cell) -> int:
        """Training steps of a whole run."""
        entry = self.datasets[cell.dataset]
        n = _trained_on(cell.recipe, entry["train"], entry["own_validation"])
        return cell.recipe.epochs * count_batches(n, cell.recipe.batch_size)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": SCHEMA,
            **{k: v for k, v in vars(self).items() if k not in ("cells", "rule")},
            "rule": asdict(self.rule),
            "cells": [cell.to_json() for cell in self.cells],
        }


def _trained_on(recipe: Recipe, images: int, own_validation: bool) -> int:
    """How many of the `images` of a training part a run trains on."""
    available = images if own_validation else images - round(images * recipe.validation)
    return min(available, recipe.train_limit or available)


def plan_of(folder: Path) -> Plan:
    """The plan of the study in `folder`; InputError, saying what is there, where there is none."""
    path = folder / "plan.json"
    # os.path's questions have an answer for whatever a path may be.
    if os.path.exists(path):
        return read_plan(path)
    if os.path.isdir(folder):
        there = "plan.json is missing"
    else:
        there = "it is a file" if os.path.exists(folder) else "there is no such folder"
    raise InputError(f"{folder}: no study here ({there})")


def read_plan(path: Path) -> Plan:
    """The plan that `write_plan` wrote; InputError where there is none."""
    values = read_json(path)
    if values.get("schema") not in (1, SCHEMA):
        raise InputError(f"{path}: not a plan of this version (schema {SCHEMA}) or the one before")
    if values["schema"] == 1:
        # Its rule was the usual one, and no network saw a corrupted image.
        values["rule"] = {"min_difference": values.pop("min_difference")}
        values["corruptions"] = 0
    try:
        rule = Rule(**values["rule"] | {"looks": tuple(values["rule"].get("looks", ()))})
        cells = tuple(Cell.from_json(cell) for cell in values["cells"])
        rest = {k: v for k, v in values.items() if k not in ("schema", "cells", "rule", SEAL)}
        return Plan(cells=cells, rule=rule, **rest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: not a whole plan: {error}") from error


def require_code(cells: Sequence[Cell], where: Path) -> None:
    """Raise InputError unless the code that cells of a stored plan name has been confirmed."""
    named = [name for cell in cells for name in names_in_arm(cell.augmentation)]
    require([*named, *names_in([cell.parameters for cell in cells])], str(where))


def write_plan(path: Path, plan: Plan) -> None:
    """Write `plan` atomically."""
    write_json(path, plan.to_json())


def make_cells(
    settings: StudySettings, datasets: dict[str, Dataset], seeds: range | None = None
) -> list[Cell]:
    """The whole grid, seeds outermost: a study that is cut short has whole comparisons."""
    return [
        Cell(
            dataset=dataset.name,
            fingerprint=dataset.fingerprint,
            model=model,
            augmentation=augmentation,
            seed=seed,
            recipe=settings.recipe,
            network=settings.network,
            parameters=_parameters(settings, augmentation),
            teacher=settings.teacher if _looks_at_network(settings, augmentation) else "",
            saliency_revision=newest_revision(_saliency(settings, augmentation)),
        )
        for seed in seeds or range(settings.seeds)
        for dataset in datasets.values()
        for model in settings.models
        for augmentation in settings.augmentations
    ]


def _parameters(settings: StudySettings, augmentation: str) -> dict[str, dict[str, Any]]:
    """Those that were set of the augmentation's parts, by part, and a factory's `code`."""
    described = {**settings.parameters, **settings.chains}
    parts = parts_of(augmentation)
    given = {part: described[part] for part in parts if part in described}
    for part in filter(is_factory, parts):
        given[part] = {**given.get(part, {}), "code": code_hash(part)}
    found: dict[str, dict[str, Any]] = _json_values(given)
    return found


def _saliency(settings: StudySettings, augmentation: str) -> list[str]:
    return saliency_kinds(augmentation, _parameters(settings, augmentation))


def _looks_at_network(settings: StudySettings, augmentation: str) -> bool:
    return any(KINDS[kind].needs_network for kind in _saliency(settings, augmentation))


def _json_values(values: Any) -> Any:
    return json.loads(json.dumps(values))


def make_plan(
    settings: StudySettings,
    datasets: dict[str, Dataset],
    threads: int,
    device: str,
    provenance: dict[str, Any],
    progress: Progress | None = None,
) -> Plan:
    """The plan of a new study. datasets: by the name or path that was asked for.

    Raises InputError where a model or teacher cannot be built, before anything is trained.
    """
    for dataset in datasets.values():
        _check_networks(settings, dataset)
    pairs = [(model, dataset) for model in settings.models for dataset in datasets.values()]
    speed = {}
    for done, (model, dataset) in enumerate(pairs):
        if progress:
            progress(done, len(pairs), "finding the fastest layout and precision")
        name = f"{model} on {dataset.name}"
        speed[name] = probe(settings, model, dataset, threads, device)
    return Plan(
        name=settings.title,
        baseline=settings.baseline_arm,
        rule=replace(settings.rule, looks=settings.looks),
        corruptions=settings.corruptions,
        settings=_json_values(settings.to_dict()),
        datasets={
            d.name: describe(d, location) | {"leakage": describe_leakage(d, location, progress)}
            for location, d in datasets.items()
        },
        cells=tuple(make_cells(settings, datasets)),
        speed=speed,
        threads=threads,
        device=device,
        provenance=provenance,
    )


def _check_networks(settings: StudySettings, dataset: Dataset) -> None:
    specs = [model_spec(model, settings.network, dataset) for model in settings.models]
    for spec in specs:
        check_spec(spec)
        if spec.pretrained or spec.weights:
            build_model(spec, 0)
    kinds = sorted({kind for a in settings.augmentations for kind in _saliency(settings, a)})
    check_sources(kinds, settings.teacher, dataset, specs)


def describe(dataset: Dataset, location: str) -> dict[str, Any]:
    """What a plan keeps of a data set."""
    return {
        "location": location,
        "fingerprint": dataset.fingerprint,
        "source": dataset.source,
        "classes": list(dataset.classes),
        "channels": dataset.channels,
        "image_size": dataset.image_size,
        "train": len(dataset.train),
        "own_validation": dataset.validation is not None,
        "test": len(dataset.test),
        "notes": list(dataset.notes),
        "set_aside": [asdict(file) for file in dataset.set_aside],
    }


def describe_leakage(
    dataset: Dataset, location: str, progress: Progress | None = None
) -> dict[str, Any]:
    """Counts of test images that have a near-duplicate in the training part, and some of them.

    files: those of the pairs, where the data set is a folder or archive
    """
    found = dataset_duplicates(dataset, progress).train
    names = file_names(location) if found else {}
    told = [d for d in found[:_PAIRS_TOLD] if d.test_id in names and d.train_id in names]
    return {
        "of": len(dataset.test),
        "images": len(found),
        "exact": sum(duplicate.exact for duplicate in found),
        "mirrored": sum(duplicate.mirrored for duplicate in found),
        "label_conflicts": sum(duplicate.labels_differ for duplicate in found),
        "pairs": [[d.test_id, d.train_id] for d in found[:_PAIRS_TOLD]],
        "files": [[names[d.test_id], names[d.train_id]] for d in told],
    }


def extend_plan(old: Plan, new: Plan, judged: bool = False) -> Plan:
    """`old` with the arms, models, data sets and seeds that only `new` has.

    judged: whether the results of `old` have been seen; then each number of seeds is a look.
    Raises RecipeChanged, showing the difference, where a setting that all cells share differs.
    """
    differences = _differences(old, new)
    if differences:
        raise RecipeChanged(
            f"the folder holds a study with another recipe: {'; '.join(differences)}. "
            "Give the new study a folder of its own (--out)"
        )
    looks = sorted({*old.rule.looks, *new.rule.looks})
    if judged and not new.rule.looks and new.seeds > old.seeds:
        looks = sorted({*looks, old.seeds, new.seeds})
    known = {cell.name for cell in old.cells}
    asked = as_begun(new.cells, old.cells)
    cells = (*old.cells, *(cell for cell in asked if cell.name not in known))
    return replace(
        old,
        cells=cells,
        datasets={
            name: new.datasets.get(name, {}) | old.datasets.get(name, {})
            for name in new.datasets | old.datasets
        },
        # What is there keeps its speed: all arms of a study are trained alike.
        speed=new.speed | old.speed,
        settings=new.settings,
        rule=replace(new.rule, looks=tuple(looks)),
        baseline=new.baseline if new.baseline in new.settings["augmentations"] else old.baseline,
    )


def _differences(old: Plan, new: Plan) -> list[str]:
    found = []
    for name in old.datasets.keys() & new.datasets.keys():
        was, now = old.datasets[name]["fingerprint"], new.datasets[name]["fingerprint"]
        if was != now:
            found.append(f"data of {name}: fingerprint {was[:12]} → {now[:12]}")
    before, after = old.cells[0], new.cells[0]
    for title, was, now in (
        ("recipe", asdict(before.recipe), asdict(after.recipe)),
        ("network", asdict(before.network), asdict(after.network)),
    ):
        found += [f"{title}.{k}: {was[k]} → {now[k]}" for k in was if was[k] != now[k]]
    arms = {c.augmentation: c for c in old.cells}
    for cell in {c.augmentation: c for c in new.cells}.values():
        earlier = arms.get(cell.augmentation)
        if earlier and earlier.parameters != cell.parameters:
            found.append(f"{cell.augmentation}: {earlier.parameters} → {cell.parameters}")
        if earlier and earlier.teacher != cell.teacher:
            found.append(f"{cell.augmentation} teacher: {earlier.teacher} → {cell.teacher}")
    return found


def model_spec(name: str, options: NetworkOptions, dataset: Dataset) -> ModelSpec:
    """The model as this data set needs it."""
    return ModelSpec(
        name,
        dataset.num_classes,
        dataset.channels,
        head=options.head,
        stem=options.stem,
        pretrained=options.pretrained,
        weights=Path(options.weights) if options.weights else None,
        image_size=dataset.image_size,
    )


def probe(
    settings: StudySettings, model: str, dataset: Dataset, threads: int, device: str
) -> dict[str, Any]:
    """The fastest layout and precision, with the milliseconds a step of all; remembered."""
    # Weights make no difference to speed, and may have to be fetched.
    options = replace(settings.network, pretrained=False, weights=None)
    spec = model_spec(model, options, dataset)
    recipe: Recipe = settings.recipe
    # As training makes the batches: no larger than the images that there are.
    images = _trained_on(recipe, len(dataset.train), dataset.validation is not None)
    batch_size = max(2, min(recipe.batch_size, images))
    shape = (batch_size, dataset.channels, dataset.image_size, dataset.image_size)
    identity = {
        "model": [model, spec.head, spec.stem],
        "shape": shape,
        "classes": dataset.num_classes,
        "optimizer": recipe.optimizer,
        "threads": threads,
        "device": device,
        "machine": machine(),
        "torch": torch.__version__,
    }

    def measure() -> dict[str, float]:
        with limited_threads(threads):
            return measure_speeds(
                lambda: build_model(spec, 0),
                shape,
                dataset.num_classes,
                recipe,
                torch.device(device),
            )

    milliseconds = remembered_speeds(cache_folder() / "speeds.json", identity, measure)
    speed = fastest(milliseconds)
    return {**asdict(speed), "milliseconds": {k: round(v, 3) for k, v in milliseconds.items()}}


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """As many threads within the block as a cell has: sums depend on how they are divided."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
