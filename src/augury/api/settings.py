"""The settings of a stored study, and how arms and seeds are added to settings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from augury.api.given import Arm, augmentation_names
from augury.augment import same_arm
from augury.data import data_title
from augury.data.folders.labels.names import without_labels
from augury.errors import InputError
from augury.inside import is_there
from augury.records.plan import Plan
from augury.study import StudyFolder, StudySettings
from augury.study.planning.settings import arm_name, changed_settings


def stored_settings(plan: Plan, where: str) -> StudySettings:
    """Those that the study was run with last; paths are whole, so that it goes on anywhere.

    Tables of labels stand in the location of their data set.

    where: the plan's file, for errors. Raises InputError where the settings name code that has not
    been confirmed.
    """
    settings = changed_settings(StudySettings(), plan.settings, where, typed=False)
    locations = {name: dataset.location for name, dataset in plan.datasets.items()}
    datasets = tuple(locations.get(data_title(name), name) for name in settings.datasets)
    told = any(without_labels(each)[1] for each in datasets)
    labels = () if told else settings.labels
    return replace(settings, name=plan.name, datasets=datasets, labels=labels)


def grown_settings(
    settings: StudySettings,
    datasets: Sequence[str],
    models: Sequence[str],
    augmentations: Sequence[str],
    chains: Mapping[str, object],
    seeds: int | None,
) -> StudySettings:
    """`settings` with what is added; what they have already stays where it is.

    seeds: how many in all. Raises InputError for fewer than there are.
    """
    if isinstance(seeds, int) and settings.seeds is not None and seeds < settings.seeds:
        raise InputError(f"seeds: is how many in all, at least {settings.seeds}, got {seeds}")
    arms = {same_arm(arm_name(arm)): arm for arm in settings.augmentations}
    arms |= {same_arm(arm_name(arm)): arm for arm in augmentations}
    changes = {
        "datasets": list(dict.fromkeys([*settings.datasets, *datasets])),
        "models": list(dict.fromkeys([*settings.models, *models])),
        "augmentations": list(arms.values()),
        "chains": {**settings.chains, **chains},
        # Named, as another arm could become the baseline of those that there are.
        "baseline": settings.baseline_arm,
        "seeds": seeds,
    }
    return changed_settings(settings, changes, "add", typed=True)


def searched_settings(
    settings: StudySettings,
    candidates: Arm | Sequence[Arm],
    options: Mapping[str, object],
    path: Path,
) -> StudySettings:
    """`settings` with the arms of a search: the baseline and the candidates.

    options: the budget; path: the study's folder, whose baseline it is where it holds a study.
    Raises InputError where the baseline is among the candidates.
    """
    arms, described = augmentation_names(candidates)
    baseline = settings.baseline or "none"
    if is_there(StudyFolder(path).plan_file):
        baseline = settings.baseline_arm
    if baseline in arms:
        raise InputError(f"search: {baseline} is the baseline, and no candidate")
    changes = {
        **options,
        "augmentations": [baseline, *arms],
        "baseline": baseline,
        "chains": {**settings.chains, **described},
    }
    return changed_settings(settings, changes, "search", typed=True)
