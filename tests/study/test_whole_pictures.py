"""Whole pictures for the arms that cut a view from them, from settings to results."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from augury.augment import RandomResizedCrop
from augury.batch import Batch
from augury.data import load_dataset
from augury.data.leakage.between_parts import dataset_duplicates
from augury.records.plan import read_plan
from augury.rng import Draws
from augury.study.doctor import examine
from augury.study.engines import InProcess
from augury.study.opening import open_study
from augury.study.planning.datasets import planned_dataset
from augury.study.running.learned import own_images
from augury.study.running.prepare import load_planned, prepare
from augury.study.running.record_batches import augmented_images
from augury.training.feed import Feed
from helpers.views import SEEN, loaded, settings_of

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes of gray noise, 20 training and 10 test pictures each, of 24×16 and 16×20."""
    root = tmp_path_factory.mktemp("whole") / "birds"
    generator = np.random.default_rng(0)
    for name in ("crow", "duck"):
        for part, count in (("train", 20), ("test", 10)):
            (root / part / name).mkdir(parents=True)
            for i in range(count):
                size = (24, 16) if i % 2 else (16, 20)
                pixels = generator.integers(0, 200, size, dtype=np.uint8)
                Image.fromarray(pixels).save(root / part / name / f"{i:02}.png")
    return root


@pytest.mark.parametrize(
    ("arms", "changes", "kept"),
    [
        (("none", "flip"), {}, False),
        (("none", "flip"), {"stored_size": 16}, False),
        (("none", "center-crop"), {}, False),
        (("none", "flip+random-resized-crop"), {}, False),
        (("none", "random-resized-crop+salience"), {}, False),
        (("none", "random-resized-crop"), {}, True),
        (("none", "random-resized-crop"), {"image_size": 16}, True),  # none has more
        (("none", "resize-crop+flip"), {}, True),
        (("none", "torchvision-references"), {"stored_size": 40}, True),
    ],
    ids=str,
)
def test_pictures_are_kept_where_an_arm_cuts_its_view_from_them(folder, arms, changes, kept):
    dataset = loaded(settings_of(folder, *arms, **changes))
    assert (dataset.pictures is not None) == kept
    side = dataset.stored_size
    squares = load_dataset(str(folder), image_size=side)
    np.testing.assert_array_equal(dataset.train.images, squares.train.images)
    assert (dataset.fingerprint == squares.fingerprint) == (not kept)
    if kept:
        ways = np.unique(dataset.pictures.extents, axis=0).tolist()
        assert ways == [[side, side + 2 * (side // 8)], [side + 2 * (side // 4), side]]


def test_square_pictures_are_stored_as_they_were(tmp_path):
    for name in ("crow", "duck"):
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.new("L", (16, 16), i).save(tmp_path / name / f"{i}.png")
    dataset = loaded(settings_of(tmp_path, "none", "random-resized-crop"))
    assert dataset.pictures is None
    assert dataset.fingerprint == load_dataset(str(tmp_path), image_size=16).fingerprint


@pytest.fixture(scope="module")
def study(folder, tmp_path_factory):
    """(settings, plan, path) of a study with arms of all kinds."""
    arms = ("none", "random-resized-crop", "random-resized-crop+salience", "saliencymix")
    settings, path = settings_of(folder, *arms), tmp_path_factory.mktemp("study") / "birds"
    return settings, open_study(settings, path, engine=InProcess()), path


@pytest.fixture(scope="module")
def dataset(study):
    return planned_dataset(study[1].datasets["birds"], None)


def cell_of(plan, arm):
    (cell,) = [cell for cell in plan.cells if cell.augmentation == arm]
    return cell


@pytest.mark.parametrize("arm", ["none", "random-resized-crop+salience", "saliencymix"])
def test_other_arms_train_on_what_they_have_trained_on(study, dataset, folder, arm):
    """On squares alone the same network comes out, to the bit; also where maps are of these."""
    stored = load_dataset(str(folder), image_size=dataset.stored_size)
    cell, found = cell_of(study[1], arm), []
    for each in (dataset, replace(stored, seen=dataset.seen)):
        prepared = prepare(cell, each, study[1])
        list(prepared.training.epochs())
        found.append(prepared.training.network.model.state_dict())
    for name, value in found[0].items():
        assert torch.equal(value, found[1][name])


def test_the_crop_sees_whole_pictures_and_evaluation_the_center(study, dataset):
    crop, plain = (
        prepare(cell_of(study[1], arm), dataset, study[1])
        for arm in ("random-resized-crop", "none")
    )
    assert crop.train.images.shape[2:] == (24, 20)
    assert crop.train.extents is not None
    assert plain.train.images.shape[2:] == (16, 16)
    np.testing.assert_array_equal(crop.train.ids, plain.train.ids)
    for part in ("validation", "test"):
        mine, theirs = getattr(crop, part), getattr(plain, part)
        np.testing.assert_array_equal(mine.images, theirs.images)
        assert mine.images.shape[2:] == (SEEN, SEEN)
    np.testing.assert_array_equal(own_images(crop).images, own_images(plain).images)
    mine, theirs = (each.training.network.normalize for each in (crop, plain))
    assert torch.equal(mine.mean, theirs.mean)
    # Originals are shown without what is empty around all of them.
    for alike, size in ((crop.train.extents[:, 0] == 24, (24, 16)), (slice(0, 6), (24, 20))):
        rows = np.arange(len(crop.train))[alike][:6]
        arrays = augmented_images(crop, crop.train.ids[rows], 0)
        assert arrays["originals"].shape == (len(rows), 1, *size)
        assert arrays["augmented"].shape == (len(rows), 1, SEEN, SEEN)
        shown = crop.train.images[rows, :, :, 10 - size[1] // 2 : 10 + size[1] // 2]
        np.testing.assert_array_equal(arrays["originals"], shown)
        assert arrays.keys() == {"ids", "labels", "originals", "augmented", "targets"}
    # Nothing but a step of the optimizer is left to go wrong.
    (epoch,) = crop.training.epochs()
    assert np.isfinite(epoch.loss)


@pytest.mark.parametrize("row", [0, 1], ids=["upright", "lying"])
@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1)], ids=str)
def test_every_corner_of_a_picture_is_seen_and_nothing_beside_it(dataset, row, corner):
    """The canvas is made white, which would be seen."""
    n, extent = 2_000, torch.from_numpy(dataset.pictures.extents[row])
    height, width = extent.tolist()
    top, left = (24 - height) // 2, (20 - width) // 2
    picture = torch.zeros(height, width, dtype=torch.uint8)
    picture[corner] = 200
    image = torch.full((1, 1, 24, 20), 255, dtype=torch.uint8)
    image[..., top : top + height, left : left + width] = picture
    ids = torch.arange(n)
    images, extents = image.expand(n, -1, -1, -1), extent.expand(n, -1)
    batch = Batch(images, torch.ones(n, 1), ids, extents=extents)
    views = RandomResizedCrop(size=(SEEN, SEEN))(batch, Draws(0, 0, ids)).images
    peaks = views.flatten(1).amax(1)
    assert 0 < peaks.max() <= 200 / 255
    assert peaks.min() == 0


@pytest.mark.parametrize("resident", [False, True])
def test_extents_go_with_their_pictures_through_the_feed(dataset, resident):
    train = dataset.pictures
    feed = Feed(train, 2, 0, CPU, resident=resident)
    order = np.random.default_rng(0).permutation(len(train))
    seen = [feed.batch(rows) for rows in feed.rows(order, 16)]
    found = torch.cat([batch.extents for batch in seen]).numpy()
    np.testing.assert_array_equal(found, train.extents[order])
    if resident:
        other = train.take(order)
        feed.load(other, 1)
        assert torch.equal(feed.batch(torch.arange(5)).extents, torch.from_numpy(found[:5]))
    plain = Feed(dataset.train, 2, 0, CPU, resident)
    assert plain.batch(next(iter(plain.rows(order, 3)))).extents is None


def test_a_study_keeps_what_it_began_with(study, folder, tmp_path):
    settings, plan, path = study
    assert read_plan(path / "plan.json").datasets["birds"].pictures
    dataset = load_planned(plan, "birds", None)
    assert dataset.pictures is not None
    fewer = replace(settings, augmentations=("none", "flip"))
    again = open_study(fewer, path, engine=InProcess())
    assert {cell.fingerprint for cell in again.cells} == {dataset.fingerprint}
    plain = settings_of(folder, "none", "flip", stored_size=16)
    begun = open_study(plain, tmp_path / "plain", engine=InProcess())
    cutting = replace(plain, augmentations=("none", "random-resized-crop"))
    grown = open_study(cutting, tmp_path / "plain", engine=InProcess())
    assert not grown.datasets["birds"].pictures
    assert {cell.fingerprint for cell in grown.cells} == {begun.cells[0].fingerprint}
    cell = cell_of(grown, "random-resized-crop")
    assert prepare(cell, load_planned(grown, "birds", None), grown).train.extents is None


def test_duplicates_are_those_of_the_squares(dataset):
    copied = replace(dataset, test=dataset.train.take(slice(0, 3)), fingerprint="copied")
    assert len(dataset_duplicates(copied).train) == 3


def test_a_view_depends_on_no_other_picture_of_the_batch(dataset):
    train, crop = dataset.pictures, RandomResizedCrop(size=(SEEN, SEEN))
    feed = Feed(train, 2, 0, CPU, resident=False)
    whole, part = feed.batch(np.arange(10)), feed.batch(np.array([7, 2]))
    found = crop(whole, Draws(0, 1, whole.ids)).images[[7, 2]]
    assert torch.equal(found, crop(part, Draws(0, 1, part.ids)).images)


def test_the_doctor_says_what_whole_pictures_take_and_who_sees_them(folder):
    def words(*arms, **changes):
        found = examine(settings_of(folder, *arms, **changes), engine=InProcess())
        problems = [each.where for each in found.findings if each.level == "problem"]
        assert problems == ["seeds"]  # one is too few for a verdict
        return {f.check: f.words for f in found.findings}

    arms = ("none", "center-crop", "random-resized-crop", "random-resized-crop+salience")
    cutting = words(*arms)
    assert cutting["storage"] == (
        "60 images of 16×16, with what lies beyond on 24×20 (0.0 MB without) take 0.0 MB in the "
        "cache, memory-mapped"
    )
    share = np.mean([SEEN**2 / (16 * 20), SEEN**2 / (16 * 24)])
    assert cutting["view"] == (
        "random-resized-crop cuts 14×14 from anywhere in the whole pictures; "
        "random-resized-crop+salience cuts 14×14 from anywhere in the center squares, of which "
        f"their maps are; evaluation and none, center-crop see the center, {share:.0%} of the area"
    )
    assert cutting["cut-off"] == (
        "27% of the pictures' area lies outside their center squares, and is seen by "
        "random-resized-crop alone"
    )
    assert "late-crop" not in cutting
    late = words("none", "flip+random-resized-crop", stored_size=16)
    assert late["cut-off"].endswith("is not stored, and is seen by no arm")
    assert late["late-crop"] == (
        "flip+random-resized-crop cuts from the center, as the crop comes behind another part; put "
        "first, it cuts from what is stored around the center, too"
    )
