import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageOps
from pillow import from_pillow, to_pillow

from augury.augment.color.tables import (
    apply_table,
    autocontrast_table,
    equalize_table,
    identity_table,
    invert_table,
    look_up,
    posterize_table,
    solarize_add_table,
    solarize_table,
)
from helpers.batches import make_batch

CPU = torch.device("cpu")


@st.composite
def image_batches(draw):
    """(B, C, H, W) uint8 whose channels have ranges of their own, some of a single value."""
    shape = draw(st.integers(1, 3)), draw(st.sampled_from([1, 3]))
    size = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    low, high = np.sort(generator.integers(0, 256, (2, *shape, 1, 1)), axis=0)
    return generator.integers(low, high + 1, (*shape, *size)).astype(np.uint8)


def by_pillow(images, operation):
    return np.stack([from_pillow(operation(to_pillow(image))) for image in images])


@pytest.mark.parametrize(
    ("table", "operation"),
    [(autocontrast_table, ImageOps.autocontrast), (equalize_table, ImageOps.equalize)],
)
@given(images=image_batches())
def test_tables_of_images_equal_pillow(table, operation, images):
    tensor = torch.from_numpy(images)
    found = apply_table(tensor, table(tensor))
    assert (found.numpy() == by_pillow(images, operation)).all()


@pytest.mark.parametrize("low", range(0, 255, 11))
def test_autocontrast_equals_pillow_for_every_range(low):
    """PIL's truncation depends on the range: every upper end, all values between, in one batch."""
    highs = torch.arange(low + 1, 256)
    images = (low + torch.arange(256)).expand(len(highs), 1, 1, -1)
    images = images.minimum(highs[:, None, None, None]).to(torch.uint8)
    found = apply_table(images, autocontrast_table(images))
    assert (found.numpy() == by_pillow(images.numpy(), ImageOps.autocontrast)).all()


@pytest.mark.parametrize("pixels", [254, 255, 256, 509, 510, 511, 764, 766, 1021])
def test_equalize_equals_pillow_where_the_step_changes(pixels):
    """`pixels` below the largest value; the step is their number // 255, nothing is done at 0."""
    generator = np.random.default_rng(pixels)
    below = generator.integers(0, 200, (20, 1, 1, pixels))
    images = np.concatenate((below, np.full((20, 1, 1, 3), 201)), axis=3).astype(np.uint8)
    found = apply_table(torch.from_numpy(images), equalize_table(torch.from_numpy(images)))
    assert (found.numpy() == by_pillow(images, ImageOps.equalize)).all()


def all_values(n):
    return torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(n, 3, -1, -1)


def test_posterize_and_solarize_equal_pillow_for_all_values():
    found = apply_table(all_values(8), posterize_table(torch.arange(1, 9)))
    for bits in range(1, 9):
        expected = from_pillow(ImageOps.posterize(to_pillow(all_values(1)[0]), bits))
        assert (found[bits - 1].numpy() == expected).all()
    found = apply_table(all_values(257), solarize_table(torch.arange(257)))
    for threshold in range(257):
        expected = from_pillow(ImageOps.solarize(to_pillow(all_values(1)[0]), threshold))
        assert (found[threshold].numpy() == expected).all()


def test_solarize_add_by_hand():
    """What is dark becomes brighter; a value of 128 or more stays."""
    found = solarize_add_table(torch.tensor([0.0, 110.9, 200.0]))[:, 0]
    assert torch.equal(found[0], torch.arange(256).to(torch.uint8))
    assert found[1, [0, 10, 127, 128, 255]].tolist() == [110, 120, 237, 128, 255]
    assert found[2, [0, 55, 56, 127, 128]].tolist() == [200, 255, 255, 255, 128]


def test_no_bits_are_black():
    assert not posterize_table(torch.tensor([0])).any()


def test_invert_and_identity():
    images = all_values(2)
    expected = by_pillow(images.numpy(), ImageOps.invert)
    assert (apply_table(images, invert_table(CPU)).numpy() == expected).all()
    assert torch.equal(apply_table(images, identity_table(CPU)), images)


def test_each_sample_and_channel_has_its_own_row():
    images = torch.tensor([[[[0, 1]], [[0, 1]]], [[[0, 1]], [[0, 1]]]], dtype=torch.uint8)
    table = torch.zeros(2, 2, 256, dtype=torch.uint8)
    table[..., :2] = torch.arange(8).view(2, 2, 2)
    assert apply_table(images, table).flatten().tolist() == list(range(8))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
def test_only_chosen_images_are_looked_up(dtype):
    values = torch.tensor([0.0, 0.25, 1.0, 0.25]).view(2, 1, 1, 2)
    images = (values * 255).round().to(dtype) if dtype == torch.uint8 else values.to(dtype)
    batch = make_batch(images)
    found = look_up(batch, invert_table(CPU), torch.tensor([True, False])).images
    assert found.dtype == (torch.uint8 if dtype == torch.uint8 else torch.float32)
    assert torch.equal(found[1].to(dtype), images[1])
    # 0.25 is 63.75 of 255; the nearest level is 64, and its opposite 191.
    levels = found[0].float() * (1 if dtype == torch.uint8 else 255)
    torch.testing.assert_close(levels.flatten(), torch.tensor([255.0, 191.0]))
