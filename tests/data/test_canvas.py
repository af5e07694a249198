"""Pictures that are kept whole, beside Pillow's own resizing and beside the squares alone."""

import numpy as np
import pytest
from PIL import Image

from augury.data import load_dataset
from augury.data.folders.canvas import Reach, write_picture
from augury.data.folders.picture_sizes import picture_sizes
from augury.data.location import read_path
from augury.study.engines.ray_task import with_plain_arrays

RED, GREEN = (250, 10, 10), (10, 250, 10)


def noise(width, height, seed=0):
    generator = np.random.default_rng(seed)
    return Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture
def folder(tmp_path):
    """Two classes, 6 training and 3 test pictures each, of several shapes."""
    sizes = [(24, 20), (20, 30), (28, 21)]
    for name in ("ant", "bee"):
        for part, count in (("train", 6), ("test", 3)):
            (tmp_path / "photos" / part / name).mkdir(parents=True)
            for i in range(count):
                picture = noise(*sizes[i % 3], seed=i)
                picture.save(tmp_path / "photos" / part / name / f"{i}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize("side", [14, 37])
@pytest.mark.parametrize("size", [(150, 112), (112, 150), (41, 30), (20, 21), (33, 33)], ids=str)
def test_a_picture_is_resized_as_a_whole(size, side):
    """As Pillow resizes the part of it that whole pixels cover, which reaches to both ends."""
    picture, row = noise(*size), np.zeros((3, 2 * side, 2 * side), np.uint8)
    extent = write_picture(row, picture, side)
    short, long = min(size), max(size)
    # By how much the longer side is longer, in whole pixels of the square's on each side.
    margin = int((long - short) / 2 / (short / side) + 1e-9)
    wanted = (side, side + 2 * margin) if size[0] > size[1] else (side + 2 * margin, side)
    assert extent == wanted
    covered = (side + 2 * margin) * short / side
    ends = max(0, (long - covered) / 2), min(long, (long + covered) / 2)
    box = (ends[0], 0, ends[1], short) if size[0] > size[1] else (0, ends[0], short, ends[1])
    expected = np.asarray(picture.resize(wanted[::-1], Image.Resampling.BILINEAR, box=box))
    top, left = (2 * side - wanted[0]) // 2, (2 * side - wanted[1]) // 2
    inside = row[:, top : top + wanted[0], left : left + wanted[1]]
    # Pillow rounds the shares of pixels to 2^-22, and so may be one level off elsewhere.
    difference = np.abs(inside.astype(int) - expected.transpose(2, 0, 1))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01
    row[:, top : top + wanted[0], left : left + wanted[1]] = 0
    assert not row.any()


def test_the_canvas_is_made_for_most_pictures():
    usual = [(150, 112)] * 150 + [(100, 120)] * 49
    for panoramas in ([], [(900, 300)]):
        reach = Reach.of(usual + panoramas)
        assert (reach.height, reach.width) == (1.2, 150 / 112)
    assert Reach.of([(900, 300)] * 10) == Reach(1.0, 2.0)
    assert Reach(1.0, 2.0).cut_off(900, 300) == pytest.approx(1 / 3)
    assert Reach(1.0, 2.0).cut_off(300, 200) == 0
    # Margins are even and large enough.
    for side in range(8, 70):
        height, width = Reach(1.2, 150 / 112).canvas(side)
        for whole, ratio in ((height, 1.2), (width, 150 / 112)):
            assert (whole - side) % 4 == 0
            assert ratio * side <= whole < ratio * side + 4


@pytest.mark.parametrize("side", [8, 15, 16, 37])
def test_center_squares_are_what_is_stored_without_the_rest(folder, side):
    """To the bit, also of the center of a center."""
    squares = load_dataset(str(folder), image_size=side)
    whole = load_dataset(str(folder), image_size=side, whole=True)
    assert squares.pictures is None
    assert (whole.image_size, whole.stored_size) == (side, side)
    assert whole.fingerprint != squares.fingerprint
    for mine, theirs in ((whole.train, squares.train), (whole.test, squares.test)):
        np.testing.assert_array_equal(mine.images, theirs.images)
        np.testing.assert_array_equal(mine.labels, theirs.labels)
        np.testing.assert_array_equal(mine.ids, theirs.ids)
        assert mine.extents is None
    for seen in range(8, side + 1):
        np.testing.assert_array_equal(
            whole.pictures.centers(seen).images, squares.train.centers(seen).images
        )


def test_extents_are_kept_with_their_pictures(folder, monkeypatch):
    """A reader of the cache finds the same as the one who has written it, mapped into memory."""
    first = load_dataset(str(folder), image_size=16, whole=True)
    # Of 24×20, 20×30 and 28×21 pixels; files are in order within their classes.
    expected = [[16, 16 + 2 * 1], [16 + 2 * 4, 16], [16, 16 + 2 * 2]] * 4
    np.testing.assert_array_equal(first.pictures.extents, expected)
    monkeypatch.setattr("augury.data.folders.image_folder.decode_folder", None)
    again = load_dataset(str(folder), image_size=16, whole=True)
    np.testing.assert_array_equal(again.pictures.images, first.pictures.images)
    np.testing.assert_array_equal(again.pictures.extents, expected)
    assert again.fingerprint == first.fingerprint
    base = again.pictures.images
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap)
    assert np.shares_memory(again.train.images, again.pictures.images)
    taken = again.pictures.take(np.array([1, 0]))
    np.testing.assert_array_equal(taken.extents, [expected[1], expected[0]])


def test_damaged_extents_are_decoded_again(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    first = load_dataset(str(folder), image_size=16, whole=True)
    (file,) = tmp_path.glob("cache/decoded/photos-*/extents.npy")
    for damaged in (np.full((18, 2), 16), np.full((18, 3), 16), np.full((18, 2), 16.0)):
        np.save(file, damaged)
        again = load_dataset(str(folder), image_size=16, whole=True)
        np.testing.assert_array_equal(again.pictures.extents, first.pictures.extents)


def test_pictures_that_exif_turns(tmp_path):
    """A PNG's EXIF is found by decoding alone, that of a JPEG before."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown rotated by 90 degrees clockwise
    for name in ("ant", "bee"):
        (tmp_path / name).mkdir()
        for i in range(2):
            for suffix in ("png", "jpg"):
                noise(30, 20, seed=i).save(tmp_path / name / f"{i}.{suffix}", exif=exif)
    dataset = load_dataset(str(tmp_path), image_size=16, whole=True)
    assert dataset.pictures.images.shape[2:] == (24, 16)
    assert (dataset.pictures.extents == [24, 16]).all()


def test_what_is_not_square_is_known_before_decoding(folder):
    sizes = picture_sizes(*read_path(str(folder)))
    assert sizes.cut_off == pytest.approx(np.mean([1 - 20 / 24, 1 - 20 / 30, 1 - 21 / 28]))
    assert sizes.beyond == 0


def test_marks_in_the_corners_are_stored(tmp_path):
    for name, mark in (("ant", RED), ("bee", GREEN)):
        (tmp_path / name).mkdir()
        for i in range(2):
            pixels = np.full((40, 60, 3), 128, np.uint8)
            pixels[:5, :5] = pixels[-5:, -5:] = mark
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    dataset = load_dataset(str(tmp_path), image_size=40, whole=True)
    assert (dataset.train.images == 128).all()
    for image, label in zip(dataset.pictures.images, dataset.pictures.labels, strict=True):
        mark = (RED, GREEN)[label]
        assert image.shape == (3, 40, 60)
        np.testing.assert_array_equal(image[:, 0, 0], mark)
        np.testing.assert_array_equal(image[:, -1, -1], mark)


def test_pictures_go_to_other_machines(folder):
    whole = load_dataset(str(folder), image_size=16, whole=True)
    sent = with_plain_arrays(whole)
    np.testing.assert_array_equal(sent.pictures.images, whole.pictures.images)
    np.testing.assert_array_equal(sent.pictures.extents, whole.pictures.extents)
    np.testing.assert_array_equal(sent.train.images, whole.train.images)
