"""Load the data sets of a study."""

from pathlib import Path

from augury.data import Dataset, Progress, labeled, load_dataset, whole_location
from augury.errors import InputError
from augury.study.planning.settings import StudySettings
from augury.study.planning.tell import Tell, told


def load_datasets(
    settings: StudySettings,
    data_dir: Path | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> dict[str, Dataset]:
    """By location: a name of `DATASETS`, or a whole path, so that a study goes on from any folder.

    data_dir: where named data sets are looked for first. Raises AuguryError for a data set that
    cannot be used, and where two have one name, or gives the error to `tell` and goes on.
    """
    found: dict[str, Dataset] = {}
    for name in settings.datasets:
        with told(tell, name):
            location = labeled(name, settings.labels)
            dataset = load_dataset(
                location, data_dir=data_dir, image_size=settings.image_size, progress=progress
            )
            if dataset.name in {other.name for other in found.values()}:
                raise InputError(
                    f"datasets: two are called {dataset.name!r}; rename one of their folders"
                )
            found[whole_location(location)] = dataset
    return found
