"""Find the fastest layout and precision of each model on each data set."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import torch

from augury.cores import usable_cores
from augury.data import Dataset, Progress, cache_folder
from augury.errors import InputError
from augury.kernels.threads import limited_threads
from augury.models import build_model, code_of
from augury.records.cell import Cell
from augury.records.numbers import Device
from augury.records.plan import Plan, PlannedSpeed
from augury.records.recipe import Recipe
from augury.study.planning.networks import model_spec
from augury.study.planning.parts import count_trained, steps_of_run
from augury.study.planning.settings import USUAL_SEEDS, StudySettings
from augury.study.planning.tell import Tell, told
from augury.study.provenance import machine
from augury.training.device import current_device
from augury.training.network import ALL_SPEEDS, Speed
from augury.training.probe import SECONDS_EACH, fastest, measure_speeds, remembered_speeds

# The steps that are measured are at most this share of those that will be trained.
_SHARE = 0.05


def training_speed(plan: Plan, cell: Cell) -> Speed:
    """The layout and precision that all arms of this model and data set use."""
    planned = plan.speed_of(cell)
    return Speed(planned.layout, planned.precision)


def probe_pairs(
    settings: StudySettings,
    pairs: Sequence[tuple[str, Dataset]],
    threads: int,
    device: Device,
    progress: Progress | None = None,
    tell: Tell | None = None,
    measure_named: bool = False,
) -> dict[str, PlannedSpeed]:
    """The way of each model on its data set, by "model on dataset", as `probe` finds it.

    Raises AuguryError where a model cannot take the images, or gives it to `tell` and goes on.
    """
    found = {}
    for done, (model, dataset) in enumerate(pairs):
        if progress:
            progress(done, len(pairs), "finding the fastest layout and precision")
        pair = f"{model} on {dataset.name}"
        with told(tell, pair):
            found[pair] = probe(settings, model, dataset, threads, device, measure_named)
    return found


def probe(
    settings: StudySettings,
    model: str,
    dataset: Dataset,
    threads: int,
    device: str,
    measure_named: bool = False,
) -> PlannedSpeed:
    """The fastest layout and precision, with the milliseconds that a step takes in each way.

    Of these, what the settings name is not chosen any more. Where they name both, nothing is
    measured, unless `measure_named`: two images are tried. So it is, with the default for the
    rest, where the study trains less than twenty times what measuring would take. What was measured
    before on this machine is read from the cache folder. Raises InputError where the model cannot
    be trained so.
    """
    named, ways = named_speeds(settings)
    # Weights make no difference to speed, and may have to be fetched.
    options = replace(settings.network, pretrained=False, weights=None)
    spec = model_spec(model, options, dataset)
    recipe: Recipe = settings.recipe
    # As training makes the batches: no larger than the images that there are.
    own, split = dataset.validation is not None, dataset.split
    images = count_trained(len(dataset.train), dataset.num_classes, own, recipe, split)
    batch_size = max(2, min(recipe.batch_size, images))
    most = measured_steps(settings, steps_of_run(images, recipe), threads, device) // len(ways)
    if short := len(ways) > 1 and most < 2:  # the first step of each way is no measure
        ways = ways[:1]
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

    if recipe.freeze != "none":
        identity["freeze"] = recipe.freeze
    if len(ways) < len(ALL_SPEEDS):
        identity["ways"] = [str(way) for way in ways]

    def measure(images: int = batch_size, seconds: float = SECONDS_EACH) -> dict[str, float]:
        on, sizes = torch.device(device), (images, *shape[1:])
        try:
            with limited_threads(threads), current_device(on):
                return measure_speeds(
                    lambda: build_model(spec, 0),
                    sizes,
                    dataset.num_classes,
                    recipe,
                    on,
                    ways,
                    seconds,
                    max(1, most - 1),
                )
        except InputError as error:
            raise InputError(f"{model} on {dataset.name}: {error}") from error

    if len(ways) == 1 and not measure_named:
        if ways[0] != Speed():  # in which every network runs
            measure(images=2, seconds=0)
        return PlannedSpeed(ways[0].layout, ways[0].precision, {}, named, short)
    milliseconds = remembered_speeds(cache_folder() / "speeds.json", identity, measure)
    speed = fastest(milliseconds)
    rounded = {way: round(each, 3) for way, each in milliseconds.items()}
    return PlannedSpeed(speed.layout, speed.precision, rounded, named, short)


def measured_steps(settings: StudySettings, steps_a_run: int, threads: int, device: str) -> int:
    """How many steps of one model on one data set may be measured before its runs begin."""
    at_once = max(1, usable_cores() // threads) if device == "cpu" else 1
    runs = len(settings.augmentations) * (settings.seeds or USUAL_SEEDS)
    return int(_SHARE * runs * steps_a_run / at_once)


def named_speeds(settings: StudySettings) -> tuple[tuple[str, ...], tuple[Speed, ...]]:
    """Which of layout and precision the settings name, and the ways that this leaves."""
    asked = {"layout": settings.layout, "precision": settings.precision}
    named = {name: value for name, value in asked.items() if value != "auto"}
    ways = (each for each in ALL_SPEEDS if vars(each) | named == vars(each))
    return tuple(named), tuple(ways)
