"""A quantity has one value wherever it is shown: page, terminal, summary.csv and JSON files."""

import csv
import json
import re
import shutil
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from augury.records.plan import plan_of
from augury.report import load_study, verdict_table, words, write_report, write_summary
from augury.report.tables import mean_points
from augury.stats import Pair, Rule, weigh
from augury.study import StudyFolder, judge_study
from helpers.html_page import Element, read_page, table_rows
from helpers.report_studies import edit

ARMS = ("none", "normal", "random-erasing", "salience")


@pytest.fixture(scope="module")
def folder(digits_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6 seeds an arm, one of which was slowed, so that its means and medians differ."""
    folder = tmp_path_factory.mktemp("one") / "study"
    shutil.copytree(digits_study, folder)
    slowed = {"step_seconds": 0.6, "augment_seconds": 0.4, "seconds": 500.0}
    for path in folder.glob("runs/*.s3.*/result.json"):
        edit(path, lambda result: result.update(slowed))
    verdicts = (folder / "verdicts.json").read_bytes()
    judge_study(plan_of(folder), StudyFolder(folder))
    # Those of the fake study, as its runs kept no predictions to be judged by.
    (folder / "verdicts.json").write_bytes(verdicts)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Element:
    return read_page(write_report(load_study(folder)).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, dict[str, list[float]]]:
    """By arm and column, the values of all seeds."""
    with write_summary(load_study(folder)).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = ("test_accuracy", "validation_accuracy", "step_seconds", "augment_cost", "seconds")
    return {
        arm: {c: [float(row[c]) for row in rows if row["augmentation"] == arm] for c in columns}
        for arm in ARMS
    }


@pytest.fixture(scope="module")
def printed(folder: Path) -> list[str]:
    console = Console(width=80, force_terminal=False)
    with console.capture() as capture:
        console.print(verdict_table(load_study(folder)))
    return [line.strip() for line in capture.get().splitlines() if line.strip()]


def rows(page: Element, section: str, table: str) -> dict[str, list[str]]:
    """The cells of each arm's row after its name."""
    found = page.section(section).all("table", table)[0]
    return {row[0]: row[1:] for row in table_rows(found)}


def grid(page: Element) -> dict[str, dict[str, str]]:
    """By arm, the figures of "Accuracy and cost" by their names."""
    (table,) = page.section("grid").all("table")
    found = {}
    for row in table.all("tbody")[0].all("tr"):
        names, values = ([e.text for e in row.all(tag)] for tag in ("dt", "dd"))
        found[row.all("th")[0].text] = dict(zip(names, values, strict=True))
    return found


def all_numbers(page: Element) -> dict[str, list[str]]:
    """By arm, its row in "All the numbers behind the verdicts"."""
    (table,) = page.section("verdicts").all("table", "numbers")
    return {row[2]: row for row in table_rows(table)}


def test_the_test_accuracy(page, printed, summary) -> None:
    verdicts, equal = rows(page, "verdicts", "verdicts"), rows(page, "beside", "equal")
    cells = grid(page)
    terminal = {line.split()[0]: line.split()[1] for line in printed if line.startswith(ARMS)}
    for arm in ARMS:
        expected = words.fixed(float(np.mean([100 * x for x in summary[arm]["test_accuracy"]])))
        assert verdicts[arm][0] == terminal[arm] == equal[arm][0] == expected
        assert cells[arm]["test"].split(" ± ")[0] == expected


def test_the_validation_accuracy(page, summary) -> None:
    """Of the last epoch, which is the one that was tested."""
    for arm, cell in grid(page).items():
        expected = np.mean([100 * x for x in summary[arm]["validation_accuracy"]])
        assert cell["validation"] == words.fixed(float(expected))


def test_times_and_costs_are_medians_of_the_summary(folder, page, summary) -> None:
    budget, cells = rows(page, "beside", "budget"), grid(page)
    evidence = json.loads((folder / "evidence.json").read_text())["arms"]
    written = {arm["augmentation"]: arm["budget"] for arm in evidence}
    for arm in ARMS:
        medians = {name: statistics.median(values) for name, values in summary[arm].items()}
        assert abs(np.mean(summary[arm]["augment_cost"]) - medians["augment_cost"]) > 0.1
        cost = words.fixed(medians["augment_cost"]) + "×"
        step = words.step_time(medians["step_seconds"])
        assert budget[arm][2:5] == [words.duration(medians["seconds"]), step, cost]
        assert cells[arm]["cost"] == f"{cost} of none"
        assert cells[arm]["a step"] == step
        assert written[arm]["cost"] == pytest.approx(medians["augment_cost"], rel=1e-12)


def test_the_detectable_difference(folder, page, printed) -> None:
    """0.871 points: 0.88 in the verdict's words, in the table of all numbers, in the terminal."""
    shown = all_numbers(page)
    verdicts = rows(page, "verdicts", "verdicts")
    assert words.at_least(0.871) == "0.88"
    assert [shown[arm][11] for arm in ARMS[1:]] == ["0.88"] * 3
    assert "could have seen ≥ 0.88 points" in verdicts["normal"][-1]
    assert [line for line in printed if "≥" in line] == ["≥ 0.88"]


def test_differences_intervals_and_p(page, printed) -> None:
    numbers = all_numbers(page)
    answer = page.all("p", "answer")[0].text
    for arm, row in rows(page, "verdicts", "verdicts").items():
        if arm == "none":
            continue
        (line,) = (line for line in printed if line.split()[0] == arm)
        difference, low, high = re.findall(r"[+−]?\d+\.\d+", row[2])
        assert line.split()[2:6] == [difference, low, "to", high]
        assert line.split()[6] == row[3] == numbers[arm][6]
        assert difference == numbers[arm][4]
        if row[-1].startswith(("helps", "hurts")):
            assert f"by {difference.lstrip('+−')} points" in answer
            assert f"by {difference.lstrip('+−')} ±" in row[-1]


def test_the_difference_that_matters(page) -> None:
    text = page.section("verdicts").text
    assert len(re.findall(r"±0\.2 points", text)) == 2
    assert "at least 0.2 points" in text
    assert "0.20 points" not in text


@given(st.lists(st.integers(0, 400), min_size=2, max_size=12))
def test_a_mean_of_the_report_is_that_of_the_verdict_to_the_last_bit(right: list[int]) -> None:
    """Ties such as 95.975 fall on one side or the other with the last bit."""
    accuracies = np.array(right) / 400
    pair = Pair(tuple(range(len(right))), accuracies, accuracies)
    assert mean_points(accuracies.tolist()) == weigh(pair, Rule()).accuracy
