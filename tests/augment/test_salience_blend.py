import pytest
import torch

from augury.augment import SalienceBlend
from augury.augment.saliency.salience_blend import SalienceBlendParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch


def test_hand_computed_blend():
    images = torch.tensor([[51, 102], [204, 255]], dtype=torch.uint8).view(1, 1, 2, 2)
    saliency = torch.tensor([[0.0, 2.0], [4.0, 1.2]]).view(1, 2, 2)
    found = SalienceBlend(lambda b: saliency)(
        make_batch(images), Draws(0, 0, torch.arange(1))
    ).images
    # The map scaled to [0, 1] is 0, .5, 1, .3; clipped to [.3, .7] and scaled: 0, .5, 1, 0.
    # The images are .2, .4, .8, 1; (2 · map + image / 2) / 2.5.
    expected = torch.tensor([[0.1 / 2.5, 1.2 / 2.5], [2.4 / 2.5, 0.5 / 2.5]])
    torch.testing.assert_close(found[0, 0], expected)


def test_the_extremes_reach_0_and_1_without_clipping():
    saliency = torch.tensor([[0.0, 1.0]]).view(1, 1, 2)
    for mix in (0.5, 1.0, 2.0, 7.0):
        images = torch.tensor([[0.0, 1.0]]).view(1, 1, 1, 2)
        params = SalienceBlendParams(saliency, torch.tensor([True]))
        found = SalienceBlend(lambda b: saliency, mix=mix).apply(make_batch(images), params).images
        torch.testing.assert_close(found.flatten(), torch.tensor([0.0, 1.0]))


def test_a_constant_map_counts_as_none():
    params = SalienceBlendParams(torch.full((1, 3, 3), 5.0), torch.tensor([True]))
    found = (
        SalienceBlend(lambda b: b.images).apply(make_batch(torch.ones(1, 1, 3, 3)), params).images
    )
    torch.testing.assert_close(found, torch.full((1, 1, 3, 3), 0.2))


def test_p_is_the_share_of_blended_images():
    n = 50_000
    batch = make_batch(torch.zeros(1, 1, 1, 1).expand(n, -1, -1, -1))
    augment = SalienceBlend(lambda b: b.images[:, 0], p=0.3)
    blend = augment.sample(batch, Draws(0, 0, batch.ids)).blend.float()
    assert abs(blend.mean() - 0.3) < 4 * (0.21 / n) ** 0.5
    params = SalienceBlendParams(torch.rand(2, 2, 2), torch.tensor([False, True]))
    images = torch.rand(2, 1, 2, 2)
    found = augment.apply(make_batch(images), params).images
    assert torch.equal(found[0], images[0])
    assert not torch.equal(found[1], images[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mix": 0}, "mix: must be over 0, got 0"),
        ({"vmin": 0.7, "vmax": 0.3}, "vmin, vmax: must satisfy"),
        ({"p": 2}, r"p: must lie in \[0, 1\], got 2"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        SalienceBlend(lambda b: b.images, **arguments)
