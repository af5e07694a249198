"""One cell in this process: repeatable, paired, resumable."""

import json
import sys
from functools import cache

import numpy as np
import pytest
import torch
from filelock import FileLock, Timeout

from augury.errors import InputError
from augury.study import StudyFolder
from augury.study.preview import show
from augury.study.running.listener import Listener
from augury.study.running.prepare import prepare
from augury.study.running.record_batches import augmented_images
from augury.study.running.run import run_cell
from helpers.studies import epochs_without_times, quick_plan, quick_settings

ARMS = [
    "none",
    "normal",
    "random-erasing",
    "cutout",
    "salience",
    "salience-raw",
    "normal+salience",
    "crop+cutmix",
]


@pytest.fixture(autouse=True)
def one_thread():
    """As in a worker, whose number of threads the plan fixes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def plan():
    # Few corrupted images: test_robustness.py looks at what they give.
    return quick_plan(quick_settings(augmentations=ARMS, seeds=2, corruptions=2))


def cell_of(plan, augmentation, seed=0):
    return next(c for c in plan.cells if (c.augmentation, c.seed) == (augmentation, seed))


@pytest.fixture(scope="module")
def straight(plan, digits, tmp_path_factory):
    """An augmentation's run that nothing happened to: its folder and result."""

    @cache
    def run(augmentation):
        folder = StudyFolder(tmp_path_factory.mktemp("straight"))
        return folder, run_cell(cell_of(plan, augmentation), plan, folder, digits, Listener())

    return run


@pytest.mark.parametrize("augmentation", ARMS)
def test_two_runs_are_equal_to_the_bit(augmentation, plan, digits, straight, tmp_path):
    cell = cell_of(plan, augmentation)
    first, result = straight(augmentation)
    folders = [first, StudyFolder(tmp_path)]
    results = [result, run_cell(cell, plan, folders[1], digits, Listener())]
    metrics = [epochs_without_times(folder, cell) for folder in folders]
    assert metrics[0] == metrics[1]
    assert len(metrics[0]) == 2
    assert results[0].test == results[1].test
    for name in ("predictions", "examples"):
        first, second = (np.load(getattr(folder.run(cell), name)) for folder in folders)
        assert set(first) == set(second)
        for key in first:
            assert (first[key] == second[key]).all(), key


def test_the_result_says_what_was_done(plan, digits, tmp_path):
    cell, folder = cell_of(plan, "salience"), StudyFolder(tmp_path)
    told = []
    result = run_cell(cell, plan, folder, digits, Listener(on_epoch=told.append))
    assert [epoch.epoch for epoch in told] == [0, 1]
    written = json.loads(folder.run(cell).result.read_text())
    assert written["test"]["accuracy"] == result.test.accuracy
    assert written["cell"]["name"] == cell.name
    assert (result.cell, result.teacher) == (cell, "self")
    assert result.train.accuracy == told[-1].accuracy
    assert result.validation.accuracy == told[-1].validation_accuracy
    with np.load(folder.run(cell).predictions) as stored:
        right = stored["test_logits"].argmax(1) == stored["test_labels"]
        assert result.test.accuracy == pytest.approx(right.mean())
        assert len(stored["test_ids"]) == 50
        assert not set(stored["test_ids"]) & set(stored["validation_ids"])
    assert np.sum(result.test.confusion) == 50
    assert [p.name for p in folder.run(cell).weights.parent.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("seed", [0, 1])
def test_arms_of_a_seed_start_alike(plan, digits, seed):
    """Bit-equal weights, the same split and the same order, whatever the augmentation."""
    prepared = [prepare(cell_of(plan, arm, seed), digits, plan) for arm in ARMS]
    first = prepared[0].training.network.model.state_dict()
    for other in prepared[1:]:
        state = other.training.network.model.state_dict()
        assert all(torch.equal(state[name], first[name]) for name in first)
        assert (other.train.ids == prepared[0].train.ids).all()
        assert (other.validation.ids == prepared[0].validation.ids).all()
        assert (other.test.ids == prepared[0].test.ids).all()


def test_a_limit_on_training_limits_validation_in_proportion(plan, digits):
    prepared = prepare(cell_of(plan, "none"), digits, plan)
    assert len(prepared.train) == 60
    assert len(prepared.validation) == round(60 * 0.3 / 0.7)
    assert not set(prepared.train.ids) & set(prepared.validation.ids)


def test_seeds_differ_in_weights_and_split_but_not_in_test_images(plan, digits):
    first, second = (prepare(cell_of(plan, "none", seed), digits, plan) for seed in (0, 1))
    one, two = (p.training.network.model.state_dict() for p in (first, second))
    assert not torch.equal(one["classifier.weight"], two["classifier.weight"])
    assert set(first.train.ids) != set(second.train.ids)
    assert (first.test.ids == second.test.ids).all()


@pytest.mark.parametrize("augmentation", ARMS)
def test_an_image_is_the_same_alone_and_in_company(augmentation, plan, digits):
    """Also of arms that look at the network: their maps depend on the image's id alone."""
    prepared = prepare(cell_of(plan, augmentation), digits, plan)
    list(prepared.training.epochs(until=1))
    prepared.sources.refresh()
    ids = prepared.train.ids
    together = augmented_images(prepared, ids, 1)["augmented"]
    shuffled = np.random.default_rng(0).permutation(len(ids))
    assert (augmented_images(prepared, ids[shuffled], 1)["augmented"] == together[shuffled]).all()
    for i in range(0, len(ids), 7):
        assert (augmented_images(prepared, ids[i : i + 1], 1)["augmented"][0] == together[i]).all()


def test_an_image_that_is_not_trained_on_is_refused(plan, digits):
    prepared = prepare(cell_of(plan, "normal"), digits, plan)
    held_out = int(prepared.validation.ids[0])
    with pytest.raises(
        InputError, match=rf"id {held_out}: not among the 60 images that seed 0 tra"
    ):
        augmented_images(prepared, np.array([held_out]), 0)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("augmentation", ["random-erasing", "salience"])
@pytest.mark.parametrize("moment", ["first epoch", "last epoch", "before the test"])
def test_going_on_after_a_cut_gives_the_same_bits(
    augmentation, moment, plan, digits, straight, tmp_path, monkeypatch
):
    cell, cut = cell_of(plan, augmentation), StudyFolder(tmp_path)
    uncut, expected = straight(augmentation)

    def on_step(epoch, step, steps):
        if step == 1 and epoch == (0 if moment == "first epoch" else 1):
            raise Killed

    if moment == "before the test":
        with monkeypatch.context() as patch:
            patch.setattr(
                "augury.study.running.run.evaluate",
                lambda *arguments: (_ for _ in ()).throw(Killed),
            )
            with pytest.raises(Killed):
                run_cell(cell, plan, cut, digits, Listener())
    else:
        with pytest.raises(Killed):
            run_cell(cell, plan, cut, digits, Listener(on_step=on_step))
    assert not cut.run(cell).done
    result = run_cell(cell, plan, cut, digits, Listener())
    assert result.test == expected.test
    assert epochs_without_times(cut, cell) == epochs_without_times(uncut, cell)
    with np.load(cut.run(cell).examples) as ours, np.load(uncut.run(cell).examples) as theirs:
        assert all((ours[key] == theirs[key]).all() for key in theirs)


def test_a_cell_that_another_process_is_at_is_left_alone(plan, digits, tmp_path):
    cell, folder = cell_of(plan, "none"), StudyFolder(tmp_path)
    lock = folder.lock_file(cell)
    lock.parent.mkdir()
    with FileLock(lock), pytest.raises(Timeout):
        run_cell(cell, plan, folder, digits, Listener())


def test_a_finished_cell_is_not_run_again(plan, digits, tmp_path):
    cell, folder = cell_of(plan, "none"), StudyFolder(tmp_path)
    run_cell(cell, plan, folder, digits, Listener())
    before = folder.run(cell).result.stat().st_mtime_ns
    run_cell(cell, plan, folder, digits, Listener(on_epoch=lambda epoch: pytest.fail("trained")))
    assert folder.run(cell).result.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("augmentation", "teacher"),
    [
        ("flip+cutmix", "self"),
        ("crop+puzzlemix", "self"),
        ("salience", "live"),
        ("normal+salience", "live:half"),
        ("salience+mixup", "self:2"),
    ],
)
def test_a_preview_is_what_the_last_epoch_saw(augmentation, teacher, digits, tmp_path):
    """Pixels, maps and mixed targets; batches are made again, and where need be trained again."""
    changes = {"augmentations": [augmentation], "teacher": teacher, "corruptions": 0}
    plan = quick_plan(quick_settings(**changes))
    (cell,) = plan.cells
    folder = StudyFolder(tmp_path)
    run_cell(cell, plan, folder, digits, Listener())
    with np.load(folder.run(cell).examples) as kept:
        shown = show(cell, plan, digits, kept["ids"], int(kept["epoch"]))
        assert set(kept) - {"epoch"} == set(shown.arrays)
        for name, value in shown.arrays.items():
            assert (kept[name] == value).all(), name
        if augmentation != "salience" and "normal" not in augmentation:
            assert (kept["targets"].max(1) < 1).any()


def test_an_arm_of_ones_own(digits, tmp_path, monkeypatch):
    """A module in the working folder; a change of its code is another arm."""
    module = tmp_path / "own_arm.py"
    module.write_text("def make(level=2):\n    return lambda image: image // level\n")
    monkeypatch.chdir(tmp_path)
    settings = quick_settings(augmentations=["own_arm:make+flip"])
    plan = quick_plan(settings)
    (cell,) = plan.cells
    result = run_cell(cell, plan, StudyFolder(tmp_path / "study"), digits, Listener())
    assert result.cell.augmentation == "own_arm:make+flip"
    with np.load(StudyFolder(tmp_path / "study").run(cell).examples) as kept:
        halved = kept["originals"] // 2
        for image, flipped, seen in zip(halved, halved[..., ::-1], kept["augmented"], strict=True):
            assert (seen == image).all() or (seen == flipped).all()
    module.write_text("def make(level=2):\n    return lambda image: image // level + 1\n")
    sys.modules.pop("own_arm")
    with pytest.raises(InputError, match="own_arm:make: its code has changed since the study"):
        prepare(cell, digits, plan)
    with pytest.raises(InputError, match=r"not confirmed: own_arm\.py"):
        quick_plan(settings)
    named_anew = quick_settings(augmentations=["own_arm:make+flip"])
    assert quick_plan(named_anew).cells[0].name != cell.name
