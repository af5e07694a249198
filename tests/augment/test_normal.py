import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats

from augury.augment.normal import Normal, NormalParams
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws


def make_batch(images):
    n = len(images)
    return Batch(images, torch.eye(2)[torch.arange(n) % 2], torch.arange(n))


def keras_affine(image, degrees, zoom_rows, zoom_columns, flip):
    """Keras 2's `apply_affine_transform` and flip for one (C, H, W) image, order 1, `nearest`."""
    theta = np.deg2rad(degrees)
    rotation = np.array(
        [[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]]
    )
    zoom = np.diag([zoom_rows, zoom_columns, 1.0])
    height, width = image.shape[1:]
    o_row, o_column = height / 2 - 0.5, width / 2 - 0.5
    offset = np.array([[1, 0, o_row], [0, 1, o_column], [0, 0, 1]])
    reset = np.array([[1, 0, -o_row], [0, 1, -o_column], [0, 0, 1]])
    matrix = offset @ (rotation @ zoom) @ reset
    channels = [
        ndimage.affine_transform(
            channel, matrix[:2, :2], matrix[:2, 2], order=1, mode="nearest", cval=0.0
        )
        for channel in image
    ]
    result = np.stack(channels)
    return result[:, :, ::-1] if flip else result


@settings(max_examples=60, deadline=None)
@given(
    angle=st.floats(-40, 40, width=32),
    zoom=st.tuples(st.floats(0.625, 1.5, width=32), st.floats(0.625, 1.5, width=32)),
    flip=st.booleans(),
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(2, 40), st.integers(2, 40)),
    seed=st.integers(0, 1000),
)
def test_equals_keras(angle, zoom, flip, shape, seed):
    image = np.random.default_rng(seed).random(shape).astype(np.float32)
    params = NormalParams(torch.tensor([angle]), torch.tensor([zoom]), torch.tensor([flip]))
    found = Normal().apply(make_batch(torch.from_numpy(image)[None]), params).images[0]
    expected = keras_affine(image.astype(np.float64), angle, *zoom, flip)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


@pytest.mark.real_data
def test_equals_keras_on_real_images(real_data):
    from augury.data import load_dataset

    train = load_dataset("cifar10", data_dir=real_data).train
    batch = make_batch(torch.from_numpy(np.array(train.images[:50])))
    params = Normal().sample(batch, Draws(0, 0, batch.ids))
    found = Normal().apply(batch, params).images.numpy()
    for i in range(50):
        expected = keras_affine(
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
    batch = Batch(images, torch.ones(n, 1), torch.arange(n))
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
