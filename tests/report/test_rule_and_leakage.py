"""How a verdict is reached, the numbers behind it, and what is said of leaking test images."""

import json
from pathlib import Path

import pytest

from augury.report import load_study
from augury.report.html import render
from helpers.html_page import Element, read_page, table_rows
from helpers.report_studies import edit, write_study

LEAKAGE = {
    "images": 12,
    "exact": 3,
    "mirrored": 2,
    "label_conflicts": 1,
    "of": 500,
    "pairs": [[41, 7], [99, 1203]],
}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "s", arms=("none", "random-erasing"), epochs=1)


def read(folder: Path) -> Element:
    return read_page(render(load_study(folder)))


def with_rule(folder: Path, **changes: object) -> Element:
    edit(folder / "verdicts.json", lambda verdicts: verdicts["rule"].update(changes))
    return read(folder)


def rule_text(page: Element) -> str:
    return page.section("verdicts").all("details")[0].text


def test_every_threshold_is_the_one_of_the_file(study: Path) -> None:
    text = rule_text(
        with_rule(
            study,
            min_seeds=7,
            alpha=0.01,
            min_difference=0.35,
            min_probability=0.8,
            confidence=0.99,
            power=0.9,
        )
    )
    for expected in (
        "at least 7 paired seeds",
        "p < 0.01 after Holm’s correction",
        "beats a run without it is at least 0.8, and the lower end of that chance’s 99 % interval",
        "at least 0.35 points",
        "the 99 % interval that also counts the chance in the test images",
        "in 90 % of such studies, by all of the points above together",
        "both intervals lie within ±0.35 points",
    ):
        assert expected in text
    assert "95 %" not in text
    assert "looks" not in text


def test_the_confidence_is_named_wherever_an_interval_of_the_verdicts_is(study: Path) -> None:
    page = with_rule(study, confidence=0.9)
    verdicts = page.section("verdicts")
    assert "its line the 90 % interval" in verdicts.text
    assert "90 % interval" in [th.text for th in verdicts.all("th")]
    labels = [svg.attributes.get("aria-label", "") for svg in verdicts.all("svg")]
    assert any(", 90 % interval " in label for label in labels)
    assert "(90 % interval " in page.all("p", "answer")[0].text
    assert "95 %" not in verdicts.text + "".join(labels)


def test_looks_that_were_planned_are_told(study: Path) -> None:
    edit(study / "plan.json", lambda plan: plan["settings"].update(until_decided=True))
    text = rule_text(with_rule(study, looks=[6, 8, 10]))
    assert "judged more than once, at 6, 8 and 10 seeds" in text
    assert "corrected for all these looks together (Pocock’s design)" in text
    assert "An augmentation that is decided gets no more seeds." in text
    assert "after results had been seen" not in text


@pytest.mark.parametrize("settings", [{}, {"until_decided": False}])
def test_looks_that_were_not_planned_are_told_otherwise(study: Path, settings: dict) -> None:
    edit(study / "plan.json", lambda plan: plan["settings"].update(settings))
    text = rule_text(with_rule(study, looks=[6, 12]))
    assert "after results had been seen (looks at 6 and 12 seeds)" in text
    assert "corrected for that" in text
    assert "Pocock" not in text


def test_one_look_is_not_worth_a_word(study: Path) -> None:
    text = rule_text(with_rule(study, looks=[6]))
    assert "Pocock" not in text
    assert "had been seen" not in text


@pytest.mark.parametrize(("decided", "shown"), [(True, "yes"), (False, "no")])
def test_the_numbers_behind_a_verdict(study: Path, decided: bool, shown: str) -> None:
    edit(study / "verdicts.json", lambda v: v["comparisons"][0].update(decided=decided))
    table = read(study).section("verdicts").all("details")[1].all("table")[0]
    heads = [th.text for th in table.all("thead")[0].all("th")]
    (row,) = table_rows(table)
    values = dict(zip(heads, row, strict=True))
    (c,) = json.loads((study / "verdicts.json").read_text())["comparisons"]
    assert values["seeds"] == "6"
    assert values["decided"] == shown
    assert values["difference"] == f"{c['difference']:+.2f}".replace("-", "−")
    assert values["detectable"] == "0.88"


def data_text(folder: Path, leakage: dict | None) -> Element:
    edit(folder / "plan.json", lambda plan: plan["datasets"]["digits"].update(leakage=leakage))
    return read(folder)


def told_in_red(page: Element) -> str:
    (told,) = [e.text for e in page.section("data").all("dd", "bad") if "duplicate" in e.text]
    return told


def test_leaking_test_images_are_counted_in_red_and_at_the_top(study: Path) -> None:
    page = data_text(study, LEAKAGE)
    assert told_in_red(page) == (
        "12 of 500 test images have a near-duplicate in the training part (3 equal to the bit, "
        "2 mirrored, 1 under another label). All augmentations are tested on the same images, so "
        "their differences are less touched by it than their accuracies."
    )
    (alert,) = page.all("p", "alert")
    assert alert.text == (
        "12 of 500 test images have a near-duplicate in the training part of digits."
    )
    details = page.section("data").all("details")[1]
    assert details.all("summary")[0].text == "Some of the pairs that look alike"
    assert table_rows(details.all("table")[0]) == [["41", "7"], ["99", "1203"]]


def test_pairs_of_a_folder_are_told_by_their_files(study: Path) -> None:
    leakage = LEAKAGE | {"files": [["test/a/1.png", "train/a/9.png"], ["test/<b>.png", "x.png"]]}
    details = data_text(study, leakage).section("data").all("details")[1]
    assert table_rows(details.all("table")[0]) == [
        ["test/a/1.png", "train/a/9.png"],
        ["test/<b>.png", "x.png"],
    ]


def test_kinds_that_are_not_there_are_not_named(study: Path) -> None:
    leakage = LEAKAGE | {"images": 1, "exact": 0, "mirrored": 0, "label_conflicts": 0}
    assert told_in_red(data_text(study, leakage)).startswith(
        "1 of 500 test images has a near-duplicate in the training part. All augmentations"
    )


@pytest.mark.parametrize(
    ("leakage", "expected"),
    [
        (
            LEAKAGE | {"images": 0, "exact": 0, "mirrored": 0, "label_conflicts": 0, "pairs": []},
            "no near-duplicates of test images were found in the training part",
        ),
        (None, "not looked for"),
    ],
)
def test_no_leak_and_no_look_are_told_apart(
    study: Path, leakage: dict | None, expected: str
) -> None:
    page = data_text(study, leakage)
    words = [e.text for e in page.section("data").all("dd") if "bad" not in e.classes]
    assert expected in words
    assert not page.all("p", "alert")


def test_a_plan_of_an_earlier_version_did_not_look(study: Path) -> None:
    edit(study / "plan.json", lambda plan: plan["datasets"]["digits"].pop("leakage"))
    assert "leakage not looked for" in read(study).section("data").text.replace("\n", " ")
