"""The four words of a race, and what pairing gained, in the terminal, report.md and the page."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from augury.records.verdicts import Trained
from augury.report import load_study, verdict_table, words
from augury.report.html import render
from augury.report.markdown import markdown
from helpers.html_page import read_page
from helpers.report_studies import edit, write_study

SAID = {
    "normal": ("helps", "helps by 0.82, between 0.41 and 1.22 points; decided after 8 seeds", 8),
    "random-erasing": (
        "no difference",
        "no difference that matters: between −0.11 and +0.15 points on these test images; decided "
        "after 14 seeds",
        14,
    ),
    "salience": (
        "not decided",
        "not decided yet: it could be anything from −0.40 to +0.90 points",
        None,
    ),
    "flip": (
        "not decided",
        "not decided: better on these 372 test images, but other images could say otherwise; more "
        "test images would tell, more seeds would not",
        5,
    ),
}


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_study(tmp_path_factory.mktemp("race") / "s", arms=("none", *SAID), epochs=1)

    def told(content: dict) -> None:
        content["rule"] |= {"design": "race", "mixing": 0.5, "batches": []}
        for c in content["comparisons"]:
            c["verdict"], c["words"], c["decided_after"] = SAID[c["augmentation"]]
            c["decided"] = c["decided_after"] is not None

    edit(folder / "verdicts.json", told)
    pairing = {"seeds": 6, "correlation": 0.125, "interval": [-0.7, 0.8], "variance_ratio": 0.88}
    edit(folder / "evidence.json", lambda e: e["arms"][1].update(pairing=pairing))
    return folder


STILL = Trained(
    "digits", "small", "normal", runs=6, steps=20, right=90.0, rise=2.0, still_learning=True
)
TOGETHER = (
    "equal seeds need not mean equal luck: test accuracy of an arm and of its baseline "
    "correlate by 0.12 for normal (−0.70 to +0.80), and the variance of their differences is 88 % "
    "of that of unpaired runs"
)


def test_the_terminal_s_table(race: Path) -> None:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(verdict_table(load_study(race)))
    text = " ".join(capture.get().split())
    for said in ("after 8 seeds", "no difference", "after 14 seeds", "not decided", "few images"):
        assert said in text
    assert TOGETHER in text


def test_report_md(race: Path) -> None:
    text = markdown(load_study(race))
    assert "**helps**: by 0.82, between 0.41 and 1.22 points; decided after 8 seeds" in text
    assert "no difference that matters: between −0.11 and +0.15 points on these" in text
    assert "not decided: it could be anything from −0.40 to +0.90 points" in text
    assert "not decided: better on these 372 test images" in text
    assert "A race looks after every seed" in text
    assert TOGETHER in text.replace("\\", "")


def test_the_page(race: Path) -> None:
    text = read_page(render(load_study(race))).section("verdicts").text
    assert "no difference that matters between −0.11 and +0.15 points" in " ".join(text.split())
    assert "This study is a race" in text
    assert "There are at least" not in text
    assert TOGETHER[1:] in " ".join(text.split())


def test_what_follows_a_red_box_stands_apart_from_it(race: Path) -> None:
    study = replace(load_study(race), trained=(STILL,), next_epochs=8, next_seconds=60.0)
    page = render(study)
    blocks = [e for e in read_page(page).section("verdicts").all("p") if e.classes]
    box = next(n for n, e in enumerate(blocks) if e.classes == ["alert"])
    assert blocks[box + 1].classes == ["note"]
    assert TOGETHER[1:] in " ".join(blocks[box + 1].text.split())
    assert re.search(r"\.alert \+ \.note \{ margin-top: 1", page)


def test_the_answer_names_each_verdict(race: Path) -> None:
    found = words.answer(load_study(race))
    assert "normal helps by" in found
    assert "random-erasing makes no difference that matters" in found
    assert "about salience and flip it is not decided" in found
