"""Images that are stored larger than what networks see, from settings to results and pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from augury.data import load_dataset
from augury.data.stored_size import seen_of, sides_with_room, with_room
from augury.errors import InputError, RecipeChanged
from augury.records.plan import read_plan
from augury.study.doctor import examine
from augury.study.engines import InProcess
from augury.study.opening import open_study
from augury.study.planning.datasets import planned_dataset
from augury.study.preview import preview_new, show
from augury.study.run_all import run_study
from augury.study.running.learned import own_images
from augury.study.running.prepare import prepare
from augury.study.store import StudyFolder
from augury.training.teacher import load_network
from helpers.studies import quick_settings
from helpers.views import SEEN, loaded, settings_of

STORED = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes of noise in color, 20 training and 10 test pictures each, of 20×24 pixels."""
    root = tmp_path_factory.mktemp("noise") / "insects"
    generator = np.random.default_rng(0)
    for name in ("ant", "bee"):
        for part, count in (("train", 20), ("test", 10)):
            (root / part / name).mkdir(parents=True)
            for i in range(count):
                pixels = generator.integers(0, 256, (24, 20, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / part / name / f"{i:02}.png")
    return root


@pytest.mark.parametrize(("seen", "stored"), [(224, 256), (112, 128), (96, 110), (32, 37)])
def test_the_usual_sizes(seen, stored):
    assert with_room(seen) == stored
    assert seen_of(stored) == seen


@pytest.mark.parametrize(
    ("arms", "changes", "sizes"),
    [
        (("none", "flip"), {}, (SEEN, SEEN)),
        (("none", "resize-crop+flip"), {}, (SEEN, STORED)),
        (("none", "flip+random-resized-crop"), {}, (SEEN, SEEN)),
        (("none", "random-resized-crop"), {"image_size": 18}, (18, 18)),  # 21 are not there
        (("none",), {"stored_size": STORED}, (SEEN, STORED)),
        (("none", "random-resized-crop"), {"stored_size": 40}, (SEEN, 40)),
        (("none",), {"stored_size": 32, "image_size": None}, (28, 32)),
        (("none", "random-resized-crop"), {"image_size": None}, (64, 64)),
    ],
    ids=str,
)
def test_the_size_at_which_images_are_stored(folder, arms, changes, sizes):
    dataset = loaded(settings_of(folder, *arms, **changes))
    assert (dataset.image_size, dataset.stored_size) == sizes
    whole = dataset.pictures is not None  # see test_whole_pictures.py
    stored = load_dataset(str(folder), image_size=sizes[1], whole=whole)
    assert dataset.fingerprint == stored.fingerprint
    assert dataset.seen == (None if sizes[0] == sizes[1] else sizes[0])


def test_named_data_sets_are_stored_as_they_are_seen():
    assert sides_with_room("digits", 14) == (14, None)
    assert loaded(quick_settings(augmentations=["none", "random-resized-crop"])).seen is None
    dataset = loaded(quick_settings(image_size=16, stored_size=20))
    assert (dataset.image_size, dataset.stored_size) == (16, 20)


def test_a_stored_size_below_what_is_seen_is_refused():
    with pytest.raises(InputError, match="stored_size: must be at least image_size, 32, got 28"):
        quick_settings(image_size=32, stored_size=28)


@pytest.fixture(scope="module")
def study(folder, tmp_path_factory):
    """(settings, plan, folder) of a finished study with arms of all kinds."""
    arms = ("none", "random-resized-crop+salience", "saliencymix")
    settings, path = settings_of(folder, *arms), tmp_path_factory.mktemp("study") / "insects"
    engine = InProcess()
    plan = open_study(settings, path, engine=engine)
    assert run_study(plan, path, engine=engine).failed == 0
    return settings, plan, StudyFolder(path)


def test_a_plan_says_both_sizes_and_is_read_again(study, folder):
    _, plan, kept = study
    planned = read_plan(kept.plan_file).datasets["insects"]
    assert (planned.image_size, planned.stored_size) == (SEEN, STORED)
    dataset = planned_dataset(planned, None)
    assert (dataset.image_size, dataset.stored_size) == (SEEN, STORED)
    assert dataset.fingerprint == planned.fingerprint
    assert {cell.seen for cell in plan.cells} == {SEEN}


def test_pictures_of_an_arm(study):
    """What cuts its view shows the stored image beside it, other arms what evaluation sees."""
    _, plan, kept = study
    for cell in plan.cells:
        with np.load(kept.run(cell).examples) as arrays:
            cuts = "crop" in cell.augmentation
            side = STORED if cuts else SEEN
            assert arrays["originals"].shape[1:] == (3, side, side)
            assert arrays["augmented"].shape[1:] == (3, SEEN, SEEN)
            if "maps" in arrays:
                assert arrays["maps"].shape[1:] == (side, side)
            if cell.augmentation == "none":
                np.testing.assert_array_equal(arrays["originals"], arrays["augmented"])


def test_evaluation_sees_the_center(study):
    """The stored logits are those of the stored weights on the center of the test images."""
    _, plan, kept = study
    cell = plan.cells[1]
    dataset = planned_dataset(plan.datasets["insects"], None)
    prepared = prepare(cell, dataset, plan)
    network = load_network(kept.run(cell).weights, torch.device("cpu"))
    centers = torch.from_numpy(np.array(dataset.test.images[:, :, 1:15, 1:15]))
    assert np.array_equal(prepared.test.images, centers)
    assert prepared.validation.images.shape[2:] == (SEEN, SEEN)
    assert own_images(prepared).images.shape[2:] == (SEEN, SEEN)
    assert prepared.train.images.shape[2:] == (STORED, STORED)
    with torch.no_grad():
        logits = network.eval().predict(centers)
    with np.load(kept.run(cell).predictions) as stored:
        np.testing.assert_allclose(stored["test_logits"], logits.numpy(), atol=1e-5)


def test_a_preview_is_what_training_has_seen(study):
    settings, plan, kept = study
    cell = plan.cells[1]
    shown = show(cell, plan, planned_dataset(plan.datasets["insects"], None), None, epoch=0)
    with np.load(kept.run(cell).examples) as arrays:
        np.testing.assert_array_equal(shown.arrays["augmented"], arrays["augmented"])
        np.testing.assert_array_equal(shown.arrays["maps"], arrays["maps"])
    one = replace(settings, augmentations=("random-resized-crop",))
    cell, plan, dataset = preview_new(one, None, None)
    assert show(cell, plan, dataset, None, epoch=0).arrays["originals"].shape[2:] == (18, 16)


def test_a_study_keeps_the_sizes_that_it_began_with(study, folder, tmp_path):
    settings, _, kept = study
    more = replace(settings, augmentations=("none", "cutout"))
    again = open_study(more, kept.path, engine=InProcess())
    assert {cell.seen for cell in again.cells} == {SEEN}
    assert again.datasets["insects"].stored_size == STORED
    message = "stored_size of insects: 16 → 18"
    with pytest.raises(RecipeChanged, match=message):
        open_study(replace(more, stored_size=18), kept.path, engine=InProcess())
    with pytest.raises(RecipeChanged, match="image_size of insects: 14 → 12"):
        open_study(replace(more, image_size=12), kept.path, engine=InProcess())
    plain = settings_of(folder, "none", "flip")
    open_study(plain, tmp_path / "plain", engine=InProcess())
    cutting = replace(plain, augmentations=("none", "random-resized-crop"))
    grown = open_study(cutting, tmp_path / "plain", engine=InProcess())
    assert grown.datasets["insects"].stored_size is None
    assert {cell.seen for cell in grown.cells} == {None}


def test_where_nothing_can_be_cut_the_study_is_refused(tmp_path):
    settings = quick_settings(augmentations=["none", "resize-crop"])
    with pytest.raises(InputError, match="resize-crop: there is nothing to cut from, as images"):
        open_study(settings, tmp_path / "digits", engine=InProcess())
    size = {"random-resized-crop": {"size": [8, 8]}}
    settings = quick_settings(augmentations=["random-resized-crop"], parameters=size)
    with pytest.raises(InputError, match=r"random-resized-crop: size: .* 16×16, got 8×8"):
        open_study(settings, tmp_path / "digits", engine=InProcess())


def test_the_doctor_says_what_is_stored_and_who_sees_it(folder):
    def words(*arms, **changes):
        found = examine(settings_of(folder, *arms, **changes), engine=InProcess())
        problems = [each.where for each in found.findings if each.level == "problem"]
        assert problems == ["seeds"]  # one is too few for a verdict
        return {f.check: f.words for f in found.findings}

    cutting = words("none", "random-resized-crop+salience")
    assert cutting["storage"].startswith("60 images of 16×16 take 0.0 MB in the cache, memory-map")
    assert cutting["view"] == (
        "random-resized-crop+salience cuts 14×14 from anywhere in these; evaluation and none see "
        "the center, 77% of the area"
    )
    assert cutting["cut-off"].startswith("17% of the pictures' area lies outside their center squ")
    small = words("none", "random-resized-crop+salience", image_size=18)
    assert small["view"].startswith("random-resized-crop+salience cuts from the 18×18 that others ")
