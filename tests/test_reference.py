"""The reference pages name every key and every field, with today's defaults."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from augury.records.cell import Cell, NetworkOptions
from augury.records.epochs import Epoch
from augury.records.evidence import (
    ArmEvidence,
    Budget,
    Corruptions,
    EqualTime,
    Evidence,
    InterquartileMean,
    Measured,
    Overall,
    Ranks,
    RunCounts,
)
from augury.records.failure import Failure
from augury.records.plan import Leakage, Plan, PlannedDataset, PlannedSpeed
from augury.records.provenance import Machine, Provenance, Resumed
from augury.records.recipe import Recipe
from augury.records.result import Learned, Result, RunSpeed, Score, TestScore
from augury.records.robustness import Robustness
from augury.records.search import Search, Step, Tried
from augury.records.set_aside import SetAside
from augury.records.verdicts import ArmVerdict, Trained, Verdicts
from augury.stats.rule import Rule
from augury.study import Confirmation, StudySettings, read_settings

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
STUDY_FILE = (REFERENCE / "study-file.md").read_text("utf-8")
FILES = (REFERENCE / "files.md").read_text("utf-8")


def section(heading: str) -> str:
    """What stands between this heading and the next."""
    return re.split(r"^## ", STUDY_FILE.split(f"\n## {heading}")[1], flags=re.MULTILINE)[0]


def documented(heading: str) -> dict[str, Any]:
    """Keys and defaults of a section's table; None for "not set"."""
    rows = re.findall(r"^\| `(\w+)` \| (not set|`.*?`) \|", section(heading), re.MULTILINE)
    return {
        key: None if told == "not set" else tomllib.loads(f"x = {told.strip('`')}")["x"]
        for key, told in rows
    }


def defaults(settings: Any, *without: str) -> dict[str, Any]:
    found = {f.name: getattr(settings, f.name) for f in fields(settings)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if name not in without
    }


@pytest.mark.parametrize(
    ("heading", "settings", "without"),
    [
        ("`[recipe]`", Recipe(), ()),
        ("`[network]`", NetworkOptions(), ()),
        ("`[rule]`", Rule(), ("looks", "design", "mixing", "batches", "part")),
    ],
)
def test_every_key_of_a_table_with_its_default(heading, settings, without):
    assert documented(heading) == defaults(settings, *without)


def test_every_key_of_the_study_with_its_default():
    tables = ("recipe", "network", "rule", "parameters", "chains")
    also_at_the_top = {name: getattr(Rule(), name) for name in ("min_difference", "metric")}
    # In no file: it follows from what is set.
    expected = defaults(StudySettings(), *tables, "left_to_auto") | also_at_the_top
    assert documented("The study") == expected
    assert all(f"## `[{table}" in STUDY_FILE for table in tables)


def test_the_examples_are_study_files(tmp_path):
    examples = re.findall(r"```toml\n(.*?)```", STUDY_FILE, re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        values = tomllib.loads(example)
        file = tmp_path / "study.toml"
        file.write_text(tomli_w.dumps(values))
        read_settings(file, None, {})


RECORDS = (
    *(Plan, PlannedDataset, PlannedSpeed, Leakage, SetAside, Cell, Rule),
    *(Result, Score, TestScore, Learned, RunSpeed, Provenance, Machine, Resumed),
    *(Epoch, Robustness, Failure, Verdicts, ArmVerdict, Trained, Search, Step, Tried),
    *(Evidence, ArmEvidence, RunCounts, Budget, Measured, Corruptions, EqualTime),
    *(Overall, Ranks, InterquartileMean, Confirmation),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_a_file_is_named(record):
    """The keys of rule and recipe are those of the study file."""
    named = set(re.findall(r"`(\w+)`", FILES + STUDY_FILE))
    assert {f.name for f in fields(record)} - {"saliency_revision"} <= named


def test_the_files_that_an_extension_touches_are_there():
    """Paths of src/augury and of tests, aside from those of the new thing itself."""
    page = (REFERENCE / "extending.md").read_text("utf-8")
    root = REFERENCE.parent.parent
    named = re.findall(r"`([\w/]+(?:\.py|/))`", page.split("## An augmentation")[0])
    assert len(named) > 20
    for path in named:
        if "NAME" not in path and path != "src/augury/":
            assert (root / path).exists() or (root / "src/augury" / path).exists(), path
