"""What a report ends with: the next steps, their commands and their prices."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy

from augury.report import StudyRecords, load_study
from augury.report.html import render
from augury.report.markdown import markdown
from augury.report.what_next import NextStep, next_steps
from augury.stats import Rule
from augury.stats.race import race_state
from helpers.html_page import read_page
from helpers.report_studies import edit, write_study

CORES = 2  # of the machine in these studies; their runs have one thread each


def steps_of(folder: Path) -> list[NextStep]:
    return next_steps(load_study(folder))


def study(folder: Path, **options: Any) -> Path:
    """One that a command could go on with."""
    write_study(folder, **{"epochs": 2, "arms": ("none", "normal", "salience"), **options})
    (folder / "study.toml").write_text("")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study(tmp_path_factory.mktemp("base") / "s")


@pytest.fixture
def folder(base: Path, tmp_path: Path) -> Path:
    """A copy of the usual study, to be changed."""
    return Path(shutil.copytree(base, tmp_path / "s"))


def judged(folder: Path, verdicts: dict[str, str], **others: object) -> None:
    def change(content: dict[str, Any]) -> None:
        for c in content["comparisons"]:
            c["verdict"] = verdicts.get(c["augmentation"], c["verdict"])
        content.update(others)

    edit(folder / "verdicts.json", change)


def test_what_is_not_finished_comes_first(tmp_path: Path) -> None:
    cells = [("digits", "small", "normal", 4), ("digits", "small", "salience", 1)]
    folder = study(tmp_path / "s", missing=cells[:1], failed=cells[1:])
    (step,) = steps_of(folder)
    assert step.what == "go on: 1 run is not finished and 1 run has failed"
    assert step.command == f"augury study {folder}/study.toml --out {folder}"
    # A run takes 3.5 s and as many more as its seed says: medians of the five that are there.
    medians = [np.median([3.5 + s for s in range(6) if s != gone]) for gone in (4, 1)]
    assert step.seconds == pytest.approx(sum(medians) / CORES)
    assert step.verdicts == 2


def test_too_few_seeds_for_a_verdict(tmp_path: Path) -> None:
    folder = study(tmp_path / "s", seeds=2)
    judged(folder, {"normal": "cannot say", "salience": "cannot say"})
    first = steps_of(folder)[0]
    assert first.what == (
        "6 seeds an arm are the fewest with which there is a verdict on normal and salience"
    )
    assert first.command.endswith(f"study.toml --seeds 6 --out {folder}")
    assert first.seconds == pytest.approx(3 * 4 * 4.0 / CORES)  # three arms with four seeds more
    assert first.verdicts == 2


def test_networks_that_still_learn(folder: Path) -> None:
    arms = [("digits", "small", name) for name in ("none", "normal")]
    trained = [
        dict(zip(("dataset", "model", "augmentation"), arm, strict=True))
        | {"runs": 6, "steps": 20, "right": 90.0, "rise": 2.0, "still_learning": True}
        for arm in arms
    ]
    said = {"normal": "hurts", "salience": "hurts"}
    judged(folder, said, trained=trained, next_epochs=8, next_seconds=1.0)
    (step,) = steps_of(folder)
    assert step.what == "train 8 epochs in place of 2, as networks were still learning"
    assert step.command.endswith(f"study.toml --epochs 8 --out {folder}-8-epochs")
    assert step.seconds == pytest.approx(4 * 3 * 6 * 6.0 / CORES)
    assert step.verdicts == 2  # all: the baseline is among them
    judged(folder, said, trained=trained[1:])
    assert steps_of(folder)[0].verdicts == 1


def test_seeds_that_decide_the_arms_of_a_race(folder: Path) -> None:
    edit(folder / "plan.json", lambda plan: plan["settings"].update(max_seeds=24))
    edit(
        folder / "verdicts.json",
        lambda content: content["rule"].update(design="race", mixing=0.1, batches=[]),
    )
    judged(folder, {"normal": "not decided", "salience": "hurts"})
    records = load_study(folder)
    (arm,) = (c for c in records.comparisons if c.augmentation == "normal")
    sides = [
        [
            100 * run.result.test.accuracy
            for run in records.select("digits", "small", name)
            if run.result and run.result.test.accuracy is not None
        ]
        for name in ("normal", "none")
    ]
    differences = np.subtract(*sides)
    (step,) = (each for each in steps_of(folder) if "would decide" in each.what)
    seeds = int(step.what.split()[0])
    assert step.what == f"{seeds} seeds an arm would decide, by the spread so far, normal"
    # Differences that go on alternating about the same mean, with the same deviation.
    assert _decided(differences, seeds, records.rule)
    assert not _decided(differences, seeds - 1, records.rule)
    assert ("--max-seeds" in step.command) == (seeds > 24)
    more = 2 * (seeds - len(arm.seeds))
    assert step.seconds == pytest.approx(more * 6.0 / CORES)
    # A bound on cells is named where it would stop the race before.
    enough = len(records.runs) + more
    for cells in (enough - 1, enough):
        edit(folder / "plan.json", partial(_bound, cells=cells))
        (step,) = (each for each in steps_of(folder) if "would decide" in each.what)
        assert (f"--cells {enough}" in step.command) == (cells < enough)


def _bound(plan: dict[str, Any], cells: int) -> None:
    plan["settings"]["cells"] = cells


def _decided(differences: np.ndarray, seeds: int, rule: Rule) -> bool:
    """Whether a race decides after so many seeds of the same mean and deviation (two arms)."""
    n = np.arange(seeds)
    ups = np.where(n % 2, -1.0, 1.0)  # the first ones say less
    ups = (ups - ups.mean()) / ups.std(ddof=1)
    values = differences.mean() + differences.std(ddof=1) * ups
    return race_state({"a": values}, rule, {"a": "a", "b": "b"})["a"].says != "not decided"


def test_other_arms_where_none_helps(tmp_path: Path) -> None:
    folder = study(tmp_path / "s", arms=("none", "normal", "flip"))
    judged(folder, {"normal": "hurts", "flip": "hurts"})
    step = steps_of(folder)[0]
    assert step.what == "try other arms: crop, trivialaugment and cutmix, as none of these helps"
    assert "--augment none,normal,flip,crop,trivialaugment,cutmix --out" in step.command
    assert step.verdicts == 3
    assert step.seconds == pytest.approx(3 * 6 * 6.0 / CORES)


def test_what_helps_is_taken_home(folder: Path) -> None:
    judged(folder, {"normal": "helps", "salience": "hurts"})
    assert steps_of(folder)[-1] == NextStep(
        "take normal into your own training", f"augury export {folder} --to torchvision", None, 0
    )


def test_what_is_decided_is_asked_again_at_twice_the_epochs(folder: Path) -> None:
    judged(folder, {"normal": "helps", "salience": "hurts"})
    step = steps_of(folder)[0]
    assert step.what == "see whether normal and salience still help or hurt at twice the epochs"
    assert "study.toml --confirm --conditions twice-epochs --out" in step.command
    assert step.seconds == pytest.approx(2 * 3 * 6 * 6.0 / CORES)  # three arms of six seeds
    assert step.verdicts == 2


def helping(folder: Path, *arms: str) -> Path:
    """A study in which all arms help, and which may have 24 seeds."""
    study(folder, arms=("none", *arms))
    edit(folder / "plan.json", lambda plan: plan["settings"].update(max_seeds=24))
    judged(folder, dict.fromkeys(arms, "helps"))
    return folder


def _search(folder: Path) -> NextStep | None:
    return next((each for each in steps_of(folder) if "--search" in each.command), None)


def test_arms_that_help_are_combined(tmp_path: Path) -> None:
    folder = helping(tmp_path / "s", "random-erasing", "flip")
    step = _search(folder)
    assert step
    assert step.what == "search for the combination of random-erasing and flip that helps most"
    assert "study.toml --search random-erasing,flip --out" in step.command
    seen = np.subtract(*_validated(load_study(folder), "random-erasing", "none"))
    # Of two arms the first is shown where the ratio is 2 · 20.
    seeds = next(n for n in range(3, 7) if _ratio(seen[:n]) >= 40)
    # One arm on top of the other, then the winner and the baseline.
    assert step.seconds == pytest.approx(3 * seeds * 6.0 / CORES)


def test_seeds_that_the_first_step_of_a_search_lacks_are_paid_for(tmp_path: Path) -> None:
    folder = helping(tmp_path / "s", "random-erasing", "flip")
    for file in folder.glob("runs/*.random-erasing.*/result.json"):
        edit(file, _validate_apart)
    records = load_study(folder)
    seen = np.subtract(*_validated(records, "random-erasing", "none"))
    assert all(_ratio(seen[:n]) < 40 for n in range(2, 7))
    rule = replace(records.rule, design="race")
    seeds = next(n for n in range(7, 25) if _decided(seen, n, rule))
    step = _search(folder)
    assert step
    assert step.seconds == pytest.approx((3 * (seeds - 6) + 3 * seeds) * 6.0 / CORES)


def _validate_apart(result: dict[str, Any]) -> None:
    result["validation"]["accuracy"] = 0.97 + 0.02 * (result["cell"]["seed"] % 2)


def _ratio(differences: np.ndarray, mixing: float = 0.5) -> float:
    """The likelihood ratio of the mixture, by scipy's t and the formula of Wang and Ramdas."""
    n = len(differences)
    kept = mixing / (n + mixing)
    share = scipy.stats.ttest_1samp(differences, 0).statistic ** 2 / (n - 1)
    return math.sqrt(kept) * ((1 + share) / (1 + kept * share)) ** (n / 2)


def _validated(records: StudyRecords, *arms: str) -> list[list[float]]:
    return [
        [
            100 * (run.result.validation.accuracy or 0.0)
            for run in records.select("digits", "small", arm)
            if run.result and run.result.validation
        ]
        for arm in arms
    ]


def test_no_search_where_validation_images_would_show_nothing(tmp_path: Path) -> None:
    folder = helping(tmp_path / "s", "random-erasing", "flip")
    assert _search(folder)
    for file in folder.glob("runs/*.random-erasing.*/result.json"):
        edit(file, _validate_unevenly)
    assert not _search(folder)


def _validate_unevenly(result: dict[str, Any]) -> None:
    result["validation"]["accuracy"] = 0.93 + 0.06 * (result["cell"]["seed"] % 2)


def test_a_chain_of_other_arms_is_no_candidate_beside_them(tmp_path: Path) -> None:
    arms = ("random-erasing", "flip", "random-erasing+flip")
    folder = helping(tmp_path / "s", *arms)
    step = _search(folder)
    assert step
    assert "--search random-erasing,flip --out" in step.command
    judged(folder, {"flip": "hurts"})
    step = _search(folder)
    assert step
    assert "--search random-erasing,random-erasing+flip --out" in step.command


def test_a_part_of_another_study_leaves_its_next_steps_to_that(base: Path, folder: Path) -> None:
    inside = Path(shutil.copytree(base, folder / "confirm" / "twice-epochs"))
    judged(inside, {"normal": "helps", "salience": "hurts"})
    assert steps_of(inside) == []


def test_steps_without_a_study_file_have_no_command(digits_study: Path) -> None:
    assert all(not each.command or "export" in each.command for each in steps_of(digits_study))


@pytest.mark.parametrize(
    ("seconds", "at_once", "price"),
    [
        (None, 2, ""),
        (42.0, 1, "about 42 s"),
        (330.0, 1, "about 5 min 30 s"),
        (1234.0, 2, "about 21 min with 2 runs at once"),
        (7260.0, 1, "about 2 h 1 min"),
    ],
)
def test_the_price(seconds: float | None, at_once: int, price: str) -> None:
    assert NextStep("x", "", seconds, 1, at_once).price == price


@pytest.mark.parametrize("write", [lambda s: read_page(render(s)).section("next").text, markdown])
def test_pages_end_with_them(write: Callable[..., str], folder: Path) -> None:
    judged(folder, {"normal": "helps", "salience": "hurts"})
    text = " ".join(write(load_study(folder)).split())
    assert "What next?" in text
    assert f"augury export {folder} --to torchvision" in text.split("What next?")[1]
