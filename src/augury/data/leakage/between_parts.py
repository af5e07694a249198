"""Duplicates between the parts of a data set, searched for once and kept in the cache folder.

They are kept as JSON in the folder `duplicates` of the cache, in a file named after the data's
fingerprint, so that all studies on the same images share it. Files are written atomically.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from augury.data.cache import writing
from augury.data.dataset import Dataset, Progress
from augury.data.leakage.between_groups import duplicates_between_groups
from augury.data.leakage.duplicates import Duplicate, find_duplicates
from augury.files import cache_folder, tell_remade, write_atomically
from augury.schema import read_as
from augury.seal import SEAL, read_sealed, sealed_json

DUPLICATES_VERSION = 1  # raise it when the search or the layout of a file changes


@dataclass(frozen=True)
class DatasetDuplicates:
    """Test images with a duplicate in the training part, and those with one in the validation part.

    validation: here `train_id` and `train_label` belong to a validation image; empty if the data
        set has no validation part
    """

    train: tuple[Duplicate, ...]
    validation: tuple[Duplicate, ...]


def dataset_duplicates(dataset: Dataset, progress: Progress | None = None) -> DatasetDuplicates:
    """Duplicates of all test images in the training part, and in the validation part, if any.

    Where groups are left out, of all images among those that are trained on when they are tested.
    Read from the cache if they are known; a damaged or outdated file is replaced.
    dataset: as `load_dataset` returns it, with a fingerprint
    Raises DiskError if the cache cannot be written.
    """
    path = cache_folder() / "duplicates" / f"{dataset.fingerprint}.json"
    known = _read(path)
    if known is not None:
        return known
    if path.exists():
        tell_remade(path)
    found = _searched(dataset, progress)
    with writing(path.parent):
        content = {"version": DUPLICATES_VERSION, **asdict(found)}
        write_atomically(path, sealed_json(content))
    return found


def _searched(dataset: Dataset, progress: Progress | None) -> DatasetDuplicates:
    if dataset.split:
        between = duplicates_between_groups(dataset.train, dataset.split, progress)
        return DatasetDuplicates(train=between, validation=())
    validation = dataset.validation
    return DatasetDuplicates(
        train=find_duplicates(dataset.train, dataset.test, progress),
        validation=find_duplicates(validation, dataset.test, progress) if validation else (),
    )


def _read(path: Path) -> DatasetDuplicates | None:
    try:
        content = read_sealed(path.read_bytes())
        if SEAL not in content or content["version"] != DUPLICATES_VERSION:
            return None
        parts = {"train": content["train"], "validation": content["validation"]}
        found: DatasetDuplicates = read_as(DatasetDuplicates, parts, str(path))
        return found
    except (OSError, ValueError, KeyError):
        return None
