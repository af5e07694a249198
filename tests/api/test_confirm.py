"""`Study.confirm`: the decided arms again under other conditions, with made-up runs."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from augury import RecipeChanged, Study
from augury.api import confirming
from augury.records.plan import read_plan
from augury.report import load_study
from augury.study import StudyFolder
from augury.study.planning import probe
from helpers.html_page import read_page
from helpers.made_up import MadeUpRuns
from helpers.studies import SPEED

QUICK = {
    "epochs": 2,
    "batch_size": 20,
    "train_limit": 60,
    "test_limit": 50,
    "corruptions": 0,
    "replicates": 200,
    "max_seeds": 10,
    "min_difference": 5.0,
}


def right_of(cell):
    """Of 200 images: flip and cutout help in the study, and otherwise as it is written here."""
    noise = np.random.default_rng([cell.seed, *cell.augmentation.encode()]).normal(0, 2)
    epochs, images = cell.recipe.epochs, cell.recipe.train_limit
    means = {
        "none": 110.0,
        "flip": 150.0 if epochs == 2 else 130.0,
        "cutout": 150.0 if images == 60 and epochs == 2 else 70.0,
        "cutout@0.5": 140.0,
        "cutout@2": 110.0,
    }
    # Nearly alike in every seed, so that a race sees that no difference matters.
    if cell.augmentation == "cutout@2":
        noise = np.random.default_rng([cell.seed, *b"none"]).normal(0, 2) + cell.seed % 2
    return round(means[cell.augmentation] + noise)


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch):
    monkeypatch.setattr(probe, "probe", lambda *_: SPEED)


def begin(path, **changes):
    """A study that has ended, and the engine that has run it."""
    engine = MadeUpRuns(right_of)
    study = Study(path=path, **({"augment": ["none", "flip", "cutout"]} | QUICK | changes))
    study.run(engine=engine, quiet=True)
    return study, engine


def found(study):
    return {(c.augmentation, c.condition): c.finding for c in study.confirmations}


EXPECTED = {
    ("flip", "twice-epochs"): "holds",
    ("flip", "half-data"): "holds",
    ("flip", "full-data"): "holds",
    ("cutout", "twice-epochs"): "flips",
    ("cutout", "half-data"): "flips",
    ("cutout", "full-data"): "flips",
    ("cutout", "half-strength"): "holds",
    ("cutout", "twice-strength"): "fades",
}


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory):
    """(study, cells of the race, cells of its conditions, what was said)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "probe", lambda *_: SPEED)
        said = []
        patch.setattr("augury.api.confirming.say", said.append)
        study, first = begin(tmp_path_factory.mktemp("confirmed") / "s")
        assert {v.augmentation: v.verdict for v in study.verdicts} == {
            "flip": "helps",
            "cutout": "helps",
        }
        engine = MadeUpRuns(right_of, workers=2)
        table = study.confirm(engine=engine, quiet=True)
        assert list(table) == list(study.confirmations)
    return study, first.log, engine.log, said


def test_each_arm_under_each_condition(confirmed):
    study, _, _, said = confirmed
    assert found(study) == EXPECTED
    each = {(c.augmentation, c.condition): c for c in study.confirmations}
    fades = each["cutout", "twice-strength"]
    assert (fades.asked, fades.folder) == ("cutout@2", "confirm/twice-strength")
    assert fades.verdict == "helps"
    assert "no difference that matters" in fades.words
    # 20 of 200 images more than without, in place of 40.
    holds = each["flip", "twice-epochs"]
    there = load_study(study.path / holds.folder)
    own = next(c for c in there.comparisons if c.augmentation == "flip")
    assert (holds.difference, holds.interval) == (own.difference, own.interval)
    assert holds.difference == pytest.approx(10, abs=2)
    assert holds.seeds == len(own.seeds)
    assert "half-strength: flip has none" in said
    assert any(line.startswith("twice-epochs: about ") for line in said)


def test_the_baseline_is_not_trained_again_where_only_strengths_differ(confirmed):
    study, first, later, _ = confirmed
    assert not {cell.name for cell in first} & {cell.name for cell in later}
    for condition in ("half-strength", "twice-strength"):
        folder = StudyFolder(study.path / "confirm" / condition)
        plan = read_plan(folder.plan_file)
        baseline = [cell for cell in plan.cells if cell.augmentation == "none"]
        shared = [cell for cell in baseline if cell in first]
        assert len(shared) >= 3
        for cell in shared:
            mine = StudyFolder(study.path).run(cell)
            assert folder.run(cell).result.read_bytes() == mine.result.read_bytes()
            assert not folder.run(cell).damage()


def test_each_condition_is_a_study_like_any_other(confirmed):
    study, _, _, _ = confirmed
    path = study.path / "confirm" / "half-data"
    for name in ("plan.json", "study.toml", "verdicts.json", "report.html", "report.md"):
        assert (path / name).exists()
    alone = Study.open(path)
    assert alone.settings.recipe.train_limit == 30
    engine = MadeUpRuns(right_of)
    alone.run(engine=engine, quiet=True)
    assert engine.log == []
    assert {v.augmentation: v.verdict for v in alone.verdicts} == {
        "flip": "helps",
        "cutout": "hurts",
    }


def test_what_is_done_is_not_done_again(confirmed):
    study, _, _, _ = confirmed
    engine = MadeUpRuns(right_of)
    # It costs nothing either, so that the shortest time suffices.
    Study.open(study.path).confirm(engine=engine, quiet=True, time="1s")
    assert engine.log == []
    assert found(study) == EXPECTED


def test_what_the_report_says(confirmed):
    study, _, _, _ = confirmed
    study.report(quiet=True)
    text = (study.path / "report.md").read_text()
    answer = text.split("**")[1]
    assert "by 9." in answer or "by 10." in answer  # flip, at twice the epochs
    assert "at twice the epochs and by 1" in answer
    assert answer.count("under 2 other conditions") == 2
    assert "no longer at twice the strength" in answer
    assert "hurting by" in answer
    assert "| **flips**: −" in text
    page = read_page((study.path / "report.html").read_text())
    section = " ".join(page.section("lasting").text.split())
    for word in ("holds", "flips", "fades", "half the strength", "cutout@0.5"):
        assert word in section
    assert 'href="confirm/half-data/report.html"' in (study.path / "report.html").read_text()
    table = str(study.confirmations)
    assert "Does it last?" in table
    assert "all the data" in table


def test_an_interrupted_condition_goes_on(tmp_path):
    study, _ = begin(tmp_path / "s")
    engine = MadeUpRuns(right_of, stop_after=9)
    with pytest.raises(KeyboardInterrupt):
        study.confirm(engine=engine, conditions=["twice-epochs", "half-strength"], quiet=True)
    rest = MadeUpRuns(right_of)
    study.confirm(engine=rest, conditions=["twice-epochs", "half-strength"], quiet=True)
    expected = {k: v for k, v in EXPECTED.items() if k[1] in ("twice-epochs", "half-strength")}
    assert found(study) == expected
    # The cell that was interrupted is the only one that was begun twice.
    assert {c.name for c in engine.log} & {c.name for c in rest.log} <= {engine.log[-1].name}


def test_an_arm_that_is_decided_later_is_asked_then(tmp_path):
    study, _ = begin(tmp_path / "s", augment=["none", "flip"])
    conditions = ["half-data", "half-strength"]
    study.confirm(engine=MadeUpRuns(right_of), conditions=conditions, quiet=True)
    assert found(study) == {("flip", "half-data"): "holds"}
    study.add(augment="cutout").run(engine=MadeUpRuns(right_of), quiet=True)
    engine = MadeUpRuns(right_of)
    study.confirm(engine=engine, conditions=conditions, quiet=True)
    assert found(study) == {k: v for k, v in EXPECTED.items() if k[1] in conditions}
    assert "flip" not in {cell.augmentation for cell in engine.log}
    # The arm races at what the earlier one has left of alpha.
    there = load_study(study.path / "confirm/half-data")
    assert there.rule.batches == (("flip",), ("cutout",))


def test_what_cannot_be_afforded_is_left_out(tmp_path, monkeypatch):
    study, _ = begin(tmp_path / "s")
    said = []
    monkeypatch.setattr("augury.api.confirming.say", said.append)
    engine = MadeUpRuns(right_of)
    study.confirm(engine=engine, time="3s", quiet=True)
    # Each run took a second, so that only no run at all is affordable.
    assert engine.log == []
    assert list(study.confirmations) == []
    assert sum("left out, as" in line and "of --time 3 s are left" in line for line in said) == 5
    assert said[-1].startswith("the same command with --time ")


def test_time_is_shared_and_what_is_left_goes_to_those_that_need_it(monkeypatch):
    """A clock that moves by what each condition takes; the second one is decided early."""
    now = [100.0]
    monkeypatch.setattr(confirming.time, "monotonic", lambda: now[0])
    undecided = [SimpleNamespace(condition=name, finding="not decided") for name in ("a", "c")]
    monkeypatch.setattr(confirming, "read_confirmations", lambda *_: undecided)
    kept = [SimpleNamespace(asked=SimpleNamespace(condition=name)) for name in "abc"]
    given = []
    for each, share in confirming._shares(kept, Path("s"), None, 160.0):
        name = each.asked.condition
        given.append((name, share))
        now[0] += 1.0 if name == "b" else 0.9 * share
    # A third of 60 seconds, half of the 42 that are left, the 41 after that; then what is left of
    # them once more, to those that are not decided.
    assert [name for name, _ in given] == ["a", "b", "c", "a", "c"]
    shares = [20.0, 21.0, 41.0, 4.1 / 2, 4.1 - 0.9 * 4.1 / 2]
    assert [share for _, share in given] == pytest.approx(shares)
    # Where no time is left, each is opened once, for what is finished already.
    now[0] = 200.0
    late = []
    for each, share in confirming._shares(kept, Path("s"), None, 160.0):
        late.append((each.asked.condition, share))
        now[0] += 1.0
    assert late == [("a", 0.0), ("b", 0.0), ("c", 0.0)]


def test_a_fixed_design_is_asked_again_by_race(tmp_path):
    study, _ = begin(tmp_path / "s", seeds=6)
    assert {v.verdict for v in study.verdicts} == {"helps"}
    study.confirm(engine=MadeUpRuns(right_of), conditions=["half-data"], quiet=True)
    assert found(study) == {k: v for k, v in EXPECTED.items() if k[1] == "half-data"}
    assert load_study(study.path / "confirm/half-data").rule.design == "race"
    # A race that has been looked at keeps its rule, also where the study may change its own.
    other = Study(
        path=study.path,
        augment=["none", "flip", "cutout"],
        seeds=6,
        **QUICK | {"min_difference": 4.0},
    )
    other.run(engine=MadeUpRuns(right_of), quiet=True)
    assert {c.words for c in other.confirmations} == {
        "judged by another rule, min_difference 5.0 in place of 4.0"
    }
    assert {c.finding for c in other.confirmations} == {"cannot say"}
    with pytest.raises(RecipeChanged, match=r"confirm/half-data: .* min_difference: 5.0 → 4.0"):
        other.confirm(engine=MadeUpRuns(right_of), conditions=["half-data"], quiet=True)


def test_failing_runs_are_told(tmp_path):
    study, _ = begin(tmp_path / "s")
    engine = MadeUpRuns(right_of, failing=frozenset(("flip", seed) for seed in range(9)))
    with pytest.raises(Exception, match="confirm/half-data says why") as raised:
        study.confirm(engine=engine, conditions=["half-data"], quiet=True)
    assert type(raised.value).__name__ == "CellsFailed"
    assert found(study) == {("flip", "half-data"): "failed", ("cutout", "half-data"): "flips"}
    (failed, _) = study.confirmations
    assert failed.words == "it does not work"


def test_nothing_is_decided(tmp_path, monkeypatch):
    study = Study(path=tmp_path / "s", augment=["none", "cutout@2"], **QUICK | {"cells": 6})
    study.run(engine=MadeUpRuns(right_of), quiet=True)
    said = []
    monkeypatch.setattr("augury.api.confirming.say", said.append)
    assert list(study.confirm(engine=MadeUpRuns(right_of), quiet=True)) == []
    (line,) = said
    assert line.startswith("nothing to confirm: no augmentation helps or hurts so far (1 n")
    assert str(study.confirmations) == "nothing has been asked again"
    assert not (study.path / "confirm").exists()


def test_a_link_in_place_of_a_folder_is_refused(confirmed, tmp_path):
    study, _, _, _ = confirmed
    copy = tmp_path / "s"
    copy.mkdir()
    for name in ("plan.json", "verdicts.json"):
        (copy / name).write_bytes((study.path / name).read_bytes())
    (copy / "confirm").symlink_to(study.path / "confirm")
    with pytest.raises(Exception, match="link"):
        load_study(copy)


def test_json_of_the_command_line(confirmed):
    from typer.testing import CliRunner

    from augury.cli.app import app

    study, _, _, _ = confirmed
    done = CliRunner().invoke(app, ["report", str(study.path), "--json"])
    rows = json.loads(done.stdout)["confirmations"]
    told = {(row["augmentation"], row["condition"]): row["finding"] for row in rows}
    assert told == EXPECTED
    assert Path(study.path / rows[0]["folder"] / "report.html").exists()
