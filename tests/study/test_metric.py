"""A study whose arms are compared by a metric that counts classes alike."""

import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from augury.cli.app import app
from augury.errors import InputError
from augury.records.epochs import Epoch
from augury.records.plan import read_plan, write_plan
from augury.records.result import TestScore as Tested
from augury.records.verdicts import read_verdicts
from augury.report import load_study, verdict_html, verdict_table
from augury.report.html import render
from augury.stats import confusion_matrix, metric_value
from augury.study import StudyFolder, judge_study, read_settings
from augury.study.compare import compare_studies
from augury.study.doctor.power import class_unevenness, measured_spread
from augury.study.doctor.test_part import notices_of_test_images
from augury.study.judging.pairs import make_pair, read_finished
from helpers.datasets import make_dataset
from helpers.results import make_result, store_run
from helpers.studies import quick_plan, quick_settings

SIZES = (160, 30, 10)  # of the first three classes of digits; the others have no test image
LABELS = np.repeat([0, 1, 2], SIZES)


def calls(right):
    """right: how many images of each class are called by it; the others by the next class."""
    rank = np.arange(len(LABELS)) - np.repeat(np.cumsum([0, *SIZES[:-1]]), SIZES)
    return np.where(rank < np.repeat(right, SIZES), LABELS, (LABELS + 1) % 3)


def write(folder, cell, right):
    called = calls(right)
    confusion = np.zeros((10, 10), int)
    confusion[:3, :3] = confusion_matrix(LABELS, called)
    shares = tuple(r / n for r, n in zip(right, SIZES, strict=True)) + (None,) * 7
    test = Tested(1.0, sum(right) / 200, shares, tuple(map(tuple, confusion.tolist())))
    predictions = {
        "test_ids": np.arange(200),
        "test_labels": LABELS,
        "test_logits": (4.0 * np.eye(10)[called]).astype(np.float32),
    }
    epochs = [Epoch(e, 1.0, 0.5, None, None, 0.1, 1.0, 0.01, 0.001) for e in range(2)]
    store_run(folder.run(cell), replace(make_result(cell), test=test), epochs, predictions)


def make_study(path, arms, **changes):
    """arms[name][seed]: images of each class that are right."""
    seeds = len(next(iter(arms.values())))
    settings = quick_settings(augmentations=list(arms), seeds=seeds, **changes)
    plan, folder = quick_plan(settings), StudyFolder(path)
    write_plan(folder.plan_file, plan)
    for cell in plan.cells:
        write(folder, cell, arms[cell.augmentation][cell.seed])
    judge_study(plan, folder)
    return plan, folder


# Flip loses 10 of the large class, and wins 5 of each small one.
NONE = [(150 + s % 3, 18 + s % 2, 3) for s in range(6)]
FLIP = [(140 + 2 * (s % 2), 24 + s % 3, 8) for s in range(6)]
ARMS = {"none": NONE, "flip": FLIP}
BALANCED = {"rule": {"metric": "balanced-accuracy"}}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    path = tmp_path_factory.mktemp("metric")
    make_study(path / "accuracy", ARMS)
    make_study(path / "balanced-accuracy", ARMS, **BALANCED)
    make_study(path / "macro-f1", ARMS, rule={"metric": "macro-f1"})
    return path


def printed(renderable):
    console = Console(width=80, force_terminal=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_the_verdict_is_by_the_metric(studies):
    found = {m: load_study(studies / m).comparisons[0] for m in ("accuracy", "balanced-accuracy")}
    assert found["accuracy"].verdict == "not shown"
    ours, theirs = (
        [np.mean([r / n for r, n in zip(run, SIZES, strict=True)]) for run in arm]
        for arm in (FLIP, NONE)
    )
    balanced = found["balanced-accuracy"]
    assert balanced.verdict == "helps"
    assert balanced.accuracy == pytest.approx(100 * np.mean(ours))
    assert balanced.difference == pytest.approx(100 * np.mean(np.subtract(ours, theirs)))


def test_the_metric_is_written_where_it_is_not_accuracy(studies):
    for metric, title in (("accuracy", "accuracy"), ("macro-f1", "macro-F1")):
        folder = studies / metric
        for file in ("plan.json", "verdicts.json"):
            rule = json.loads((folder / file).read_text())["rule"]
            assert rule.get("metric") == (None if metric == "accuracy" else metric)
        unit = json.loads((folder / "verdicts.json").read_text())["unit"]
        assert unit == f"percentage points of test {title}"
        assert read_plan(folder / "plan.json").rule.metric == metric
        assert read_verdicts(folder / "verdicts.json").rule.metric == metric


def test_without_predictions_the_confusion_tells_the_metric(studies, tmp_path):
    """As of runs of the first version; the rule then lacks what it needs for a verdict."""
    plan, folder = make_study(tmp_path, ARMS, **BALANCED)
    for cell in plan.cells:
        folder.run(cell).predictions.unlink()
    (found,) = judge_study(plan, folder).comparisons
    before = load_study(studies / "balanced-accuracy").comparisons[0]
    assert found.difference == pytest.approx(before.difference)
    assert "predictions on the test images are missing" in found.words


def test_tables_and_pages_show_the_metric(studies):
    study = load_study(studies / "balanced-accuracy")
    shown = printed(verdict_table(study))
    mean = 100 * np.mean([np.mean(np.divide(run, SIZES)) for run in NONE])
    assert "balanced %" in shown
    assert f"none {mean:.2f}".split() == shown[shown.index("none ") :].split()[:2]
    assert max(map(len, shown.splitlines())) <= 80
    page = render(study)
    for text in (page, verdict_html(study), shown):
        assert "7 classes without test images, left out of the mean of balanced accuracy" in text
    assert "points of test balanced accuracy" in page
    assert "test balanced accuracy, %" in page
    other = printed(verdict_table(load_study(studies / "macro-f1")))
    assert "macro-F1 %" in other
    assert "left out of the mean of macro-F1" in other
    plain = load_study(studies / "accuracy")
    assert "without test images" not in printed(verdict_table(plain))
    assert "Every class alike" in render(plain)


def test_evidence_has_both_means_over_classes(studies):
    arms = load_study(studies / "accuracy").evidence.arms
    by_name = {arm.augmentation: arm.measures for arm in arms}
    for name, runs in ARMS.items():
        for key, metric in (("balanced_accuracy", "balanced-accuracy"), ("macro_f1", "macro-f1")):
            expected = [metric_value(metric, confusion_matrix(LABELS, calls(r))) for r in runs]
            assert by_name[name][key].mean == pytest.approx(100 * np.mean(expected))


def test_two_studies_are_compared_by_the_metric_of_the_second(studies, tmp_path):
    make_study(tmp_path, {"none": FLIP}, **BALANCED)
    (change,) = compare_studies(studies / "accuracy", tmp_path)
    assert (change.metric, change.verdict) == ("balanced-accuracy", "helps")
    run = CliRunner().invoke(app, ["compare", str(studies / "accuracy"), str(tmp_path)])
    assert "by balanced accuracy on the test images" in run.stdout
    (back,) = compare_studies(tmp_path, studies / "accuracy")
    assert (back.metric, back.verdict) == ("accuracy", "not shown")


def test_status_says_the_metric(studies):
    run = CliRunner().invoke(app, ["status", str(studies / "macro-f1")])
    assert "12 done" in run.stdout
    assert "compared by macro-F1" in run.stdout
    assert (
        "compared by" not in CliRunner().invoke(app, ["status", str(studies / "accuracy")]).stdout
    )
    run = CliRunner().invoke(app, ["status", str(studies / "macro-f1"), "--json"])
    assert json.loads(run.stdout)["metric"] == "macro-f1"


def test_the_doctor_measures_the_spread_of_the_metric(studies):
    plan = read_plan(studies / "balanced-accuracy" / "plan.json")
    runs = read_finished(plan.cells, StudyFolder(studies / "balanced-accuracy"))
    pair = make_pair(*(runs["digits", "small", arm] for arm in ("flip", "none")), plan.rule.metric)
    found = measured_spread([pair], plan.rule.metric)
    balanced = [np.mean(np.divide(run, SIZES)) for run in (*FLIP, *NONE)]
    differences = np.subtract(balanced[:6], balanced[6:])
    assert found.deviation == pytest.approx(100 * differences.std(ddof=1))
    # Gains of single images, each of weight N / (K n), deviate from the mean of their class.
    assert found.image_noise > 0


def test_small_classes_make_a_mean_over_classes_less_sure():
    assert class_unevenness("accuracy", np.array(SIZES)) == 1
    assert class_unevenness("macro-f1", np.array([50, 50, 50, 0])) == pytest.approx(1)
    expected = np.sqrt(200 * (1 / 160 + 1 / 30 + 1 / 10)) / 3
    assert class_unevenness("balanced-accuracy", np.array(SIZES)) == pytest.approx(expected)


def test_the_doctor_says_what_one_image_weighs_and_which_classes_are_left_out():
    dataset = replace(make_dataset(), classes=("cat", "dog", "owl", "hen"))
    counts = np.array([*SIZES, 0])
    (plain,) = notices_of_test_images(dataset, counts, 0.2, "accuracy")
    assert "200 test images: one is 0.5 points of a run's accuracy" in plain.words
    size, left_out = notices_of_test_images(dataset, counts, 0.2, "macro-f1")
    assert "one of the smallest class is 3.3 points of a run's macro-F1" in size.words
    assert left_out.words.endswith("as they have no test images: hen")


def test_it_is_set_in_the_file_on_the_command_line_and_refused_where_it_is_none(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text('metric = "macro-f1"\n')
    assert read_settings(file, None, {}).rule.metric == "macro-f1"
    file.write_text('[rule]\nmetric = "f1"\n')
    with pytest.raises(InputError, match="metric: must be accuracy, balanced-accuracy or macro-f1"):
        read_settings(file, None, {})
    run = CliRunner().invoke(app, ["study", "--metric", "auc", "--out", str(tmp_path / "s")])
    assert run.exit_code == 2
    assert "balanced-accuracy or macro-f1, got 'auc'" in run.stderr
