"""What the doctor finds in data that is wrong, and what it makes of a whole study."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from augury.data import load_dataset
from augury.errors import InputError
from augury.records.plan import write_plan
from augury.records.provenance import Machine
from augury.records.result import write_result
from augury.study import StudyFolder
from augury.study.doctor import costing
from augury.study.doctor import examine as examine_with
from augury.study.doctor.data import examine_data
from augury.study.engines import Local
from augury.study.planning import probe
from augury.study.planning.describe import describe_leakage
from augury.study.planning.parts import count_classes
from augury.study.running.prepare import prepare
from augury.study.store import write_arrays
from augury.training import Recipe
from helpers.results import make_result
from helpers.studies import SPEED, quick_plan, quick_settings

SIZE = 12


def noise(*key):
    return np.random.default_rng(key).integers(0, 256, (SIZE, SIZE), np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two classes of noise, 30 training images each, and 31 test images each: nothing is wrong."""
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    for k, name in enumerate(("ant", "bee")):
        for part, count in (("train", 30), ("test", 31)):
            for i in range(count):
                save(tmp_path / "insects" / part / name / f"{i:03}.png", noise(k, i, count))
    return tmp_path / "insects"


def found(folder, min_difference=2.0, **recipe):
    """{check: count} of what is not fine, and the findings by check."""
    findings = examine_data(load_dataset(str(folder)), Recipe(**recipe), min_difference)
    faults = {f.check: f.count for f in findings if f.level != "fine"}
    return faults, {f.check: f for f in findings}


def test_nothing_is_found_in_clean_data(folder):
    faults, by_check = found(folder)
    assert faults == {}
    assert by_check["sizes"].words == (
        "trained on 42, validated on 18, tested on 62 images of 1×12×12 in 2 classes"
    )


def test_imbalance(folder):
    for i in range(27):
        (folder / f"train/bee/{i:03}.png").unlink()
    faults, by_check = found(folder, validation=0.0)
    assert faults == {"few-training-images": 1}  # 30 is ten times 3, no more
    (folder / "train/bee/027.png").unlink()
    faults, by_check = found(folder, validation=0.0)
    assert faults == {"few-training-images": 1, "imbalance": 15}
    assert "ant has 30 training images, bee has 2" in by_check["imbalance"].words
    assert "bee has 2" in by_check["few-training-images"].words


def test_a_class_that_validation_cannot_be_taken_from(folder):
    for i in range(29):
        (folder / f"train/bee/{i:03}.png").unlink()
    faults, by_check = found(folder)
    assert faults == {"few-validation-images": 1, "few-training-images": 1, "imbalance": 30}
    assert "1 of 2 classes have no validation images: bee has 0" in (
        by_check["few-validation-images"].words
    )


def test_conflicting_labels(folder):
    save(folder / "train/ant/000.png", noise(1, 5, 30))  # bee 5
    save(folder / "train/ant/001.png", noise(1, 5, 30))
    save(folder / "train/ant/002.png", noise(0, 3, 30))  # ant 3: the same label
    faults, by_check = found(folder)
    assert faults == {"conflicting-labels": 3}
    assert by_check["conflicting-labels"].words.endswith("ids 0, 1, 35")


def test_leaked_test_images(folder):
    save(folder / "test/ant/007.png", noise(0, 3, 30))
    save(folder / "test/ant/008.png", noise(1, 4, 30))
    faults, by_check = found(folder)
    assert faults == {"leaked-test-images": 2}
    assert "2 of 62 test images" in by_check["leaked-test-images"].words
    assert "1 of them with another label" in by_check["leaked-test-images"].words


def test_the_plan_names_the_files_of_leaked_images(folder):
    save(folder / "test/ant/007.png", noise(0, 3, 30))
    leakage = describe_leakage(load_dataset(str(folder)), str(folder))
    assert leakage.files == (("test/ant/007.png", "train/ant/003.png"),)
    assert leakage.pairs == ((67, 3),)


def test_images_of_one_color(folder):
    save(folder / "train/ant/000.png", np.zeros((SIZE, SIZE), np.uint8))
    save(folder / "train/ant/001.png", np.full((SIZE, SIZE), 9, np.uint8))
    faults, by_check = found(folder)
    assert faults == {"plain-images": 2}
    assert by_check["plain-images"].words == (
        "2 training images are of one color, 1 of them black: ids 0, 1"
    )


def test_a_test_part_too_small_for_the_difference_that_matters(folder):
    assert found(folder, 100 / 62)[0] == {}
    faults, by_check = found(folder, test_limit=40)
    assert faults == {"test-size": 40}
    assert "one is 2.5 points" in by_check["test-size"].words  # 100 / 40


def test_limits_that_leave_next_to_nothing(folder):
    faults, by_check = found(folder, train_limit=20, test_limit=62)
    assert faults == {}
    faults, by_check = found(folder, train_limit=19, test_limit=16)
    assert faults == {"few-training-images": 1, "few-test-images": 2, "test-size": 16}
    assert "(train_limit 19)" in by_check["few-training-images"].words
    assert "ant has 8" in by_check["few-test-images"].words


def test_a_limit_that_cannot_be_kept():
    dataset = load_dataset("digits")
    by_check = {f.check: f for f in examine_data(dataset, Recipe(train_limit=9), 0.2)}
    assert by_check["limits"].level == "problem"
    assert "at least one per class (10), got 9" in by_check["limits"].words


def test_what_loading_has_done_is_told(folder):
    (folder / "train/ant/broken.png").write_bytes(b"")
    faults, by_check = found(folder)
    assert faults == {"set-aside": 1}
    assert "train/ant/broken.png (an empty file)" in by_check["set-aside"].words
    for file in (folder / "test").rglob("*.png"):
        file.unlink()
    for name in ("ant", "bee"):
        (folder / "test" / name).rmdir()
    (folder / "test").rmdir()
    save(folder / "train/ant/wide.png", np.hstack([noise(8), noise(9)]))
    faults, by_check = found(folder)
    assert faults == {
        "set-aside": 1,
        "no-test-part": 12,
        "resized": 1,
        "few-test-images": 2,
        "test-size": 12,
    }


@pytest.mark.parametrize(
    "recipe",
    [
        {"train_limit": None, "test_limit": None},
        {"train_limit": 100, "test_limit": None},
        {"train_limit": 57, "test_limit": 33, "validation": 0.1},
    ],
)
def test_the_parts_are_those_that_a_run_has(digits, recipe):
    settings = replace(quick_settings(augmentations=["none"]), recipe=Recipe(**recipe))
    plan = quick_plan(settings)
    prepared = prepare(plan.cells[0], digits, plan)
    parts = count_classes(digits, settings.recipe)
    own = prepared.train, prepared.validation, prepared.test
    for counts, part in zip((parts.train, parts.validation, parts.test), own, strict=True):
        np.testing.assert_array_equal(counts, np.bincount(part.labels, minlength=10))


@pytest.fixture
def unprobed(monkeypatch):
    """9 ms a step, without trying."""
    monkeypatch.setattr(probe, "probe", lambda *arguments: SPEED)


def examine(settings, workers=2, **options):
    """With one thread a cell on two cores, as other tests may be running beside."""
    return examine_with(settings, engine=Local(workers), **options)


def by_check(diagnosis, level="problem"):
    return {f.check: f for f in diagnosis.findings if f.level == level}


def test_a_whole_study(unprobed, tmp_path):
    settings = quick_settings(
        seeds=6, augmentations=["none", "salience", "saliencymix", "puzzlemix"], corruptions=20
    )
    found = examine(settings, path=tmp_path / "study")
    assert found.problems == 0
    assert found.machine.workers == 2
    assert found.machine.speed == {"small on digits": SPEED}
    costs = found.costs
    assert [arm.augmentation for arm in costs.arms] == list(settings.augmentations)
    assert (costs.cells, costs.done, costs.most) == (24, 0, None)
    assert {arm.step for arm in costs.arms} == {0.009}
    assert all(arm.augment > 0 and arm.seconds > 6 * 0.009 for arm in costs.arms)
    # Only saliencymix follows a filter, whose maps are computed once.
    assert [list(arm.once) for arm in costs.arms] == [
        [],
        [],
        ["spectral-residual maps of digits"],
        [],
    ]
    # From the definition of `small` for 1 channel and 10 classes: convolutions, batch
    # normalization (two vectors of parameters, two of statistics and a count), the linear layer.
    widths = [(1, 32), (32, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256)]
    weights = sum(9 * i + 2 for i, o in widths for _ in range(o)) + 257 * 10
    statistics = sum(2 * 4 * o + 8 for _, o in widths)
    sizes = costs.arms[0].sizes
    assert sizes.parameters == sizes.states == 4 * weights
    assert sizes.weights == 4 * weights + statistics
    assert sizes.checkpoint == sizes.weights + sizes.states
    assert sizes.predictions == (26 + 50) * (16 + 40)  # validation, test
    (power,) = found.power
    assert (power.seeds, power.comparisons, power.spread.source) == (6, 3, "default")
    assert not (tmp_path / "study").exists()
    json.dumps(asdict(found), allow_nan=False)


def test_maps_in_memory_are_counted_where_they_follow_the_network(unprobed, tmp_path):
    for teacher, bytes_each in (("self", 16 * 16), ("live", 0)):
        settings = quick_settings(augmentations=["salience"], teacher=teacher, corruptions=0)
        (arm,) = examine(settings, path=tmp_path / "study").costs.arms
        assert arm.sizes.maps == 2 * 60 * bytes_each  # 60 images, the old maps and the new


def test_one_seed_and_one_arm(unprobed, tmp_path):
    one_seed = examine(quick_settings(augmentations=["none", "flip"]), path=tmp_path / "study")
    assert one_seed.problems == 1
    assert by_check(one_seed)["too-few-seeds"].words.startswith("1 paired seed, the rule needs 6")
    assert one_seed.power == ()
    one_arm = examine(quick_settings(augmentations=["none"]), path=tmp_path / "study")
    assert one_arm.problems == 0
    assert "one-arm" in by_check(one_arm, "warning")


def test_what_cannot_be_loaded_or_built_is_told_and_the_rest_goes_on(unprobed, tmp_path):
    (tmp_path / "empty").mkdir()
    settings = quick_settings(
        datasets=["digits", str(tmp_path / "empty"), str(tmp_path / "nowhere")],
        models=["small", "timm:vit_tiny_patch16_224"],
        augmentations=["none"],
        corruptions=0,
    )
    found = examine(settings, path=tmp_path / "study")
    problems = [(f.where, f.check) for f in found.findings if f.level == "problem"]
    assert problems == [
        (str(tmp_path / "empty"), "data"),
        (str(tmp_path / "nowhere"), "data"),
        ("timm:vit_tiny_patch16_224 on digits", "model"),
    ]
    assert [(arm.dataset, arm.model) for arm in found.costs.arms] == [("digits", "small")]


def test_nothing_that_can_be_loaded(unprobed, tmp_path):
    settings = quick_settings(datasets=[str(tmp_path / "nowhere")], seeds=6)
    found = examine(settings, path=tmp_path / "study")
    assert found.problems == 1
    assert found.costs is None
    assert found.power == ()


def test_a_full_disk_and_a_small_memory(unprobed, tmp_path, monkeypatch):
    monkeypatch.setattr(costing, "free_space", lambda path: 1_000_000)
    monkeypatch.setattr(costing, "machine", lambda: Machine(memory_gb=0.1))
    settings = quick_settings(seeds=6, augmentations=["none", "flip"], corruptions=0)
    found = examine(settings, path=tmp_path / "study")
    assert found.problems == 1
    assert "0.001 GB are free" in by_check(found)["disk"].words
    assert "memory" in by_check(found, "warning")


def test_free_space_is_that_of_the_nearest_folder(tmp_path):
    assert costing.free_space(tmp_path / "a" / "b") == pytest.approx(
        costing.free_space(tmp_path), rel=0.01
    )


def make_study(path, settings, accuracies):
    """A folder whose runs are finished: {arm: test accuracies of seeds 0, 1, ...}."""
    plan, folder = quick_plan(settings), StudyFolder(path)
    path.mkdir()
    write_plan(folder.plan_file, plan)
    for cell in plan.cells:
        if cell.seed >= len(accuracies.get(cell.augmentation, ())):
            continue
        right = accuracies[cell.augmentation][cell.seed]
        labels = np.arange(100) % 10
        called = np.where(np.arange(100) < right, labels, (labels + 1) % 10)
        arrays = {"ids": np.arange(100), "labels": labels, "logits": np.eye(10)[called]}
        run = folder.run(cell)
        write_arrays(run.predictions, {f"test_{name}": array for name, array in arrays.items()})
        write_result(run.result, make_result(cell, right / 100))
    return plan


def test_finished_runs_give_the_spread_and_are_not_paid_for_again(unprobed, tmp_path):
    settings = quick_settings(seeds=6, augmentations=["none", "flip"], corruptions=0)
    make_study(tmp_path / "study", settings, {"none": [80, 82, 81, 84], "flip": [81, 85, 81]})
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "study").rglob("*")}
    found = examine(settings, path=tmp_path / "study")
    assert (found.costs.done, found.costs.cells) == (7, 5)
    assert [arm.cells for arm in found.costs.arms] == [2, 3]
    (power,) = found.power
    spread = power.spread
    assert (spread.source, spread.pairs) == ("runs", 3)
    assert spread.deviation == pytest.approx(np.std([1, 3, 0], ddof=1))
    given = examine(settings, path=tmp_path / "study", spread=0.7).power[0].spread
    assert (given.source, given.deviation) == ("given", 0.7)
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "study").rglob("*")} == before


def test_two_finished_pairs_are_too_few_for_a_spread(unprobed, tmp_path):
    settings = quick_settings(seeds=6, augmentations=["none", "flip"], corruptions=0)
    make_study(tmp_path / "study", settings, {"none": [80, 82], "flip": [81, 85]})
    assert examine(settings, path=tmp_path / "study").power[0].spread.source == "default"


def test_a_folder_with_another_recipe_and_a_damaged_plan(unprobed, tmp_path):
    settings = quick_settings(seeds=6, augmentations=["none", "flip"], corruptions=0)
    make_study(tmp_path / "study", settings, {"none": [80]})
    other = replace(settings, recipe=replace(settings.recipe, epochs=3))
    found = examine(other, path=tmp_path / "study")
    assert "recipe.epochs: 2 → 3" in by_check(found)["recipe"].words
    assert found.costs.done == 0
    (tmp_path / "study" / "plan.json").write_text("{")
    assert "plan" in by_check(examine(settings, path=tmp_path / "study"))


def test_adding_seeds_until_decided_costs_at_most(unprobed, tmp_path):
    settings = quick_settings(
        seeds=6, augmentations=["none", "flip"], corruptions=0, until_decided=True, max_seeds=8
    )
    found = examine(settings, path=tmp_path / "study", workers=1)
    assert found.costs.cells == 12
    assert found.costs.most == pytest.approx(found.costs.seconds * 8 / 6)
    assert found.power[0].seeds == 8
    assert [seeds for seeds, _ in found.power[0].table] == [6, 8]


@pytest.mark.parametrize("spread", [0.0, -1.0, float("nan"), float("inf")])
def test_a_spread_that_is_none(spread):
    with pytest.raises(InputError, match=r"spread: must be (over 0|at most 100) points"):
        examine(quick_settings(), spread=spread)
