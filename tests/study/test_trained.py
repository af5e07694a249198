"""Whether the networks of a study were trained long enough: measured, judged and said."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.console import Console

from augury.api.verdicts import VerdictTable
from augury.data import Split, load_dataset
from augury.records.result import Learned, read_result, write_result
from augury.records.verdicts import read_verdicts
from augury.report import load_study, verdict_html, verdict_table
from augury.report.html import render
from augury.study import judge_study
from augury.study.doctor.learning import FEWEST_STEPS, learning_notices
from augury.study.judging.pairs import read_finished
from augury.study.planning.parts import count_own
from augury.study.running.learned import own_images
from augury.study.running.listener import Listener
from augury.study.running.prepare import prepare
from augury.study.running.run import run_cell
from augury.study.store import StudyFolder
from augury.training.teacher import teacher_network
from helpers.studies import make_study, quick_plan, quick_settings

RIGHT = {"none": [150, 152, 149, 151, 150, 153], "flip": [160, 163, 158, 162, 161, 162]}


def learned(right, slope=0.02):
    return Learned(images=60, right=right, steps=9, slope=slope)


def study_of(path, **told):
    """told: what all runs of an arm measured; None as by an earlier version. 3 epochs."""
    plan, folder = make_study(path, RIGHT)
    for cell in plan.cells:
        file = folder.run(cell).result
        write_result(file, replace(read_result(file), learned=told[cell.augmentation]))
    judge_study(plan, folder)
    return plan, folder


def printed(study):
    console = Console(width=200, force_terminal=False)
    with console.capture() as capture:
        console.print(verdict_table(study))
    return capture.get()


def test_a_run_measures_what_its_network_has_learned(tmp_path):
    """Against the stored weights, applied to the images of the run by hand."""
    plan, folder, digits = (
        quick_plan(quick_settings()),
        StudyFolder(tmp_path),
        load_dataset("digits"),
    )
    cell = plan.cells[1]  # its images are augmented
    assert cell.augmentation == "normal"
    found = run_cell(cell, plan, folder, digits, Listener()).learned
    train = prepare(cell, digits, plan).train
    network = teacher_network(str(folder.run(cell).weights), torch.device("cpu"))
    with torch.no_grad():
        called = network.eval().predict(torch.from_numpy(train.images)).argmax(1).numpy()
    assert found.images == len(train) == 60
    assert found.right == pytest.approx((called == train.labels).mean())
    assert found.steps == 2 * 3  # 60 images in batches of 20
    first, last = (
        json.loads(line)["accuracy"] for line in folder.run(cell).epochs.read_text().splitlines()
    )
    assert found.slope == pytest.approx(last - first)


def test_of_many_images_a_stratified_part_is_asked():
    assert [count_own(n, 10) for n in (60, 2000, 50_000)] == [60, 2000, 2000]
    assert count_own(50_000, 3000) == 3000
    plan, digits = quick_plan(quick_settings()), load_dataset("digits")
    prepared = prepare(plan.cells[0], digits, plan)
    labels = np.repeat([0, 1, 2], [2900, 90, 10])
    split = Split(np.zeros((3000, 1, 8, 8), np.uint8), labels, np.arange(3000))
    asked = own_images(replace(prepared, train=split))
    assert np.bincount(asked.labels).tolist() == [1933, 60, 7]
    assert (asked.ids == own_images(replace(prepared, train=split)).ids).all()
    assert own_images(prepared).ids.tolist() == prepared.train.ids.tolist()


def test_a_baseline_that_is_still_learning_is_said_everywhere(tmp_path):
    plan, folder = study_of(tmp_path, none=learned(0.80, 0.02), flip=learned(0.70, 0.03))
    verdicts = read_verdicts(folder.path / "verdicts.json")
    none, flip = verdicts.trained
    # Two points an epoch are 1.5 in a quarter of three epochs.
    assert (none.runs, none.steps, none.right) == (6, 9, pytest.approx(80))
    assert none.rise == pytest.approx(1.5)
    assert none.still_learning
    assert flip.still_learning
    # Four times the epochs, and twelve runs of a second each.
    assert (verdicts.next_epochs, verdicts.next_seconds) == (12, pytest.approx(48))
    study = load_study(folder.path)
    line = (
        "still learning: after 3 epochs (9 steps) none gets 80.0 % of its own training images "
        "right, and its training accuracy rises by 1.5 points in the last quarter: these verdicts "
        "hold for this budget only"
    )
    budget = "the next budget to try: 12 epochs, about 48 s of training in all"
    for text in (printed(study), verdict_html(study)):
        assert line in text
        assert budget in text
    page = render(study)
    assert f"S{line[1:]}." in page
    assert "The networks were still learning: this holds for 3 epochs only." in page
    table = VerdictTable(study)
    assert (table.still_learning, table.next_epochs) == (True, 12)
    assert table.trained == verdicts.trained
    (notice,) = learning_notices(plan, read_finished(plan.cells, folder))
    assert (notice.level, notice.check) == ("warning", "trained")
    assert notice.words == (
        "still learning: none gets 80.0 % of its own training images right after 3 epochs; the "
        "next budget to try: 12 epochs"
    )


def test_arms_that_are_still_learning_are_named_where_the_baseline_has_learned(tmp_path):
    _, folder = study_of(tmp_path, none=learned(1.0), flip=learned(0.94))
    study = load_study(folder.path)
    assert (
        "still learning with flip: the networks get 94.0 % of their own training images right "
        "after 3 epochs, and its verdict holds for this budget only"
    ) in printed(study)
    assert study.next_epochs == 6
    assert "With flip, networks were still learning after 3 epochs." in render(study)


@pytest.mark.parametrize("flip", [learned(0.995), learned(0.8, 0.001)])
def test_networks_that_have_learned_are_not_warned_of(tmp_path, flip):
    """Or that learn no more, as with an augmentation that changes what images show."""
    plan, folder = study_of(tmp_path, none=learned(1.0), flip=flip)
    study = load_study(folder.path)
    assert "learning" not in printed(study)
    assert (study.next_epochs, study.next_seconds) == (None, None)
    assert VerdictTable(study).still_learning is False
    (notice,) = learning_notices(plan, read_finished(plan.cells, folder))
    assert notice.level == "fine"


def test_of_earlier_versions_it_is_not_known_and_their_files_stay_as_they_were(tmp_path):
    _, folder = study_of(tmp_path, none=None, flip=None)
    written = json.loads((folder.path / "verdicts.json").read_text())
    assert set(written) == {"schema", "unit", "rule", "comparisons", "sha256"}
    study = load_study(folder.path)
    assert "not known whether the networks were trained long enough" in printed(study)
    assert "Not known whether" in render(study)
    table = VerdictTable(study)
    assert (table.trained, table.still_learning, table.next_epochs) == ((), None, None)


def test_an_arm_whose_runs_do_not_tell_is_named(tmp_path):
    _, folder = study_of(tmp_path, none=learned(1.0), flip=None)
    assert "not known of flip, as no run of theirs has measured it" in printed(
        load_study(folder.path)
    )


def test_too_few_steps_are_said_before_anything_runs():
    short = quick_plan(quick_settings(recipe={"epochs": 2}))
    (notice,) = learning_notices(short, {})
    assert (notice.level, notice.check, notice.count) == ("warning", "few-steps", 6)
    enough = quick_plan(quick_settings(recipe={"epochs": -(-FEWEST_STEPS // 3)}))
    assert list(learning_notices(enough, {})) == []
    cells = tuple(
        replace(cell, network=replace(cell.network, pretrained=True)) for cell in short.cells
    )
    assert list(learning_notices(replace(short, cells=cells), {})) == []
