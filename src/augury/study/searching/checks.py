"""What speaks against a search, in one line, before anything is written or trained."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

from augury.data import Progress
from augury.errors import InputError
from augury.records.plan import Plan
from augury.records.search import Search
from augury.study.planning.arms import check_arms, check_color
from augury.study.planning.cells import make_cells
from augury.study.planning.datasets import load_datasets
from augury.study.planning.settings import StudySettings
from augury.study.racing.reach import least_seeds
from augury.study.searching.choosing import combined


def candidates_of(settings: StudySettings) -> tuple[str, ...]:
    """The arms of a search but its baseline, in the order in which they are named."""
    return tuple(arm for arm in settings.augmentations if arm != settings.baseline_arm)


def check_asked(settings: StudySettings) -> None:
    """Raise InputError where the settings are none of a search."""
    candidates = candidates_of(settings)
    if len(candidates) < 2:
        raise InputError(
            f"search: needs two candidates or more besides the baseline {settings.baseline_arm}, "
            f"got {', '.join(candidates) or 'none'}"
        )
    least = least_seeds(len(candidates), settings.rule)
    if settings.max_seeds < least:
        raise InputError(
            f"max_seeds: {settings.max_seeds} can decide nothing; a step with {len(candidates)} "
            f"arms decides none before {least} seeds, however large a difference is"
        )
    for name, values in (("data set", settings.datasets), ("model", settings.models)):
        if len(values) > 1:
            raise InputError(f"search: is made on one {name}, got {', '.join(values)}")
    if settings.split_by:
        raise InputError(
            "split_by: each image is tested at some seed, so that a search would choose on images "
            "that its test is made on; leave split_by out"
        )
    if not settings.race:
        name = "until_decided" if settings.until_decided else "seeds"
        raise InputError(
            f"{name}: a search adds seeds as they are needed, up to max_seeds; leave {name} out"
        )


def check_begun(begun: Search, settings: StudySettings, path: Path) -> None:
    """Raise InputError where the folder holds a search among other candidates."""
    asked = (settings.baseline_arm, *candidates_of(settings))
    if (begun.baseline, *begun.candidates) != asked:
        raise InputError(
            f"search: {path} holds one among {', '.join(begun.candidates)} from {begun.baseline}, "
            f"and cannot go on with {', '.join(asked[1:])} from {asked[0]}; "
            "another search needs a folder of its own (--out)"
        )


def check_possible(
    settings: StudySettings,
    study: Plan | None,
    data_dir: Path | None,
    progress: Progress | None = None,
) -> None:
    """Raise InputError where there is no validation part, or two candidates cannot be combined.

    study: the plan of the study that is there, None for a new one.
    """
    candidates = candidates_of(settings)
    pairs = [combined(candidates, pair) for pair in combinations(candidates, 2)]
    named = [*settings.augmentations, *pairs, combined(candidates, candidates)]
    # Building each checks its name.
    asked = replace(settings, augmentations=tuple(dict.fromkeys(named)))
    datasets = load_datasets(asked, data_dir, progress, begun=study)
    for dataset in datasets.values():
        if dataset.validation is None and settings.recipe.validation == 0:
            raise InputError(
                "search: chooses on validation images, and validation = 0 leaves none of "
                f"{dataset.name}"
            )
        cells = make_cells(asked, datasets, range(1))
        check_arms(cells, dataset)
        check_color(cells, dataset, study)
