"""The secondary evidence of made-up runs, against values worked out by hand."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from augury.records.epochs import read_epochs, write_epochs
from augury.records.json_file import write_json
from augury.records.result import read_result, write_result
from augury.study import judge_study
from helpers.studies import IMAGES, make_study, write_run

NONE = [150, 152, 149, 151, 150, 153]
FLIP = [160, 163, 158, 162, 161, 162]


def evidence(plan, folder):
    judge_study(plan, folder)
    # Strict JSON, with its checksum.
    written = json.loads((folder.path / "evidence.json").read_text(), parse_constant=pytest.fail)
    assert written.pop("sha256")
    return written


def arms(plan, folder):
    return {arm["augmentation"]: arm for arm in evidence(plan, folder)["arms"]}


def nll(right, of, temperature=1.0):
    """Of logits that are 4 for the class that is called and 0 for nine others."""
    scale = 4 / temperature
    rest = math.log(math.exp(scale) + 9)
    return (right * (rest - scale) + (of - right) * rest) / of


def test_probabilities_before_and_after_the_temperature(tmp_path):
    found = arms(*make_study(tmp_path, {"none": NONE, "flip": FLIP}))
    measures = found["flip"]["measures"]
    before = [nll(right, IMAGES) for right in FLIP]
    differences = np.array(before) - [nll(right, IMAGES) for right in NONE]
    assert measures["nll"]["mean"] == pytest.approx(np.mean(before), rel=1e-6)
    assert measures["nll"]["difference"] == pytest.approx(differences.mean(), rel=1e-6)
    interval = stats.ttest_1samp(differences, 0).confidence_interval()
    assert measures["nll"]["interval"] == pytest.approx(list(interval), rel=1e-5)
    # Of the validation images 120 of 150 are right: the temperature at which a call has
    # probability 0.8, so that e^(4/T) = 0.8 · 9 / 0.2 = 36.
    temperature = 4 / math.log(36)
    assert measures["temperature"]["mean"] == pytest.approx(temperature, rel=1e-4)
    after = np.mean([nll(right, IMAGES, temperature) for right in FLIP])
    assert measures["nll_scaled"]["mean"] == pytest.approx(after, rel=1e-5)
    # All images share one confidence, so the calibration error is its distance to the accuracy.
    gaps = [abs(0.8 - right / IMAGES) for right in FLIP]
    assert measures["calibration_error_scaled"]["mean"] == pytest.approx(np.mean(gaps), abs=1e-5)


def test_the_baseline_differs_from_itself_by_nothing(tmp_path):
    measures = arms(*make_study(tmp_path, {"none": NONE, "flip": FLIP}))["none"]["measures"]
    assert {m["difference"] for m in measures.values()} == {0.0}
    assert {m["interval"] for m in measures.values()} == {None}


def test_runs_that_are_missing_or_failed_are_counted(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": [160, None, 158, 162, None, 162]})
    failed = next(c for c in plan.cells if (c.augmentation, c.seed) == ("flip", 1))
    folder.run(failed).path.mkdir(parents=True)
    write_json(folder.run(failed).error, {"cell": failed.name, "error": "the loss is nan"})
    found = arms(plan, folder)
    assert found["flip"]["runs"] == {"planned": 6, "done": 4, "failed": 1}
    # Means are over the four that are done, differences over the same four seeds.
    expected = np.mean([nll(FLIP[s], IMAGES) - nll(NONE[s], IMAGES) for s in (0, 2, 3, 5)])
    assert found["flip"]["measures"]["nll"]["difference"] == pytest.approx(expected, rel=1e-5)


def test_an_arm_without_any_run(tmp_path):
    found = arms(*make_study(tmp_path, {"none": NONE, "flip": [None] * 6}))
    flip = found["flip"]
    assert flip["runs"]["done"] == 0
    assert flip["measures"] == {}
    for name in ("budget", "optimism", "corruptions", "equal_time"):
        assert flip[name] is None


def test_the_optimism_of_picking_the_best_epoch(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP})
    # Epochs of 50, 60 and 80 %: the last one is the best, so nothing was to be gained.
    assert arms(plan, folder)["flip"]["optimism"] == 0
    # Epochs of 50, 60 and 50 %: in half of the runs 10 points would have been.
    for cell in [c for c in plan.cells if c.augmentation == "flip"][::2]:
        write_run(folder, cell, FLIP[cell.seed], validation=75)
    assert arms(plan, folder)["flip"]["optimism"] == pytest.approx(5.0)


def test_a_run_that_looked_at_validation_in_some_epochs_tells_nothing_of_the_others(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP})
    for cell in [c for c in plan.cells if c.augmentation == "flip"]:
        file = folder.run(cell).epochs
        first, *others = read_epochs(file)
        unseen = replace(first, validation_loss=None, validation_accuracy=None)
        write_epochs(file, [unseen, *others])
    found = arms(plan, folder)
    assert found["flip"]["optimism"] is None
    assert found["flip"]["equal_time"] is None
    assert found["none"]["optimism"] == 0
    assert found["none"]["equal_time"]["mean"] == pytest.approx(80)


def test_equal_epochs_and_equal_time(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP}, epochs=8)
    found = arms(plan, folder)
    # Steps of 12 ms, 2 of them augmentation, against 18 ms and 8: costs of 1.2 and 1.8.
    assert found["none"]["budget"]["cost"] == pytest.approx(1.2)
    assert found["flip"]["budget"]["cost"] == pytest.approx(1.8)
    # Two thirds of eight epochs are five whole ones; the fifth got 90 %, the baseline's last 80 %.
    equal = found["flip"]["equal_time"]
    assert (equal["epochs"], equal["of"]) == (5, 8)
    assert equal["mean"] == pytest.approx(90)
    assert equal["difference"] == pytest.approx(10)
    assert found["none"]["equal_time"]["epochs"] == 8
    assert found["flip"]["budget"]["epochs"] == found["none"]["budget"]["epochs"] == 8


def test_features_that_were_computed_once_count_by_seconds(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP}, epochs=8)
    for cell in plan.cells:
        if cell.augmentation == "none":
            file = folder.run(cell).result
            done = read_result(file)
            speed = replace(done.speed, features="once")
            write_result(file, replace(done, speed=speed, step_seconds=0.0045, augment_seconds=0.0))
    found = arms(plan, folder)
    assert found["none"]["budget"]["features_once"]
    assert found["none"]["budget"]["cost"] == 1.0
    assert not found["flip"]["budget"]["features_once"]
    # Its own augmentation costs the arm what it did; 8 epochs of 4.5 ms are 2 of 18 ms.
    assert found["flip"]["budget"]["cost"] == pytest.approx(1.8)
    assert found["flip"]["equal_time"]["epochs"] == 2


def test_accuracy_under_corruptions(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP})
    for cell in plan.cells:
        share = 0.5 + 0.01 * cell.seed + 0.1 * (cell.augmentation == "flip")
        accuracy = {"fog": [share] * 5, "jpeg": [share, share, share, share, share - 0.1]}
        robust = {"images": 40, "clean": 0.9, "accuracy": accuracy}
        write_json(folder.run(cell).corruptions, robust)
    flip = arms(plan, folder)["flip"]
    assert flip["corruptions"]["accuracy"]["jpeg"] == pytest.approx([62.5] * 4 + [52.5])
    assert (flip["corruptions"]["images"], flip["corruptions"]["runs"]) == (40, 6)
    assert flip["corruptions"]["clean"] == pytest.approx(90)
    assert flip["measures"]["corrupted_accuracy"]["mean"] == pytest.approx(61.5)
    assert flip["measures"]["corrupted_accuracy"]["difference"] == pytest.approx(10)


def test_predictions_that_are_not_finite_give_no_probabilities(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP})
    run = folder.run(plan.cells[0])
    with np.load(run.predictions) as stored:
        arrays = dict(stored)
    arrays["test_logits"][7] = np.nan
    np.savez(run.predictions, **arrays)
    measures = arms(plan, folder)["none"]["measures"]
    assert measures["nll"]["mean"] == pytest.approx(np.mean([nll(r, IMAGES) for r in NONE[1:]]))


def test_one_data_set_and_network_is_not_ranked(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP, "crop": NONE[::-1]})
    assert evidence(plan, folder)["overall"] is None


def test_ranks_over_several_networks(tmp_path):
    right = {"none": NONE, "flip": FLIP, "crop": [r + 4 for r in NONE]}
    plan, folder = make_study(tmp_path, right, models=["small", "resnet18", "vgg19"])
    overall = evidence(plan, folder)["overall"]
    assert overall["arms"] == ["none", "flip", "crop"]
    assert len(overall["problems"]) == 3
    # The three networks agree: ranks 3, 1, 2, and Friedman's statistic is 3 · (3 − 1) = 6.
    assert overall["ranks"]["mean_ranks"] == [3, 1, 2]
    assert overall["ranks"]["statistic"] == pytest.approx(6)
    # Of 18 pooled values a quarter, 4, is cut at either end.
    pooled = sorted(FLIP * 3)
    expected = np.mean([r / 2 for r in pooled[4:-4]])
    assert overall["interquartile_means"][1]["mean"] == pytest.approx(expected)


def test_one_seed_has_no_interval_over_networks(tmp_path):
    right = {"none": NONE[:1], "flip": FLIP[:1]}
    plan, folder = make_study(tmp_path, right, models=["small", "resnet18"])
    overall = evidence(plan, folder)["overall"]
    assert overall["interquartile_means"][0] == {"mean": 75.0, "interval": None}
    assert overall["ranks"] is None
