"""What was judged is not judged again, and never outlives anything that it was judged from."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_study import make_study, write_run

import augury.stats
import augury.study.judging.judge
import augury.study.judging.memo
from augury.errors import InputError
from augury.records.json_file import write_json
from augury.study import judge_study
from augury.study.judging.memo import Memo
from augury.study.store import write_arrays

RIGHT = {
    "none": [150, 152, 149, 151, 150, 153],
    "flip": [160, 163, 158, 162, 161, 162],
    "crop": [151, 150, 152, 149, 150, 155],
}
MODELS = ["small", "resnet18"]
FILES = ("verdicts.json", "evidence.json", "judged.json")


@pytest.fixture
def study(tmp_path):
    """Two networks, three arms, judged once."""
    plan, folder = make_study(tmp_path / "study", RIGHT, models=MODELS)
    judge_study(plan, folder)
    return plan, folder


@pytest.fixture
def groups(monkeypatch):
    """The networks whose runs were read and judged."""
    found = []
    judge_group = augury.study.judging.judge.judge_group

    def counted(plan, folder, cells):
        found.append(cells[0].model)
        return judge_group(plan, folder, cells)

    monkeypatch.setattr(augury.study.judging.judge, "judge_group", counted)
    return found


def contents(folder):
    return {name: (folder.path / name).read_bytes() for name in FILES}


def run_of(plan, folder, model="small", augmentation="flip", seed=2):
    (cell,) = (
        c for c in plan.cells if (c.model, c.augmentation, c.seed) == (model, augmentation, seed)
    )
    return cell, folder.run(cell)


def test_nothing_is_judged_twice(study, groups):
    plan, folder = study
    before = contents(folder)
    judge_study(plan, folder)
    assert groups == []
    assert contents(folder) == before
    (folder.path / "judged.json").unlink()
    judge_study(plan, folder)
    assert sorted(groups) == sorted(MODELS)
    assert contents(folder) == before


def another_result(plan, folder):
    write_run(folder, run_of(plan, folder)[0], 170)


def same_size_and_time(plan, folder):
    """A changed digit that neither the file's size nor its time tells of."""
    _, run = run_of(plan, folder)
    before = run.epochs.stat()
    text = run.epochs.read_text()
    run.epochs.write_text(text.replace("0.5,", "0.9,").replace("0.5}", "0.9}"))
    assert run.epochs.read_text() != text
    assert run.epochs.stat().st_size == before.st_size
    os.utime(run.epochs, ns=(before.st_atime_ns, before.st_mtime_ns))


def other_predictions(plan, folder):
    _, run = run_of(plan, folder)
    with np.load(run.predictions) as stored:
        arrays = dict(stored)
    arrays["validation_logits"] = arrays["validation_logits"] / 2
    write_arrays(run.predictions, arrays)


def damaged_predictions(plan, folder):
    run_of(plan, folder)[1].predictions.write_bytes(b"PK")


def no_predictions(plan, folder):
    run_of(plan, folder)[1].predictions.unlink()


def corrupted(plan, folder):
    robust = {"images": 40, "clean": 0.9, "accuracy": {"fog": [0.5] * 5}}
    write_json(run_of(plan, folder)[1].corruptions, robust)


def no_result(plan, folder):
    run_of(plan, folder)[1].result.unlink()


@pytest.mark.parametrize(
    "change",
    [
        another_result,
        same_size_and_time,
        other_predictions,
        damaged_predictions,
        no_predictions,
        corrupted,
        no_result,
    ],
)
def test_a_changed_file_has_its_group_judged_anew(study, groups, change):
    plan, folder = study
    before = contents(folder)
    change(plan, folder)
    judge_study(plan, folder)
    assert groups == ["small"]
    found = contents(folder)
    assert found["evidence.json"] != before["evidence.json"]
    (folder.path / "judged.json").unlink()
    judge_study(plan, folder)
    assert contents(folder) == found


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: replace(plan, rule=replace(plan.rule, min_difference=7.0)),
        lambda plan: replace(plan, baseline="crop"),
        lambda plan: replace(plan, cells=tuple(c for c in plan.cells if c.seed < 5)),
    ],
)
def test_another_rule_baseline_or_plan_has_all_judged_anew(study, groups, change):
    plan, folder = study
    before = contents(folder)
    plan = change(plan)
    judge_study(plan, folder)
    assert sorted(groups) == sorted(MODELS)
    found = contents(folder)
    assert found["verdicts.json"] != before["verdicts.json"]
    (folder.path / "judged.json").unlink()
    judge_study(plan, folder)
    assert contents(folder) == found


def test_other_code_has_all_judged_anew(study, groups, monkeypatch):
    plan, folder = study
    monkeypatch.setattr(augury.study.judging.memo, "code_digest", lambda: "of another version")
    judge_study(plan, folder)
    assert sorted(groups) == sorted(MODELS)


def test_the_digest_is_of_the_code_that_judges(monkeypatch, tmp_path):
    """A copy of the two packages has the same digest, until a character of either changes."""
    source = Path(augury.stats.__file__).parent
    for name in ("stats", "study"):
        shutil.copytree(source.parent / name, tmp_path / name)
    digest = augury.study.judging.memo.code_digest
    monkeypatch.setattr(augury.stats, "__file__", str(tmp_path / "stats/__init__.py"))
    monkeypatch.setattr(
        augury.study.judging.memo, "__file__", str(tmp_path / "study/judging/memo.py")
    )
    assert digest.__wrapped__() == digest()
    for file in ("stats/bootstrap.py", "study/judging/arm_evidence.py"):
        before = digest.__wrapped__()
        with (tmp_path / file).open("a") as opened:
            opened.write("#")
        assert digest.__wrapped__() != before


def test_a_damaged_memory_is_told_and_made_anew(study, groups, caplog):
    plan, folder = study
    before = contents(folder)
    path = folder.path / "judged.json"
    path.write_bytes(before["judged.json"].replace(b'"helps', b'"hurts').replace(b"0.8", b"0.9"))
    judge_study(plan, folder)
    assert "judged.json: damaged" in caplog.text
    assert sorted(groups) == sorted(MODELS)
    assert contents(folder) == before


def test_a_result_that_cannot_be_read_leaves_what_was_judged(study):
    plan, folder = study
    before = contents(folder)
    run_of(plan, folder)[1].result.write_text("{")
    with pytest.raises(InputError, match=r"result\.json: not valid JSON"):
        judge_study(plan, folder)
    assert contents(folder) == before


def test_what_nobody_asks_for_is_dropped(tmp_path):
    file = tmp_path / "judged.json"
    memo = Memo(file)
    assert memo.recall([({"n": n}, lambda n=n: n * n) for n in (2, 3, 2)]) == [4, 9, 4]
    memo.write()
    memo = Memo(file)
    assert memo.recall([({"n": 3}, pytest.fail)]) == [9]
    memo.write()
    assert list(json.loads(file.read_text())["values"].values()) == [9]


def test_each_that_is_made_is_told(tmp_path):
    told = []
    memo = Memo(tmp_path / "judged.json")
    wanted = [({"n": n}, lambda n=n: n) for n in range(3)]
    memo.recall(wanted, lambda *step: told.append(step))
    assert told == [(1, 3, "judging"), (2, 3, "judging"), (3, 3, "judging")]
    memo.recall(wanted, lambda *step: told.append(step))
    assert len(told) == 3
