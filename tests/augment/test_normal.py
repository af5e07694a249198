import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats

from augury.augment.geometry.normal import Normal, NormalParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch


def affine_by_hand(image, matrix, center):
    """One (C, H, W) image that reads at center + matrix · (o - center), (row, column)."""
    offset = center - matrix @ center
    return np.stack(
        [ndimage.affine_transform(each, matrix, offset, order=1, mode="nearest") for each in image]
    )


def turn_and_zoom(degrees, first, second):
    """(2, 2): Rotation(degrees) · diag(first, second), as all of Keras's versions build it."""
    theta = np.deg2rad(degrees)
    rotation = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
    return rotation @ np.diag([first, second])


def middle(image):
    return (np.array(image.shape[1:]) - 1) / 2


def documented(image, degrees, zoom_rows, zoom_columns, flip):
    """What the card says, for one (C, H, W) image."""
    found = affine_by_hand(image, turn_and_zoom(degrees, zoom_rows, zoom_columns), middle(image))
    return found[:, :, ::-1] if flip else found


def keras_since_2_9(image, theta, zx, zy, flip):
    """`apply_transform` of Keras 2.9 to 3.15 (keras/src/legacy/preprocessing/image.py).

    The whole map, center and all, is built with the height first, and then its two axes are
    exchanged: rows become columns, and of an oblong image the center is no longer the image's.
    """
    swap = np.array([[0, 1], [1, 0]])
    matrix = swap @ turn_and_zoom(theta, zx, zy) @ swap
    found = affine_by_hand(image, matrix, swap @ middle(image))
    return found[:, :, ::-1] if flip else found


def keras_preprocessing_1(image, theta, zx, zy, flip):
    """`apply_transform` of keras-preprocessing 1.0.5 to 1.1.2: its center is side / 2 + ½."""
    found = affine_by_hand(image, turn_and_zoom(theta, zx, zy), middle(image) + 1)
    return found[:, :, ::-1] if flip else found


@settings(max_examples=60, deadline=None)
@given(
    angle=st.floats(-40, 40, width=32),
    zoom=st.tuples(st.floats(0.625, 1.5, width=32), st.floats(0.625, 1.5, width=32)),
    flip=st.booleans(),
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(2, 40), st.integers(2, 40)),
    seed=st.integers(0, 1000),
)
def test_equals_scipy(angle, zoom, flip, shape, seed):
    image = np.random.default_rng(seed).random(shape).astype(np.float32)
    params = NormalParams(torch.tensor([angle]), torch.tensor([zoom]), torch.tensor([flip]))
    found = Normal().apply(make_batch(torch.from_numpy(image)[None]), params).images[0]
    expected = documented(image.astype(np.float64), angle, *zoom, flip)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


def normal(image, degrees, zoom_rows, zoom_columns, flip):
    params = NormalParams(
        torch.tensor([degrees]), torch.tensor([[zoom_rows, zoom_columns]]), torch.tensor([flip])
    )
    return Normal().apply(make_batch(torch.from_numpy(image)[None]), params).images[0].numpy()


def drawn(seed, n=20):
    """Keras's (theta, zx, zy, flip), and images that tell directions apart."""
    generator = np.random.default_rng(seed)
    for _ in range(n):
        theta, zx, zy = generator.uniform((-40, 0.6, 0.6), (40, 1.5, 1.5))
        yield float(theta), float(zx), float(zy), bool(generator.integers(2)), generator


def test_keras_since_2_9_turns_the_other_way_and_zx_acts_on_columns():
    """On square images it is the same family: the angle changes its sign, the factors places."""
    for theta, zx, zy, flip, generator in drawn(seed=0):
        image = generator.random((3, 23, 23)).astype(np.float32)
        expected = keras_since_2_9(image.astype(np.float64), theta, zx, zy, flip)
        np.testing.assert_allclose(normal(image, -theta, zy, zx, flip), expected, atol=1e-4)
        assert np.abs(normal(image, theta, zx, zy, flip) - expected).max() > 0.1


def test_keras_since_2_9_takes_an_oblong_image_about_another_point():
    """((W-1)/2, (H-1)/2) instead of ((H-1)/2, (W-1)/2)."""
    image = np.random.default_rng(0).random((1, 12, 20)).astype(np.float32)
    same = keras_since_2_9(image.astype(np.float64), 0.0, 1.0, 1.0, False)
    np.testing.assert_allclose(same, image, atol=1e-6)
    zoomed = keras_since_2_9(image.astype(np.float64), 0.0, 1.1, 1.1, False)
    assert np.abs(normal(image, 0.0, 1.1, 1.1, False) - zoomed).max() > 0.1
    # Row 5.5 of 12 is in the middle; theirs reads row 9.5 at row 9.5.
    ramp = np.arange(12.0)[None, :, None].repeat(20, 2) / 12
    rows = 12 * keras_since_2_9(ramp, 0.0, 1.1, 1.1, False)[0, 2:10, 0]
    np.testing.assert_allclose(rows, 9.5 + 1.1 * (np.arange(2, 10) - 9.5), atol=1e-9)


def test_keras_preprocessing_1_moves_the_content_by_a_part_of_a_pixel():
    """Its center is one pixel off: it reads (I - M)(1, 1) farther than `normal` does."""
    side = 41
    ramps = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij")) / side
    inside = slice(12, 29)
    for theta, zx, zy, _, _ in drawn(seed=1):
        theirs = keras_preprocessing_1(ramps, theta, zx, zy, False)[:, inside, inside]
        red, green = (
            normal(ramp[None].astype(np.float32), theta, zx, zy, False)[0, inside, inside]
            for ramp in ramps
        )
        shift = np.array([1, 1]) - turn_and_zoom(theta, zx, zy) @ [1, 1]
        moved = side * (theirs - np.stack((red, green)))
        np.testing.assert_allclose(
            moved, np.broadcast_to(shift[:, None, None], moved.shape), atol=1e-4
        )
    # At the defaults by no more than 0.14 pixels along each axis.
    ends = [(t, z, y) for t in (-2, 2) for z in (0.9, 1.1) for y in (0.9, 1.1)]
    shifts = [np.array([1, 1]) - turn_and_zoom(*each) @ [1, 1] for each in ends]
    assert np.abs(shifts).max() == pytest.approx(0.139, abs=0.0005)


def test_a_quarter_turn_in_all_three():
    """[[0, 1], [0, 0]] turned by 90: keras-preprocessing 1 gave zeros, which its pull request 314
    reports; the others turn the one about the center, each its own way."""
    image = np.array([[[0.0, 1.0], [0.0, 0.0]]], np.float32)
    np.testing.assert_allclose(
        keras_preprocessing_1(image, 90, 1, 1, False), np.zeros((1, 2, 2)), atol=1e-6
    )
    np.testing.assert_allclose(
        keras_since_2_9(image, 90, 1, 1, False), [[[1, 0], [0, 0]]], atol=1e-6
    )
    np.testing.assert_allclose(normal(image, 90.0, 1.0, 1.0, False), [[[0, 0], [0, 1]]], atol=1e-6)


@pytest.mark.real_data
def test_equals_scipy_on_real_images(real_data):
    from augury.data import load_dataset

    train = load_dataset("cifar10", data_dir=real_data).train
    batch = make_batch(torch.from_numpy(np.array(train.images[:50])))
    params = Normal().sample(batch, Draws(0, 0, batch.ids))
    found = Normal().apply(batch, params).images.numpy()
    for i in range(50):
        expected = documented(
            train.images[i] / 255.0,
            float(params.angle[i]),
            *params.zoom[i].double().tolist(),
            bool(params.flip[i]),
        )
        np.testing.assert_allclose(found[i], expected, atol=1e-4)


def test_nothing_to_do_returns_the_pixels():
    images = torch.arange(48, dtype=torch.uint8).view(1, 3, 4, 4)
    params = NormalParams(torch.zeros(1), torch.ones(1, 2), torch.tensor([False]))
    found = Normal().apply(make_batch(images), params).images
    assert torch.allclose(found, images.float() / 255, atol=1e-6)


def test_a_zoom_over_one_shrinks_the_content():
    images = torch.zeros(1, 1, 9, 9)
    images[0, 0, 2:7, 2:7] = 1
    params = NormalParams(torch.zeros(1), torch.tensor([[2.0, 1.0]]), torch.tensor([False]))
    found = Normal().apply(make_batch(images), params).images[0, 0]
    # Output row r reads input row 4 + 2 (r - 4): rows 3..5 read 2, 4 and 6, all of the square.
    assert found[:, 4].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert found[4].tolist() == [0, 0, 1, 1, 1, 1, 1, 0, 0]


def test_draws_match_the_documented_distribution():
    """60,000 draws: the flip's rate is known to 0.8 points at 4 standard errors."""
    n = 60_000
    images = torch.zeros(1, 1, 1, 1).expand(n, -1, -1, -1)
    batch = make_batch(images)
    params = Normal().sample(batch, Draws(5, 2, batch.ids))
    assert stats.kstest(params.angle.numpy(), stats.uniform(-2, 4).cdf).pvalue > 1e-4
    for column in params.zoom.T:
        assert stats.kstest(column.numpy(), stats.uniform(0.9, 0.2).cdf).pvalue > 1e-4
    assert abs(params.flip.float().mean() - 0.5) < 4 * 0.5 / n**0.5
    together = np.stack([params.angle, *params.zoom.T, params.flip])
    assert np.abs(np.corrcoef(together) - np.eye(4)).max() < 4.5 / n**0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rotation": -1}, r"rotation: must lie in \[0, 180\] degrees, got -1"),
        ({"zoom": 1.0}, r"zoom: must lie in \[0, 1\), got 1.0"),
        ({"flip": 1.5}, r"flip: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Normal(**arguments)
