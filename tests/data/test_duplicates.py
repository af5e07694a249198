import functools
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter

from augury.data import Split
from augury.data.leakage.duplicates import Thresholds, find_duplicates, prints_of

TRAIN, TEST, PLANTED, FIRST_TEST = 200, 60, 20, 1000


@functools.cache
def made(n: int, seed: int, channels: int = 3, side: int = 32) -> np.ndarray:
    generator = np.random.default_rng(seed)
    pictures = np.zeros((n, channels, side, side))
    for scale, weight in ((8, 3), (3, 2), (1, 1)):
        colors = generator.normal(size=(n, channels, side, side))
        light = generator.normal(size=(n, 1, side, side))
        layer = gaussian_filter(colors + 1.5 * light, (0, 0, scale, scale))
        pictures += weight * layer / layer.std()
    pictures -= pictures.mean((1, 2, 3), keepdims=True)
    return clipped(120 + 45 * pictures / pictures.std((1, 2, 3), keepdims=True))


def photographs(n: int, seed: int, channels: int = 3, side: int = 32) -> np.ndarray:
    """Made-up pictures, no two alike, with coarse shapes and fine detail as photographs have."""
    return made(n, seed, channels, side).copy()


def clipped(image) -> np.ndarray:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def parts(train: np.ndarray, test: np.ndarray) -> tuple[Split, Split]:
    """With label = row % 10 in either part, ids 0... and 1000..."""
    rows = np.arange(len(train)), np.arange(len(test))
    return Split(train, rows[0] % 10, rows[0]), Split(test, rows[1] % 10, FIRST_TEST + rows[1])


def planted(change, channels: int = 3, side: int = 32) -> tuple[Split, Split]:
    """Test rows 0..19 are training rows 7..26, changed."""
    train, test = photographs(TRAIN, 1, channels, side), photographs(TEST, 2, channels, side)
    for row in range(PLANTED):
        test[row] = change(train[row + 7])
    return parts(train, test)


def as_jpeg(image, quality=75):
    file = io.BytesIO()
    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    decoded = np.asarray(Image.open(file))
    return decoded[None] if decoded.ndim == 2 else decoded.transpose(2, 0, 1)


def moved(image, pixels):
    return np.pad(image, ((0, 0), (0, 0), (pixels, 0)), "edge")[..., :-pixels]


EXPECTED = {FIRST_TEST + row: row + 7 for row in range(PLANTED)}
FOUND = {
    "none": lambda image: image,
    "JPEG": as_jpeg,
    "brightness": lambda image: clipped(image + 10.0),
    "contrast": lambda image: clipped(128 + 0.7 * (image - 128.0)),
    "mirrored": lambda image: image[..., ::-1],
    "mirrored JPEG": lambda image: as_jpeg(image[..., ::-1]),
    "no color": lambda image: np.repeat(clipped(image.mean(0, keepdims=True)), len(image), 0),
}
NOT_FOUND = {
    "moved by 2 pixels": lambda image: moved(image, 2),
    "upside down": lambda image: image[:, ::-1],
    "turned": lambda image: np.rot90(image, 1, (1, 2)),
    "inverted": lambda image: 255 - image,
}


@pytest.mark.parametrize("shape", [(3, 32), (1, 32), (3, 48)], ids=str)
@pytest.mark.parametrize("name", FOUND)
def test_planted_copies_are_found_and_nothing_else(name, shape):
    found = find_duplicates(*planted(FOUND[name], *shape))
    assert {pair.test_id: pair.train_id for pair in found} == EXPECTED
    assert [pair.test_id for pair in found] == list(EXPECTED)
    assert all(pair.mirrored == name.startswith("mirrored") for pair in found)
    same = name == "none" or (name == "no color" and shape[0] == 1)
    assert all(pair.exact == same for pair in found)
    assert all((pair.difference == 0) == same for pair in found if not pair.mirrored)


@pytest.mark.parametrize("name", NOT_FOUND)
def test_what_is_not_found(name):
    assert find_duplicates(*planted(NOT_FOUND[name])) == ()


def test_labels_and_conflicts():
    train, test = planted(lambda image: image)
    found = find_duplicates(train, test)
    assert [pair.test_label for pair in found] == [row % 10 for row in range(PLANTED)]
    assert [pair.train_label for pair in found] == [(row + 7) % 10 for row in range(PLANTED)]
    assert all(pair.labels_differ for pair in found)
    agreeing = Split(test.images, (test.labels + 7) % 10, test.ids)
    assert not any(pair.labels_differ for pair in find_duplicates(train, agreeing))


@pytest.mark.parametrize("make", [photographs, None], ids=["photographs", "noise"])
def test_different_images_are_no_duplicates(make, generator):
    if make is None:
        train, test = (generator.integers(0, 256, (n, 3, 32, 32), np.uint8) for n in (TRAIN, TEST))
    else:
        train, test = make(TRAIN, 1), make(TEST, 2)
    assert find_duplicates(*parts(train, test)) == ()


def test_the_difference_is_the_distance_of_the_details_by_a_loop():
    train, test = planted(as_jpeg, channels=1)
    for pair in find_duplicates(train, test)[:3]:
        details = []
        for part, number in ((test, pair.test_id - FIRST_TEST), (train, pair.train_id)):
            image = part.images[number, 0].astype(float)
            detail = np.zeros((24, 24))
            for y in range(24):
                for x in range(24):
                    around = image[y + 2 : y + 7, x + 2 : x + 7]
                    detail[y, x] = image[y + 4, x + 4] - around.mean()
            details.append(detail / np.sqrt((detail**2).sum()))
        expected = np.sqrt(((details[0] - details[1]) ** 2).sum())
        assert pair.difference == pytest.approx(expected, abs=1e-4)


def test_of_several_copies_the_exact_then_the_closest_then_the_first_counts():
    train, test = photographs(TRAIN, 1), photographs(TEST, 2)
    train[30], train[31], train[32] = (
        as_jpeg(test[0], 40),
        as_jpeg(test[0], 90),
        test[0, :, :, ::-1],
    )
    assert find_duplicates(*parts(train, test))[0].train_id == 32
    train[40] = train[41] = test[0]
    pair = find_duplicates(*parts(train, test))[0]
    assert (pair.train_id, pair.exact, pair.mirrored) == (40, True, False)
    train[40] = train[41] = clipped(test[0] + 10.0)
    train[32] = photographs(1, 3)[0]
    pair = find_duplicates(*parts(train, test))[0]
    assert (pair.train_id, pair.exact, pair.mirrored) == (40, False, False)


def test_a_symmetric_image_is_found_and_not_called_mirrored():
    train, test = photographs(TRAIN, 1), photographs(TEST, 2)
    train[50:80, :, :, 16:] = train[50:80, :, :, 15::-1]
    test[:30] = clipped(train[50:80] + 10.0)
    found = find_duplicates(*parts(train, test))
    assert len(found) == 30
    assert not any(pair.mirrored for pair in found)


def test_fifteen_copies_of_every_planted_image_still_stand_out():
    train, test = photographs(TRAIN, 1), photographs(TEST, 2)
    copies = np.stack([as_jpeg(test[i], 70 + j) for i in range(PLANTED) for j in range(15)])
    found = find_duplicates(*parts(np.concatenate([train, copies]), test))
    assert [pair.test_id for pair in found] == list(EXPECTED)


@functools.cache
def ordered():
    train, test = planted(as_jpeg)
    train, test = train.take(slice(0, 60)), test.take(slice(10, 40))
    return train, test, find_duplicates(train, test)


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_the_order_of_images_is_of_no_account(seed):
    train, test, expected = ordered()
    assert len(expected) == 10
    generator = np.random.default_rng(seed)
    shuffled = [part.take(generator.permutation(len(part))) for part in (train, test)]
    assert find_duplicates(*shuffled) == expected


def test_plain_images_are_duplicates_only_where_every_pixel_is_equal():
    train = np.full((5000, 1, 32, 32), 7, np.uint8)
    test = np.full((300, 1, 32, 32), 8, np.uint8)
    assert find_duplicates(*parts(train, test)) == ()
    test[3] = 7
    (pair,) = find_duplicates(*parts(train, test))
    assert (pair.test_id, pair.train_id, pair.exact) == (FIRST_TEST + 3, 0, True)
    # One level of noise is no detail either.
    train[1, 0, ::2] += 1
    test[4] = train[1] + 1
    assert len(find_duplicates(*parts(train, test))) == 1


def test_a_shared_frame_is_no_shared_picture():
    train, test = photographs(TRAIN, 1), photographs(TEST, 2)
    for images in (train, test):
        for border in (slice(None, 2), slice(-2, None)):
            images[:, :, border] = 255
            images[:, :, :, border] = 255
    assert find_duplicates(*parts(train, test)) == ()


def test_an_empty_part_has_no_duplicates():
    train, test = planted(lambda image: image)
    assert find_duplicates(train.take(slice(0)), test) == ()
    assert find_duplicates(train, test.take(slice(0))) == ()


def test_of_few_training_images_only_the_nearly_equal_count():
    train, test = planted(lambda image: clipped(image + 10.0))
    few = train.take(slice(7, 27))
    assert [pair.test_id for pair in find_duplicates(few, test)] == list(EXPECTED)
    train, test = planted(lambda image: as_jpeg(image, 40))
    assert find_duplicates(train.take(slice(7, 27)), test) == ()


def test_thresholds():
    train, test = planted(as_jpeg)
    differences = [pair.difference for pair in find_duplicates(train, test)]
    middle = float(np.median(differences))
    narrow = find_duplicates(train, test, thresholds=Thresholds(widest=middle))
    assert len(narrow) == sum(difference <= middle for difference in differences)
    assert find_duplicates(train, test, thresholds=Thresholds(hash_radius=-1)) == ()


def test_progress_ends_at_the_number_of_test_images():
    calls = []
    find_duplicates(*planted(as_jpeg), lambda *call: calls.append(call))
    assert calls[-1] == (TEST, TEST, "looking for mirrored duplicates")
    assert (TEST, TEST, "looking for duplicates") in calls
    assert all(0 <= done <= total for done, total, _ in calls)


def test_details_have_length_one_or_none():
    images = np.concatenate([photographs(3, 0), np.zeros((1, 3, 32, 32), np.uint8)])
    prints = prints_of(images)
    assert prints.details.shape == (4, 24 * 24)
    np.testing.assert_allclose(np.linalg.norm(prints.details, axis=1), [1, 1, 1, 0], atol=1e-5)
    assert not prints.signs[3].any()
