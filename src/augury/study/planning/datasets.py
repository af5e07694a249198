"""Load the data sets of a study."""

from dataclasses import replace
from pathlib import Path

from augury.data import Dataset, Progress, labeled, load_dataset, whole_location
from augury.data.stored_size import seen_of, sides_with_room
from augury.errors import InputError
from augury.records.plan import Plan, PlannedDataset
from augury.study.planning.arms import framing_arms
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
    data sets keep the size at which they are stored. Raises AuguryError for a data set that cannot
    be used, and where two have one name, or gives the error to `tell` and goes on.
    """
    found: dict[str, Dataset] = {}
    for name in settings.datasets:
        with told(tell, name):
            location = labeled(name, settings.labels)
            seen, stored = _sides(settings, location, begun, progress)
            dataset = _loaded(location, seen, stored, data_dir, progress)
            if dataset.name in {other.name for other in found.values()}:
                raise InputError(
                    f"datasets: two are called {dataset.name!r}; rename one of their folders"
                )
            found[whole_location(location)] = dataset
    return found


def planned_dataset(planned: PlannedDataset, data_dir: Path | None) -> Dataset:
    """The data set of a plan, at the sizes that it was planned with."""
    sides = planned.image_size, planned.stored_size
    return _loaded(planned.location, *sides, data_dir, None)


def _sides(
    settings: StudySettings, location: str, begun: Plan | None, progress: Progress | None
) -> tuple[int | None, int | None]:
    """(seen, stored) sides in pixels; None for what the data set suggests, and for the same."""
    seen, stored = settings.image_size, settings.stored_size
    if stored is not None:
        return seen or seen_of(stored), stored
    place = whole_location(location)
    for planned in begun.datasets.values() if begun else ():
        if planned.location == place and planned.stored_size is None:
            return seen, None
        if planned.location == place:
            return seen or planned.image_size, planned.stored_size
    return sides_with_room(location, seen, progress) if framing_arms(settings) else (seen, None)


def _loaded(
    location: str,
    seen: int | None,
    stored: int | None,
    data_dir: Path | None,
    progress: Progress | None,
) -> Dataset:
    side = seen if stored is None else stored
    dataset = load_dataset(location, data_dir=data_dir, image_size=side, progress=progress)
    if seen is None or dataset.stored_size == seen:
        return dataset
    return replace(dataset, seen=seen)
