import autoaugment as reference
import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import TrivialAugmentWide

from augury.augment.policies.operations import OPERATIONS, draw_layers
from augury.augment.policies.trivialaugment import TrivialAugment, reaches
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import DRAWS, is_rate, sample_many


def every_level(reach, name):
    level = torch.arange(31.0).double()[:, None]
    return draw_layers({name: reach}, torch.full((31, 1, 2), 0.9), level, 30).magnitude[:, 0]


@pytest.mark.parametrize("size", [(32, 32), (48, 64)])
def test_magnitudes_are_torchvisions(size):
    space = TrivialAugmentWide()._augmentation_space(31)
    ours = reaches(*size)
    assert [reference.TORCHVISION[name] for name in ours] == list(space)
    for name, reach in ours.items():
        expected, signed = space[reference.TORCHVISION[name]]
        assert reach.signed == signed
        if name.startswith("translate"):
            # torchvision cuts translations to whole pixels when it applies them; its 16 pixels
            # are 15.999999 in float32, of which it leaves 15.
            expected = (expected + 1e-4).trunc()
        torch.testing.assert_close(every_level(reach, name), expected.float().expand(31))


def test_a_small_image_is_moved_no_further_than_its_side():
    ours = reaches(8, 12)
    assert every_level(ours["translate-y"], "translate-y").max() == 8
    assert every_level(ours["translate-x"], "translate-x").max() == 12
    # At the paper's 32 pixels three in four of the strengths would leave nothing of 8 pixels.
    assert (every_level(ours["translate-y"], "translate-y") < 8).sum() == 30


def test_draws_match_the_documented_distribution():
    layers = sample_many(TrivialAugment(), size=(32, 32), channels=1)
    operation, magnitude = layers.operation[:, 0], layers.magnitude[:, 0]
    assert layers.operation.shape == (DRAWS, 1)
    assert stats.chisquare(np.bincount(operation, minlength=14)).pvalue > 1e-4
    counts = []
    for name, top in (("rotate", 135), ("shear-x", 0.99), ("contrast", 0.99), ("solarize", 255)):
        chosen = magnitude[operation == OPERATIONS.index(name)].double()
        if name != "solarize":
            assert is_rate(chosen[chosen != 0] < 0, 0.5)
        bins = (chosen.abs() / top * 30).numpy()
        np.testing.assert_allclose(bins, bins.round(), atol=1e-4)
        counts.append(np.bincount(bins.round().astype(int), minlength=31))
        assert stats.chisquare(counts[-1]).pvalue > 1e-4
    assert stats.chi2_contingency(np.stack(counts)).pvalue > 1e-4
    following = np.zeros((14, 14))
    np.add.at(following, (operation[:-1], operation[1:]), 1)
    assert stats.chi2_contingency(following).pvalue > 1e-4


def test_drawn_images_equal_the_reference():
    """Colors bit for bit, moves to half a level."""
    images = torch.randint(0, 256, (250, 3, 9, 12), generator=torch.Generator().manual_seed(0))
    batch = make_batch(images.to(torch.uint8))
    params = TrivialAugment().sample(batch, Draws(0, 0, batch.ids))
    found = TrivialAugment().apply(batch, params).images.numpy()
    for i, image in enumerate(batch.images.numpy()):
        steps = reference.steps_of(params, i)
        if steps[0][0] in reference.MOVES:
            assert np.abs(found[i] - reference.moved(image, steps)).max() <= 0.51
        else:
            np.testing.assert_array_equal(found[i], reference.layered(image, steps))
    assert len(params.operation.unique()) == 14
