"""From settings to cells, and what must stay equal when a study is run again."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from augury.augment import parts_of, saliency_kinds
from augury.augment.foreign.factory import is_factory
from augury.data import Dataset, Progress, cache_folder, file_names
from augury.data.leakage.between_parts import dataset_duplicates
from augury.data.loader import count_batches
from augury.errors import RecipeChanged
from augury.models import ModelSpec, build_model, check_spec, code_of, own_names
from augury.own.kinds import MODEL, TRANSFORM
from augury.own.loading import CHANGED, code_hash
from augury.own.trust import names_in, names_in_arm, require_all
from augury.records.cell import Cell, NetworkOptions, as_begun
from augury.records.numbers import Device
from augury.records.plan import Leakage, Plan, PlannedDataset, PlannedSpeed
from augury.records.provenance import Provenance
from augury.records.recipe import Recipe
from augury.saliency import KINDS, newest_revision
from augury.study.planning.settings import StudySettings
from augury.study.running.provenance import machine
from augury.training.network import Speed
from augury.training.probe import fastest, measure_speeds, remembered_speeds
from augury.training.sources import check_sources

_PAIRS_TOLD = 20


def _trained_on(recipe: Recipe, images: int, own_validation: bool) -> int:
    """How many of the `images` of a training part a run trains on."""
    available = images if own_validation else images - round(images * recipe.validation)
    return min(available, recipe.train_limit or available)


def count_steps(plan: Plan, cell: Cell) -> int:
    """Training steps of a whole run."""
    dataset = plan.datasets[cell.dataset]
    n = _trained_on(cell.recipe, dataset.train, dataset.own_validation)
    return cell.recipe.epochs * count_batches(n, cell.recipe.batch_size)


def training_speed(plan: Plan, cell: Cell) -> Speed:
    """The layout and precision that all arms of this model and data set use."""
    planned = plan.speed_of(cell)
    return Speed(planned.layout, planned.precision)


def require_code(cells: Sequence[Cell], where: Path) -> None:
    """Raise InputError unless the code that cells of a stored plan name has been confirmed."""
    named = [name for cell in cells for name in names_in_arm(cell.augmentation)]
    named += names_in([cell.parameters for cell in cells])
    require_all({TRANSFORM: named, MODEL: own_names(cell.model for cell in cells)}, str(where))


def make_cells(
    settings: StudySettings, datasets: dict[str, Dataset], seeds: range | None = None
) -> list[Cell]:
    """The whole grid, seeds outermost: a study that is cut short has whole comparisons."""
    codes = {model: code_of(model) for model in settings.models}
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
            model_code=codes[model],
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
    device: Device,
    provenance: Provenance,
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
            d.name: describe(d, location, describe_leakage(d, location, progress))
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


def describe(dataset: Dataset, location: str, leakage: Leakage | None = None) -> PlannedDataset:
    """What a plan keeps of a data set."""
    return PlannedDataset(
        location=location,
        fingerprint=dataset.fingerprint,
        source=dataset.source,
        classes=dataset.classes,
        channels=dataset.channels,
        image_size=dataset.image_size,
        train=len(dataset.train),
        own_validation=dataset.validation is not None,
        test=len(dataset.test),
        notes=dataset.notes,
        set_aside=dataset.set_aside,
        leakage=leakage,
    )


def describe_leakage(dataset: Dataset, location: str, progress: Progress | None = None) -> Leakage:
    """Counts of test images that have a near-duplicate in the training part, and some of them."""
    found = dataset_duplicates(dataset, progress).train
    names = file_names(location) if found else {}
    told = [d for d in found[:_PAIRS_TOLD] if d.test_id in names and d.train_id in names]
    return Leakage(
        of=len(dataset.test),
        images=len(found),
        exact=sum(duplicate.exact for duplicate in found),
        mirrored=sum(duplicate.mirrored for duplicate in found),
        label_conflicts=sum(duplicate.labels_differ for duplicate in found),
        pairs=tuple((d.test_id, d.train_id) for d in found[:_PAIRS_TOLD]),
        files=tuple((names[d.test_id], names[d.train_id]) for d in told),
    )


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
        datasets=new.datasets | {name: _known(name, old, new) for name in old.datasets},
        # What is there keeps its speed: all arms of a study are trained alike.
        speed=new.speed | old.speed,
        settings=new.settings,
        rule=replace(new.rule, looks=tuple(looks)),
        baseline=new.baseline if new.baseline in new.settings["augmentations"] else old.baseline,
    )


def _known(name: str, old: Plan, new: Plan) -> PlannedDataset:
    """As it was planned; what an earlier version did not look for is taken from `new`."""
    dataset = old.datasets[name]
    if dataset.leakage is None and name in new.datasets:
        return replace(dataset, leakage=new.datasets[name].leakage)
    return dataset


def _differences(old: Plan, new: Plan) -> list[str]:
    found = []
    for name in old.datasets.keys() & new.datasets.keys():
        was, now = old.datasets[name].fingerprint, new.datasets[name].fingerprint
        if was != now:
            found.append(f"data of {name}: fingerprint {was[:12]} → {now[:12]}")
    before, after = old.cells[0], new.cells[0]
    for title, planned, asked in (
        ("recipe", asdict(before.recipe), asdict(after.recipe)),
        ("network", asdict(before.network), asdict(after.network)),
    ):
        changed = [k for k in planned if planned[k] != asked[k]]
        found += [f"{title}.{k}: {planned[k]} → {asked[k]}" for k in changed]
    codes = {c.model: c.model_code for c in old.cells}
    asked = {c.model: c.model_code for c in new.cells}
    found += [f"{m}: {CHANGED}" for m in codes if codes[m] != asked.get(m, codes[m])]
    arms = {c.augmentation: c for c in old.cells}
    for cell in {c.augmentation: c for c in new.cells}.values():
        earlier = arms.get(cell.augmentation)
        if earlier and earlier.parameters != cell.parameters:
            found.append(f"{cell.augmentation}: {earlier.parameters} → {cell.parameters}")
        if earlier and earlier.teacher != cell.teacher:
            found.append(f"{cell.augmentation} teacher: {earlier.teacher} → {cell.teacher}")
    return found


def model_spec(name: str, options: NetworkOptions, dataset: Dataset, code: str = "") -> ModelSpec:
    """The model as this data set needs it. code: that it must have, of a model of the user's own"""
    return ModelSpec(
        name,
        dataset.num_classes,
        dataset.channels,
        head=options.head,
        stem=options.stem,
        pretrained=options.pretrained,
        weights=Path(options.weights) if options.weights else None,
        image_size=dataset.image_size,
        code=code,
    )


def probe(
    settings: StudySettings, model: str, dataset: Dataset, threads: int, device: str
) -> PlannedSpeed:
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
        "model": [model, spec.head, spec.stem, *filter(None, [code_of(model)])],
        "shape": shape,
        "classes": dataset.num_classes,
        "optimizer": recipe.optimizer,
        "threads": threads,
        "device": device,
        "machine": asdict(machine()),
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
    rounded = {way: round(each, 3) for way, each in milliseconds.items()}
    return PlannedSpeed(speed.layout, speed.precision, rounded)


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """As many threads within the block as a cell has: sums depend on how they are divided."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
