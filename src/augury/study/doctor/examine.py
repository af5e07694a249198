"""The whole examination of a study."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from augury.data import Progress
from augury.errors import InputError
from augury.records.plan import PlannedSpeed
from augury.records.provenance import Machine
from augury.stats import Pair
from augury.study.doctor.color import color_notices
from augury.study.doctor.costing import study_costs
from augury.study.doctor.costs import Costs
from augury.study.doctor.data import examine_data
from augury.study.doctor.groups import group_notices
from augury.study.doctor.learning import learning_notices
from augury.study.doctor.left_out import left_out_notices
from augury.study.doctor.notice import LEVELS, Notice
from augury.study.doctor.opening import Opened, open_for_examination
from augury.study.doctor.power import (
    Power,
    Spread,
    assumed_spread,
    class_unevenness,
    measured_spread,
    seed_notices,
    study_power,
)
from augury.study.doctor.storage import Views, examine_storage
from augury.study.engines import LOCAL, Engine
from augury.study.judging.pairs import FinishedRuns, make_pair, read_finished
from augury.study.opening import workload
from augury.study.planning.fitting import reasons
from augury.study.planning.parts import count_classes
from augury.study.planning.plan import one_of_each_arm
from augury.study.planning.recipes import recipe_words
from augury.study.planning.settings import StudySettings
from augury.study.provenance import machine


@dataclass(frozen=True)
class Setup:
    """What a study runs on.

    device: "cpu", "cuda", "cuda:1" or "mps"; threads: of each cell; workers: cells at once.
    speed: by "model on data set", the layout and precision, and what those measured take.
    device_from: why this device: it is "named" by the settings, what the study has "begun" on, or
        the default of "auto".
    """

    facts: Machine
    device: str
    threads: int
    workers: int
    speed: dict[str, PlannedSpeed]
    device_from: Literal["named", "begun", "auto"] = "auto"


@dataclass(frozen=True)
class Diagnosis:
    """All that the doctor says of a study.

    findings: problems first; costs: None where nothing can be run; power: by data set, without
    those of which no test applies; recipe: in words, the named one that is nearest and what
    differs; recipe_why: why `auto` has taken it, "" where it has not
    """

    study: str
    findings: tuple[Notice, ...]
    machine: Setup
    costs: Costs | None
    power: tuple[Power, ...]
    recipe: str = ""
    recipe_why: str = ""

    @property
    def problems(self) -> int:
        """How many of the findings are problems."""
        return sum(notice.level == "problem" for notice in self.findings)


def examine(
    settings: StudySettings,
    *,
    path: Path | None = None,
    data_dir: Path | None = None,
    engine: Engine = LOCAL,
    spread: float | None = None,
    progress: Progress | None = None,
) -> Diagnosis:
    """Examine data, costs, machine and power of a study; train nothing, write nothing in `path`.

    path: the study's folder, which may be there already; engine: what will run the cells.
    spread: standard deviation of paired differences in points, over 0 and at most 100; by default
        that of finished runs, or else an assumption.
    The caches (decoded data, duplicates, speeds, fetched weights) are filled as by the study.
    Raises InputError for another spread, and for code that the user has not confirmed.
    """
    if spread is not None:
        _check_spread(spread)
    opened = open_for_examination(settings, path, data_dir, engine, progress)
    settings = replace(settings, recipe=opened.recipe, left_to_auto=())
    notices = list(opened.notices)
    views = Views.of(settings)
    for name, dataset in opened.datasets.items():
        location = opened.plan.datasets[name].location
        rule = settings.rule
        notices += examine_data(
            dataset, settings.recipe, rule.min_difference, progress, location, rule.metric
        )
        notices += group_notices(dataset, location, settings.groups)
        seeds = max(settings.most_seeds, opened.plan.seeds)
        notices += left_out_notices(dataset, settings.recipe.validation, seeds)
        notices += examine_storage(dataset, location, views, progress)
    device, threads, speed = opened.plan.device, opened.plan.threads, opened.plan.speed
    waiting = max(1, len(opened.pending()))
    at_once = 1  # where no data set can be loaded
    if opened.datasets:
        at_once = engine.cells_at_once(workload(device, waiting, settings, opened.datasets))
    notices += color_notices(opened)
    costs = study_costs(opened, settings, path or Path.cwd(), at_once, notices, progress)
    finished = _finished(opened, notices)
    notices += learning_notices(opened.plan, finished)
    power = tuple(_power(opened, settings, spread, finished if spread is None else {}, notices))
    return Diagnosis(
        study=settings.title,
        findings=tuple(sorted(notices, key=lambda notice: LEVELS.index(notice.level))),
        machine=Setup(machine(), device, threads, at_once, speed, _device_from(settings, opened)),
        costs=costs,
        power=power,
        recipe=recipe_words(opened.recipe),
        recipe_why=reasons(opened.plan) if opened.plan.cells else "",
    )


def _device_from(settings: StudySettings, opened: Opened) -> Literal["named", "begun", "auto"]:
    if settings.device != "auto":
        return "named"
    return "begun" if opened.folder else "auto"


def _check_spread(points: float) -> None:
    if not points > 0:
        raise InputError(f"spread: must be over 0 points, got {points}")
    if points > 100:
        raise InputError(f"spread: must be at most 100 points, got {points}")


def _power(
    opened: Opened,
    settings: StudySettings,
    given: float | None,
    finished: FinishedRuns,
    notices: list[Notice],
) -> Iterator[Power]:
    """What the comparisons of each data set can show; notices of seeds are added."""
    plan = opened.plan
    seeds = max(settings.most_seeds, plan.seeds)
    comparisons = _count_comparisons(opened, settings)
    notices += seed_notices(seeds, comparisons, plan.rule)
    for name in opened.datasets:
        pairs = _pairs(finished, name, plan.baseline, plan.rule.metric)
        measured = measured_spread(pairs, plan.rule.metric)
        spread = measured or _assumed(opened, settings, name, given)
        if power := study_power(name, seeds, comparisons, spread, plan.rule):
            yield power


def _count_comparisons(opened: Opened, settings: StudySettings) -> int:
    """Holm's family: of the plan, or as asked for where data or models could not be used."""
    arms = one_of_each_arm(opened.plan.cells)
    planned = sum(arm.augmentation != opened.plan.baseline for arm in arms)
    asked = len(settings.datasets) * len(settings.models) * (len(settings.augmentations) - 1)
    return max(planned, asked)


def _finished(opened: Opened, notices: list[Notice]) -> FinishedRuns:
    """The finished runs of the study; none where one of them cannot be read."""
    if opened.folder is None:
        return {}
    try:
        return read_finished(opened.plan.cells, opened.folder)
    except InputError as error:
        notices.append(Notice("problem", "folder", "results", 1, str(error)))
        return {}


def _pairs(finished: FinishedRuns, dataset: str, baseline: str, metric: str) -> list[Pair]:
    """Each arm of a data set with its baseline, where both have finished runs."""
    return [
        make_pair(runs, finished[name, model, baseline], metric)
        for (name, model, arm), runs in finished.items()
        if name == dataset and arm != baseline and (name, model, baseline) in finished
    ]


def _assumed(opened: Opened, settings: StudySettings, name: str, given: float | None) -> Spread:
    try:
        parts = count_classes(opened.datasets[name], settings.recipe)
    except InputError:  # a notice says so already
        return assumed_spread(given, 0)
    uneven = class_unevenness(opened.plan.rule.metric, parts.test)
    return assumed_spread(given, parts.totals[0], uneven)
