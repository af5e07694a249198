"""The duplicates of a data set between its parts, looked for once and kept in the cache folder.

A file of the cache folder's `duplicates` is JSON, named after the data's fingerprint, so that every
study on the same images shares it. It appears whole or not at all.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from augury.data.cache import cache_folder, writing
from augury.data.dataset import Dataset, Progress
from augury.data.leakage.duplicates import Duplicate, find_duplicates
from augury.files import tell_remade, write_atomically
from augury.schema import read_as
from augury.seal import SEAL, read_sealed, sealed_json

DUPLICATES_VERSION = 1  # to be raised whenever others are found or the layout of a file changes


@dataclass(frozen=True)
class Leakage:
    """Test images with a duplicate in the training part, and those with one in the validation part.

    validation: `train_id` and `train_label` are of a validation image; empty where the data set has
        no validation part of its own
    """

    train: tuple[Duplicate, ...]
    validation: tuple[Duplicate, ...]


def dataset_duplicates(dataset: Dataset, progress: Progress | None = None) -> Leakage:
    """What `find_duplicates` finds of the whole test part in the whole training part.

    Also in the validation part, where the data set brings one. Taken from the cache folder where
    it is known; a damaged file, or one of an earlier version, is made anew.
    dataset: as `load_dataset` returns it, so with a fingerprint
    Raises DiskError where the cache cannot be written.
    """
    path = cache_folder() / "duplicates" / f"{dataset.fingerprint}.json"
    known = _read(path)
    if known is not None:
        return known
    if path.exists():
        tell_remade(path)
    validation = dataset.validation
    found = Leakage(
        train=find_duplicates(dataset.train, dataset.test, progress),
        validation=find_duplicates(validation, dataset.test, progress) if validation else (),
    )
    with writing(path.parent):
        content = {"version": DUPLICATES_VERSION, **asdict(found)}
        write_atomically(path, sealed_json(content))
    return found


def _read(path: Path) -> Leakage | None:
    try:
        content = read_sealed(path.read_bytes())
        if SEAL not in content or content["version"] != DUPLICATES_VERSION:
            return None
        parts = {"train": content["train"], "validation": content["validation"]}
        found: Leakage = read_as(Leakage, parts, str(path))
        return found
    except (OSError, ValueError, KeyError):
        return None
