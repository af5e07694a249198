"""What the report says of runs that were not all made on the same."""

from pathlib import Path

import pytest

from augury.report import load_study
from augury.report.html import render
from helpers.html_page import Element, read_page, table_rows
from helpers.report_studies import edit, write_study

SAME = "All finished runs were made on one kind of machine with the same versions."
DIFFERENT = "The runs were made on different machines"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "s", arms=("none", "normal"), seeds=3, epochs=1)


def provenance(folder: Path) -> Element:
    return read_page(render(load_study(folder))).section("provenance")


def result(folder: Path, arm: str, seed: int) -> Path:
    (path,) = folder.glob(f"runs/*.{arm}.s{seed}.*/result.json")
    return path


def test_one_kind_of_machine(study: Path) -> None:
    section = provenance(study)
    assert SAME in section.text
    assert DIFFERENT not in section.text
    assert "went on" not in section.text


def test_different_ones_are_counted_and_only_what_differs_is_shown(study: Path) -> None:
    def elsewhere(values: dict) -> None:
        values["provenance"]["machine"] |= {"gpu": "<a GPU>", "memory_gb": 80, "platform": "other"}
        values["provenance"]["versions"]["torch"] = "2.14.1"

    def by_two(values: dict) -> None:
        values["provenance"]["processes"] = 2

    for seed in (0, 1):
        edit(result(study, "normal", seed), elsewhere)
    edit(result(study, "normal", 2), by_two)
    section = provenance(study)
    assert SAME not in section.text
    assert DIFFERENT in section.text
    table = section.all("table")[0]
    assert [cell.text for cell in table.all("thead")[0].all("th")] == [
        "gpu",
        "torch",
        "processes a run",
        "runs",
    ]
    assert table_rows(table) == [
        ["none", "2.15.0", "1", "3"],
        ["<a GPU>", "2.14.1", "1", "2"],
        ["none", "2.15.0", "2", "1"],
    ]


def test_a_run_that_went_on_elsewhere_is_named(study: Path) -> None:
    changed = {"torch": ["2.13.0", "2.15.0"], "gpu": [None, "a GPU"]}
    before = {"machine": {}, "versions": {}}
    entries = [
        {"epoch": 3, **before, "changed": changed},
        {"epoch": 5, **before, "changed": {"cores": [2, 4]}},
    ]
    edit(result(study, "none", 2), lambda values: values.update(resumed=entries))
    section = provenance(study)
    assert "1 run went on, after an interruption, on something else than before." in section.text
    (line,) = section.all("li")
    assert line.text == (
        "digits, small, none, seed 2: after epoch 3 with torch 2.15.0 instead of 2.13.0, "
        "gpu a GPU instead of none; after epoch 5 with cores 4 instead of 2"
    )
