"""What was judged is not judged again, and never outlives anything that it was judged from."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import augury
import augury.study.judging.judge
import augury.study.judging.memo
from augury.errors import InputError
from augury.records.json_file import write_json
from augury.study import judge_study
from augury.study.judging.code_digest import code_digest, digest_of, judging_code
from augury.study.judging.memo import Memo
from augury.study.store import write_arrays
from helpers.studies import make_study, write_run

RIGHT = {
    "none": [150, 152, 149, 151, 150, 153],
    "flip": [160, 163, 158, 162, 161, 162],
    "crop": [151, 150, 152, 149, 150, 155],
}
MODELS = ["small", "resnet18"]
PACKAGE = Path(augury.__file__).parent
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


@pytest.fixture(scope="module")
def copied_code(tmp_path_factory):
    """A copy of the installed package."""
    copy = tmp_path_factory.mktemp("code") / "augury"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def digest_after_an_edit(copy, file):
    path = copy / file
    before = path.read_bytes()
    path.write_bytes(before + b"#")
    try:
        return digest_of(copy)
    finally:
        path.write_bytes(before)


def test_the_digest_is_that_of_the_code_wherever_it_lies(copied_code):
    assert digest_of(copied_code) == code_digest()


@pytest.mark.parametrize(
    "file",
    [
        "study/judging/arm_evidence.py",
        "study/judging/finished_runs.py",
        "stats/verdict.py",
        "stats/bootstrap.py",  # judging imports stats.verdict, and that imports this one
        "stats/power.py",
        "records/numbers.py",
        "records/result.py",
        "records/times.py",
        "schema.py",
        "study/planning/parts.py",
        "data/batch_rows.py",  # counts the steps
    ],
)
def test_an_edit_of_what_judging_needs_changes_the_digest(copied_code, file):
    assert digest_after_an_edit(copied_code, file) != code_digest()


@pytest.mark.parametrize(
    "file",
    [
        "study/preview.py",
        "study/doctor/examine.py",
        "study/running/prepare.py",
        "study/planning/plan.py",
        "report/html.py",
        "report/words.py",
        "cli/study.py",
        "augment/registry.py",
        "models/__init__.py",
        "training/loop.py",
        "data/__init__.py",  # only passes on what judging imports of the package
    ],
)
def test_an_edit_of_anything_else_leaves_the_digest(copied_code, file):
    assert (copied_code / file).is_file()
    assert digest_after_an_edit(copied_code, file) == code_digest()


def test_judging_depends_on_no_package_that_cannot_change_a_verdict():
    files = [file.relative_to(PACKAGE).as_posix() for file in judging_code(PACKAGE)]
    others = ("augment", "checks", "cli", "corruptions", "models", "own", "report", "saliency")
    wings = ("study/doctor", "study/engines", "study/racing", "study/running")
    assert [file for file in files if file.startswith((*others, *wings))] == []
    own = ("records/", "stats/", "study/judging/")
    assert [file for file in files if not file.startswith(own)] == [
        *("center.py", "cores.py", "data/batch_rows.py", "data/dataset.py", "data/left_out.py"),
        "data/split.py",
        *("errors.py", "files.py", "inside.py", "lazy.py", "names.py", "printable.py"),
        *("schema.py", "seal.py", "seeds.py", "study/planning/parts.py", "study/store.py"),
        "training/checkpoint.py",
    ]


def test_imports_are_followed_as_python_does(tmp_path):
    """By import and from-import, within functions, under other names, through `__init__.py`."""
    files = {
        "study/judging/a.py": "import augury.b\nfrom augury.c import d\nfrom augury import e as f",
        "b.py": "def late():\n    from augury.c import g as h\nimport numpy, os.path",
        "c/__init__.py": "from augury.c.d import d\nfrom augury.i import j as g\nimport augury.k",
        "c/d.py": "",
        "e.py": "from augury.missing import x\n",
        "i.py": "from augury.b import late\n",
        "k.py": "",
        "l/__init__.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {file.relative_to(tmp_path).as_posix() for file in judging_code(tmp_path)}
    assert found == {"study/judging/a.py", "b.py", "c/d.py", "e.py", "i.py"}
    (tmp_path / "c/__init__.py").write_text("import augury.k\ndef g(): ...\n")
    found = {file.relative_to(tmp_path).as_posix() for file in judging_code(tmp_path)}
    # `g` is in the package itself, which is then depended on as a whole.
    assert found == {"study/judging/a.py", "b.py", "c/d.py", "c/__init__.py", "k.py", "e.py"}


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
