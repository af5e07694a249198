"""What a plan says of single test images: their files, and the groups that a table names."""

from dataclasses import dataclass, replace

from augury.data import Dataset, file_names
from augury.data.groups import read_groups
from augury.errors import DataError
from augury.records.plan import Groups, PlannedDataset

_NAMES_TOLD = 5


@dataclass(frozen=True)
class SingleImages:
    """files, groups: as `test_files` and `groups` of `PlannedDataset`."""

    files: tuple[tuple[int, str], ...]
    groups: Groups | None

    def added_to(self, planned: PlannedDataset) -> PlannedDataset:
        """`planned` with both."""
        return replace(planned, test_files=self.files, groups=self.groups)


def single_images(dataset: Dataset, location: str, groups: str) -> SingleImages:
    """What there is to say of a data set's test images; groups: the table, "" for none.

    Raises InputError and DataError as `planned_groups` does.
    """
    found = planned_groups(groups, location, dataset) if groups else None
    names = file_names(location)
    files = ((id, names[id]) for id in dataset.test.ids.tolist() if id in names)
    return SingleImages(tuple(files), found)


def planned_groups(text: str, location: str, dataset: Dataset) -> Groups:
    """The groups of a data set's test images by the table `text`.

    Raises InputError and DataError as `read_groups` does, and where no test image has a group.
    """
    parts = [part for part in (dataset.train, dataset.validation, dataset.test) if part]
    table = read_groups(text, location, {id for part in parts for id in part.ids.tolist()})
    ids = [id for id in dataset.test.ids.tolist() if id in table.of]
    names = sorted({table.of[id] for id in ids})
    if not names:
        raise DataError(f"groups: {text}: names a group for none of the test images")
    number = {name: place for place, name in enumerate(names)}
    return Groups(
        column=table.column,
        names=tuple(names),
        ids=tuple(ids),
        of=tuple(number[table.of[id]] for id in ids),
        ungrouped=len(dataset.test) - len(ids),
        unknown=len(table.unknown),
        unknown_names=table.unknown[:_NAMES_TOLD],
    )
