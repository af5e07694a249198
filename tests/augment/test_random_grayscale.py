import numpy as np
import pytest
import torch

from augury.augment.chain import Chain
from augury.augment.color.grayscale import Grayscale, GrayscaleParams
from augury.augment.color.random_grayscale import RandomGrayscale
from augury.augment.registry import to_config
from augury.errors import InputError
from helpers.batches import noise_batch
from helpers.sampling import is_rate, sample_many


def test_pixels_are_those_of_grayscale():
    batch = noise_batch(8, (3, 6, 5))
    params = GrayscaleParams(torch.arange(8) % 3 == 0)
    found = RandomGrayscale().apply(batch, params).images
    assert torch.equal(found, Grayscale().apply(batch, params).images)
    assert torch.equal(RandomGrayscale().applied(batch, params).images, found)
    assert RandomGrayscale().has_steps


def test_the_rate_is_the_documented_and_the_draws_are_its_own():
    gray = sample_many(RandomGrayscale()).gray
    assert is_rate(gray, 0.1)
    assert is_rate(sample_many(RandomGrayscale(0.35)).gray, 0.35)
    other = sample_many(Grayscale()).gray
    r = np.corrcoef(gray.numpy(), other.numpy())[0, 1]
    assert abs(r) < 4.5 / len(gray) ** 0.5


def test_after_grayscale_it_still_has_draws_of_its_own():
    first, second = sample_many(Chain([Grayscale(0.3), RandomGrayscale(0.3)]))
    assert is_rate(first.gray & second.gray, 0.09)


def test_it_is_written_under_its_own_name():
    assert to_config(RandomGrayscale(0.2)) == {"name": "random-grayscale", "p": 0.2}


def test_a_bad_probability_is_named():
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 1.5"):
        RandomGrayscale(p=1.5)
