"""plan.json: the cells of a study and their common settings, fixed before training starts."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from augury.errors import InputError
from augury.names import shown
from augury.records.cell import Cell
from augury.records.group_split import GroupSplit
from augury.records.json_file import known_schema, read_json, record_from, to_values, write_json
from augury.records.numbers import Count, Device, Layout, Precision, Seconds
from augury.records.provenance import Provenance
from augury.records.rule import rule_values
from augury.records.set_aside import SetAside
from augury.schema import Within, read_as
from augury.stats.rule import Rule

SCHEMA = 2


@dataclass(frozen=True)
class Leakage:
    """Test images that have a near-duplicate in the training part, `images` out of `of`.

    Of these, `exact` have an identical duplicate, `mirrored` a mirrored one, and `label_conflicts`
    one with another label. pairs: some of them, as (test id, training id); files: their paths, if
    the data set is a folder or archive.
    """

    of: Count
    images: Count
    exact: Count
    mirrored: Count
    label_conflicts: Count
    pairs: tuple[tuple[int, int], ...]
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Groups:
    """The groups that a table names for the test images, as cameras, sites or subjects.

    column: of the table, what the groups are; names: each once, sorted; ids, of: test images that
    have a group, and the place of each one's group in `names`; ungrouped: how many have none;
    unknown: how many names in the table are no image, a few of them in `unknown_names`.
    """

    column: str
    names: tuple[str, ...]
    ids: tuple[Count, ...]
    of: tuple[Count, ...]
    ungrouped: Count
    unknown: Count = 0
    unknown_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.of) or max(self.of, default=-1) >= len(self.names):
            raise InputError(f"groups: one of {len(self.names)} for each id is needed")


@dataclass(frozen=True)
class PlannedDataset:
    """A data set when the study was planned. train, test: numbers of images.

    location: the name or path to load it from; image_size: side of what networks see, pixels;
    own_validation: whether it has a validation part; leakage: None if it was not searched for;
    stored_size: side of the images where they are stored larger than `image_size`, else None;
    test_files: the test images' ids and paths inside a folder or archive, empty for other data and
    in plans of earlier versions; groups: None where none were given;
    pictures: whether they are stored beyond their center squares, too; split: how all images, which
    `train` and `test` both count, are divided by their groups, None where there are parts
    """

    location: str
    fingerprint: str
    source: str
    classes: tuple[str, ...]
    channels: Annotated[int, Within(1, 3)]
    image_size: Annotated[int, Within(1, 100_000)]
    train: Count
    own_validation: bool
    test: Count
    notes: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    leakage: Leakage | None = None
    stored_size: Annotated[int, Within(1, 100_000)] | None = None
    test_files: tuple[tuple[int, str], ...] = ()
    groups: Groups | None = None
    pictures: bool = False
    split: GroupSplit | None = None


@dataclass(frozen=True)
class PlannedSpeed:
    """The layout and precision of all runs of a model on a data set.

    milliseconds: measured per training step, by "layout precision"; empty where nothing was
        measured.
    named: which of "layout" and "precision" the study named; the rest was measured, or is the
        default.
    short: whether nothing was compared because the study is shorter than measuring would be.
    """

    layout: Layout
    precision: Precision
    milliseconds: dict[str, Seconds]
    named: tuple[str, ...] = ()
    short: bool = False


@dataclass(frozen=True)
class Plan:
    """A study: its cells, and what all of them have in common.

    rule: the rule of its verdicts, with the looks that were planned or taken; corruptions: number
    of corrupted test images for each network; settings: as the user gave them; datasets: by name;
    speed: by "model on dataset"; threads: per cell; device: "cpu", "cuda",
    "cuda:1" or "mps".
    """

    name: str
    baseline: str
    rule: Rule
    corruptions: Count
    settings: dict[str, Any]
    datasets: dict[str, PlannedDataset]
    cells: tuple[Cell, ...]
    speed: dict[str, PlannedSpeed]
    threads: Annotated[int, Within(1, 100_000)]
    device: Device
    provenance: Provenance

    def __post_init__(self) -> None:
        for cell in self.cells:
            if cell.dataset not in self.datasets:
                raise InputError(f"cells: {cell.name} is of a data set that is not in datasets")
            if pair_name(cell) not in self.speed:
                raise InputError(f"cells: {cell.name} has no entry in speed")

    @property
    def seeds(self) -> int:
        """How many seeds the arm with the most of them has."""
        return len({cell.seed for cell in self.cells})

    @property
    def first_seed(self) -> int:
        """The lowest seed of the study; 0 in plans of earlier versions."""
        return int(self.settings.get("first_seed", 0))

    def speed_of(self, cell: Cell) -> PlannedSpeed:
        """The layout and precision that all arms of this model and data set use."""
        return self.speed[pair_name(cell)]

    def milliseconds(self, cell: Cell) -> float:
        """The measured time of a training step without augmentation; 1 if it is unknown."""
        speed = self.speed_of(cell)
        return speed.milliseconds.get(f"{speed.layout} {speed.precision}", 1.0)


def pair_name(cell: Cell) -> str:
    """The key of a cell's model and data set in `Plan.speed`."""
    return f"{cell.model} on {cell.dataset}"


def plan_of(folder: Path) -> Plan:
    """The plan of the study in `folder`; InputError, saying what is there, if there is none."""
    path = folder / "plan.json"
    # The functions of os.path never raise, for any path.
    if os.path.exists(path):
        return read_plan(path)
    if os.path.isdir(folder):
        there = "plan.json is missing"
    else:
        there = "it is a file" if os.path.exists(folder) else "there is no such folder"
    raise InputError(f"{folder}: no study here ({there})")


def read_plan(path: Path) -> Plan:
    """The plan in a file; InputError if it is missing or damaged.

    Stored names of cells must be those that follow from their fields, so that no name can lead to
    another folder.
    """
    values = read_json(path)
    if known_schema(values, (1, SCHEMA), path) == 1:
        # Schema 1 had the default rule, and no corrupted images.
        values["rule"] = {"min_difference": values.pop("min_difference", None)}
        values["corruptions"] = 0
    cells = read_as(list[dict[str, Any]], values.get("cells"), f"{path}: cells")
    unnamed = [{k: v for k, v in cell.items() if k != "name"} for cell in cells]
    plan = record_from(Plan, {**values, "cells": unnamed}, path)
    for cell, told in zip(plan.cells, cells, strict=True):
        name = told.get("name", cell.name)
        if name != cell.name:
            raise InputError(f"{path}: {shown(name)} is no name of a run: it is {cell.name}")
    return plan


def write_plan(path: Path, plan: Plan) -> None:
    """Write `plan` atomically."""
    values = to_values(replace(plan, cells=())) | {"rule": rule_values(plan.rule)}
    write_json(path, {"schema": SCHEMA, **values, "cells": [cell.to_json() for cell in plan.cells]})
