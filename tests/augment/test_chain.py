import pytest
import torch

from augury.augment import Chain, Crop, Cutout, Normal, build_augmentation, source_kind
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (50, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return Batch(images, torch.ones(50, 1), torch.arange(50))


def test_a_chain_is_its_parts_one_after_the_other(batch):
    draws = Draws(1, 2, batch.ids)
    expected = batch
    for part in (Normal(), Crop(), Cutout(length=0.25)):
        expected = part(expected, draws)
    parameters = {"cutout": {"length": 0.25}, "normal": {}}
    found = build_augmentation("normal+crop+cutout", parameters)(batch, draws)
    assert torch.equal(found.images, expected.images)


def test_a_repeated_part_has_draws_of_its_own(batch):
    first, second = Chain([Crop(), Crop()]).sample(batch, Draws(0, 0, batch.ids))
    alone = Crop().sample(batch, Draws(0, 0, batch.ids))
    assert torch.equal(first.down, alone.down)
    assert not torch.equal(second.down, alone.down)


def test_saliency_comes_first():
    assert source_kind("salience+normal") == "saliency"
    assert source_kind("salience-raw") == "gradient"
    assert source_kind("normal+crop") is None
    with pytest.raises(
        InputError, match=r"salience must come first, as in salience\+normal\+crop$"
    ):
        build_augmentation("normal+salience+crop")


def test_an_unknown_part_is_named():
    with pytest.raises(InputError, match=r"unknown augmentation 'cutot'\. Did you mean 'cutout'"):
        build_augmentation("normal+cutot")
