import pytest
import torch

from augury.augment import Crop, Cutout, Identity, Normal, OneOf
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch, noise_batch


def test_each_image_gets_one_part_as_that_part_alone_would_give_it():
    batch = noise_batch(200, (3, 16, 16), step=1)
    draws = Draws(0, 0, batch.ids)
    parts = [Normal(), Cutout(), Identity()]
    chosen = OneOf(parts)
    params = chosen.sample(batch, draws)
    found = chosen(batch, draws).images
    for i in range(200):
        alone = parts[params.choice[i]](batch, draws).images[i]
        alone = alone if alone.is_floating_point() else alone.float() / 255
        assert torch.equal(found[i], alone)


def test_the_choice_follows_the_weights():
    """40,000 draws: each rate within 4 standard errors, at most one point."""
    n = 40_000
    images = torch.zeros(1, 1, 1, 1, dtype=torch.uint8).expand(n, -1, -1, -1)
    batch = make_batch(images)
    params = OneOf([Identity(), Crop(), Cutout()], (1, 0, 3)).sample(batch, Draws(1, 1, batch.ids))
    rates = torch.bincount(params.choice, minlength=3) / n
    for rate, expected in zip(rates, (0.25, 0, 0.75), strict=True):
        assert abs(rate - expected) <= 4 * (expected * (1 - expected) / n) ** 0.5


@pytest.mark.parametrize(
    ("parts", "weights", "message"),
    [
        ([], None, "parts: at least one is needed"),
        ([Identity()], (1, 2), "weights: must be 1, one for each part"),
        ([Identity()], (-1,), "weights: must be at least 0 and not all 0"),
        ([Identity()], (0,), "weights: must be at least 0 and not all 0"),
    ],
)
def test_bad_arguments_are_named(parts, weights, message):
    with pytest.raises(InputError, match=message):
        OneOf(parts, weights)
