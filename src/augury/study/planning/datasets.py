"""Load the data sets of a study."""

from dataclasses import replace
from pathlib import Path

from augury.data import Dataset, Progress, labeled, load_dataset, whole_location
from augury.data.left_out import with_groups
from augury.data.stored_size import are_longer, seen_of, sides_with_room
from augury.errors import InputError
from augury.records.plan import Plan, PlannedDataset
from augury.study.planning.arms import framing_arms, picture_arms
from augury.study.planning.group_split import group_split
from augury.study.planning.settings import StudySettings
from augury.study.planning.tell import Tell, told


def load_datasets(
    settings: StudySettings,
    data_dir: Path | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
    begun: Plan | None = None,
) -> dict[str, Dataset]:
    """By location: a name of `DATASETS`, or a whole path, so that a study goes on from any folder.

    data_dir: where named data sets are looked for first; begun: the plan of the study so far, whose
    data sets keep the size at which they are stored, and what is stored of them. Raises AuguryError
    for a data set that cannot
    be used, and where two have one name, or gives the error to `tell` and goes on.
    """
    found: dict[str, Dataset] = {}
    for name in settings.datasets:
        with told(tell, name):
            location = labeled(name, settings.labels)
            seen, stored = _sides(settings, location, begun, progress)
            whole = _whole(settings, location, begun, progress)
            dataset = _loaded(location, seen, stored, whole, data_dir, progress)
            if settings.split_by:
                by, folds = settings.split_by, settings.folds
                split = group_split(settings.groups, by, folds, location, dataset)
                dataset = with_groups(dataset, split)
            if dataset.name in {other.name for other in found.values()}:
                raise InputError(
                    f"datasets: two are called {dataset.name!r}; rename one of their folders"
                )
            found[whole_location(location)] = dataset
    return found


def planned_dataset(planned: PlannedDataset, data_dir: Path | None) -> Dataset:
    """The data set of a plan, at the sizes that it was planned with."""
    sides = planned.image_size, planned.stored_size
    dataset = _loaded(planned.location, *sides, planned.pictures, data_dir, None)
    return with_groups(dataset, planned.split) if planned.split else dataset


def _sides(
    settings: StudySettings, location: str, begun: Plan | None, progress: Progress | None
) -> tuple[int | None, int | None]:
    """(seen, stored) sides in pixels; None for what the data set suggests, and for the same."""
    seen, stored = settings.image_size, settings.stored_size
    if stored is not None:
        return seen or seen_of(stored), stored
    planned = _begun_with(location, begun)
    if planned and planned.stored_size is None:
        return seen, None
    if planned:
        return seen or planned.image_size, planned.stored_size
    return sides_with_room(location, seen, progress) if framing_arms(settings) else (seen, None)


def _whole(
    settings: StudySettings, location: str, begun: Plan | None, progress: Progress | None
) -> bool:
    """Whether pictures are kept beyond their center squares: where an arm cuts its view from them.

    A study that has begun keeps what it began with, so that its arms stay comparable. Whole
    pictures are kept of the training part alone, so that groups are divided without them.
    """
    if settings.split_by:
        return False
    planned = _begun_with(location, begun)
    if planned:
        return planned.pictures
    return bool(picture_arms(settings)) and are_longer(location, progress)


def _begun_with(location: str, begun: Plan | None) -> PlannedDataset | None:
    place = whole_location(location)
    planned = begun.datasets.values() if begun else ()
    return next((each for each in planned if each.location == place), None)


def _loaded(
    location: str,
    seen: int | None,
    stored: int | None,
    whole: bool,
    data_dir: Path | None,
    progress: Progress | None,
) -> Dataset:
    side = seen if stored is None else stored
    dataset = load_dataset(
        location, data_dir=data_dir, image_size=side, whole=whole, progress=progress
    )
    if seen is None or dataset.stored_size == seen:
        return dataset
    return replace(dataset, seen=seen)
