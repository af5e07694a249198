"""Divide a data set by the groups that a table names, so that whole groups are left out."""

from collections.abc import Mapping, Sequence

import numpy as np

from augury.data import Dataset
from augury.data.folders.labels.table import told
from augury.data.groups import FEWEST_GROUPS, GroupTable, read_groups
from augury.data.left_out import turns_of
from augury.data.location import file_names
from augury.errors import DataError, InputError
from augury.records.group_split import GroupSplit


def group_split(
    table: str, column: str, folds: int | None, location: str, dataset: Dataset
) -> GroupSplit:
    """How the groups in the column `column` of `table` divide the images of `dataset`.

    folds: in how many turns the groups are left out; None for one by one. Raises InputError and
    DataError, in one line, as `read_groups` does, and where the table's groups are in another
    column, images have no group, there are too few groups, or all images of a class would be left
    out together.
    """
    parts = [p for p in (dataset.train, dataset.validation, dataset.test) if p is not None]
    ids = [id for part in parts for id in part.ids.tolist()]
    labels = np.concatenate([part.labels for part in parts])
    found = read_groups(table, location, set(ids))
    _check_column(found, column)
    _check_all(found, ids, location)
    names = sorted(set(found.of.values()))
    number = {name: place for place, name in enumerate(names)}
    of = np.array([number[found.of[id]] for id in ids])
    _check_enough(names, column, folds)
    counts = np.zeros((len(names), dataset.num_classes), dtype=np.int64)
    np.add.at(counts, (of, labels), 1)
    split = GroupSplit(
        column=column,
        names=tuple(names),
        ids=tuple(ids),
        of=tuple(of.tolist()),
        counts=tuple(map(tuple, counts.tolist())),
        turns=turns_of(len(names), counts, folds),
    )
    _check_classes(split, dataset.classes)
    return split


def _check_column(found: GroupTable, column: str) -> None:
    if found.column != column:
        raise InputError(
            f"split_by: the groups are in the column {found.column!r}, not {column!r}; "
            f"say which column: --groups FILE.csv:IMAGES,{column}"
        )


def _check_all(found: GroupTable, ids: Sequence[int], location: str) -> None:
    """Raise DataError unless each image has a group: it could be of one that is left out."""
    without = sorted(id for id in ids if id not in found.of)
    if without:
        files: Mapping[int, str] = file_names(location)
        named = [files.get(id, f"image {id}") for id in without]
        raise DataError(
            f"split_by: {len(without):,} of {len(ids):,} images have no {found.column}: "
            f"{told(named)}; give each one its {found.column} in the table, or take it out"
        )


def _check_enough(names: Sequence[str], column: str, folds: int | None) -> None:
    if len(names) < FEWEST_GROUPS:
        raise DataError(
            f"split_by: at least {FEWEST_GROUPS} groups are needed to leave one out, and there are "
            f"{len(names)} in the column {column!r}: {told(names)}"
        )
    if folds is not None and folds > len(names):
        raise InputError(f"folds: must be at most the {len(names)} groups, got {folds}")


def _check_classes(split: GroupSplit, classes: Sequence[str]) -> None:
    """Raise DataError where nothing is left to learn a class from when its group is left out."""
    counts = np.array(split.counts)
    whole = counts.sum(axis=0)
    for turn in split.turns:
        lost = np.flatnonzero((counts[list(turn)].sum(axis=0) == whole) & (whole > 0))
        if len(lost):
            who = told([split.names[group] for group in turn])
            which = told([classes[k] for k in lost.tolist()])
            raise DataError(
                f"split_by: all images of {which} are of the {split.column} {who}: with it left "
                "out nothing would teach that class"
            )
