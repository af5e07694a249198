"""Make the plan of a study: its data sets, cells and speeds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from augury.data import Dataset, Progress
from augury.records.cell import Cell
from augury.records.numbers import Device
from augury.records.plan import Leakage, Plan, PlannedSpeed
from augury.records.provenance import Provenance
from augury.study.planning.arms import check_arms, check_color
from augury.study.planning.cells import make_cells
from augury.study.planning.describe import describe, describe_leakage
from augury.study.planning.networks import check_saliency, usable_pairs
from augury.study.planning.probe import probe_pairs
from augury.study.planning.settings import StudySettings
from augury.study.planning.single_images import single_images


def make_plan(
    settings: StudySettings,
    datasets: Mapping[str, Dataset],
    threads: int,
    device: Device,
    provenance: Provenance,
    progress: Progress | None = None,
    begun: Plan | None = None,
) -> Plan:
    """The plan of a new study, with measured speeds and counted near-duplicates.

    datasets: by location, as `load_datasets` returns them.
    begun: the plan of the study so far, whose arms are asked for again.
    Raises InputError where a table of groups cannot be used, a model or teacher cannot be built, or
    a new arm would change nothing, before anything is measured or trained.
    """
    images = {
        dataset.name: single_images(dataset, place, settings.groups)
        for place, dataset in datasets.items()
    }
    cells = make_cells(settings, datasets)
    pairs = usable_pairs(settings, datasets)
    arms = one_of_each_arm(cells)
    for dataset in datasets.values():
        of_dataset = [cell for cell in arms if cell.dataset == dataset.name]
        check_arms(of_dataset, dataset)
        check_color(of_dataset, dataset, begun)
        check_saliency(of_dataset, dataset)
    plan = assemble_plan(
        settings,
        datasets,
        cells,
        probe_pairs(settings, pairs, threads, device, progress),
        threads,
        device,
        provenance,
        {place: describe_leakage(each, place, progress) for place, each in datasets.items()},
    )
    planned = {name: images[name].added_to(each) for name, each in plan.datasets.items()}
    return replace(plan, datasets=planned)


def assemble_plan(
    settings: StudySettings,
    datasets: Mapping[str, Dataset],
    cells: Iterable[Cell],
    speed: Mapping[str, PlannedSpeed],
    threads: int,
    device: Device,
    provenance: Provenance,
    leakage: Mapping[str, Leakage] | None = None,
) -> Plan:
    """A plan of what is known already; nothing is measured.

    datasets, leakage: by location; speed: by "model on dataset", for every cell.
    """
    return Plan(
        name=settings.title,
        baseline=settings.baseline_arm,
        rule=replace(
            settings.rule, looks=settings.looks, design="race" if settings.race else "fixed"
        ),
        corruptions=settings.corruptions,
        # As plan.json will hold them.
        settings=json.loads(json.dumps(settings.to_dict())),
        datasets={
            dataset.name: describe(dataset, place, (leakage or {}).get(place))
            for place, dataset in datasets.items()
        },
        cells=tuple(cells),
        speed=dict(speed),
        threads=threads,
        device=device,
        provenance=provenance,
    )


def one_of_each_arm(cells: Iterable[Cell]) -> list[Cell]:
    """The first cell of each data set, model and augmentation, in the order of `cells`."""
    found: dict[tuple[str, str, str], Cell] = {}
    for cell in cells:
        found.setdefault((cell.dataset, cell.model, cell.augmentation), cell)
    return list(found.values())
