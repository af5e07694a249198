"""The entry of a data set in a plan."""

from augury.data import Dataset, Progress, file_names
from augury.data.leakage.between_parts import dataset_duplicates
from augury.records.plan import Leakage, PlannedDataset

_PAIRS_TOLD = 20


def describe(dataset: Dataset, location: str, leakage: Leakage | None = None) -> PlannedDataset:
    """The entry of a data set in plan.json; leakage: None where it was not looked for."""
    return PlannedDataset(
        location=location,
        fingerprint=dataset.fingerprint,
        source=dataset.source,
        classes=dataset.classes,
        channels=dataset.channels,
        image_size=dataset.image_size,
        train=len(dataset.train),
        own_validation=dataset.validation is not None,
        test=len(dataset.test),
        notes=dataset.notes,
        set_aside=dataset.set_aside,
        leakage=leakage,
        stored_size=None if dataset.seen is None else dataset.stored_size,
        pictures=dataset.pictures is not None,
        split=dataset.split,
    )


def describe_leakage(dataset: Dataset, location: str, progress: Progress | None = None) -> Leakage:
    """Counts of test images that have a near-duplicate in the training part, and some of them."""
    found = dataset_duplicates(dataset, progress).train
    names = file_names(location) if found else {}
    told = [d for d in found[:_PAIRS_TOLD] if d.test_id in names and d.train_id in names]
    return Leakage(
        of=len(dataset.test),
        images=len(found),
        exact=sum(duplicate.exact for duplicate in found),
        mirrored=sum(duplicate.mirrored for duplicate in found),
        label_conflicts=sum(duplicate.labels_differ for duplicate in found),
        pairs=tuple((d.test_id, d.train_id) for d in found[:_PAIRS_TOLD]),
        files=tuple((names[d.test_id], names[d.train_id]) for d in told),
    )
