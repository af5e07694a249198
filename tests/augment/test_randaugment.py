import autoaugment as reference
import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import RandAugment as TorchvisionRandAugment

from augury.augment.policies.operations import OPERATIONS, draw_layers
from augury.augment.policies.randaugment import RandAugment, reaches
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import DRAWS, is_rate, sample_many

BRIGHTNESS = OPERATIONS.index("brightness")


@pytest.fixture(scope="module")
def layers():
    return sample_many(RandAugment())


@pytest.mark.parametrize("size", [(32, 32), (8, 8), (48, 64)])
def test_magnitudes_are_torchvisions(size):
    space = TorchvisionRandAugment()._augmentation_space(31, size)
    ours = reaches(*size)
    assert [reference.TORCHVISION[name] for name in ours] == list(space)
    for name, reach in ours.items():
        expected, signed = space[reference.TORCHVISION[name]]
        assert reach.signed == signed
        # torchvision cuts translations to whole pixels when it applies them.
        expected = expected.trunc() if name.startswith("translate") else expected
        level = torch.arange(31.0).double()[:, None]
        found = draw_layers({name: reach}, torch.full((31, 1, 2), 0.9), level, 30).magnitude
        torch.testing.assert_close(found[:, 0], expected.float().expand(31))


def test_operations_and_signs_are_uniform_and_independent(layers):
    """Of layers, and of images that follow one another."""
    operation = layers.operation.numpy()
    assert operation.shape == (DRAWS, 2)
    for column in operation.T:
        assert stats.chisquare(np.bincount(column, minlength=14)).pvalue > 1e-4
    pairs = [operation.T, (operation[:-1, 0], operation[1:, 0])]
    for first, second in pairs:
        together = np.zeros((14, 14))
        np.add.at(together, (first, second), 1)
        assert stats.chi2_contingency(together).pvalue > 1e-4
    for name, reach in reaches(1, 1).items():
        chosen = layers.magnitude[layers.operation == OPERATIONS.index(name)]
        chosen = chosen[chosen != 0]
        if reach.signed and len(chosen):
            assert is_rate(chosen < 0, 0.5)
        else:
            assert not (chosen < 0).any()


def levels_of(layers):
    """The level of each image whose operation is brightness, one layer."""
    return layers.magnitude[layers.operation == BRIGHTNESS].abs().double().numpy() / 0.9 * 30


def test_the_magnitude_is_normal_about_its_mean(layers):
    assert stats.kstest(levels_of(layers), stats.norm(9, 1.5).cdf).pvalue > 1e-4


def test_the_magnitude_stays_on_its_scale():
    levels = levels_of(sample_many(RandAugment(layers=1, magnitude=29, magnitude_std=4)))
    at_top = np.isclose(levels, 30)
    assert levels.max() <= 30 + 1e-5
    assert is_rate(torch.from_numpy(at_top), stats.norm(29, 4).sf(30))
    below = stats.norm(29, 4)
    assert stats.kstest(levels[~at_top], lambda x: below.cdf(x) / below.cdf(30)).pvalue > 1e-4


def test_layers_have_magnitudes_of_their_own(layers):
    both = (layers.operation == BRIGHTNESS).all(1)
    first, second = layers.magnitude[both].abs().numpy().T
    assert stats.spearmanr(first, second).pvalue > 1e-3


def test_no_deviation_gives_one_magnitude():
    levels = levels_of(sample_many(RandAugment(magnitude=12, magnitude_std=0)))
    np.testing.assert_allclose(levels, 12, rtol=1e-6)


def test_more_layers_leave_the_first_as_they_are():
    few, many = sample_many(RandAugment(layers=2)), sample_many(RandAugment(layers=3))
    assert torch.equal(few.operation, many.operation[:, :2])
    assert torch.equal(few.magnitude, many.magnitude[:, :2])


def test_drawn_images_equal_the_reference():
    """Colors bit for bit; moves to half a level, before what comes after could magnify it."""
    images = torch.randint(0, 256, (150, 3, 13, 16), generator=torch.Generator().manual_seed(0))
    batch = make_batch(images.to(torch.uint8))
    params = RandAugment(magnitude=20).sample(batch, Draws(0, 0, batch.ids))
    found = RandAugment().apply(batch, params).images.numpy()
    kinds = set()
    for i, image in enumerate(batch.images.numpy()):
        steps = reference.steps_of(params, i)
        moves = [name in reference.MOVES for name, _ in steps]
        kinds.add(tuple(moves))
        if not any(moves):
            np.testing.assert_array_equal(found[i], reference.layered(image, steps))
        elif moves[1]:
            start = image if moves[0] else reference.layered(image, steps[:1])
            expected = reference.moved(start, steps if moves[0] else steps[1:])
            assert np.abs(found[i] - expected).max() <= 0.51
    assert len(kinds) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": 0}, "layers: must be a whole number over 0, got 0"),
        ({"layers": 1.5}, "layers: must be a whole number over 0, got 1.5"),
        ({"magnitude": 31}, r"magnitude: must lie in \[0, 30\], got 31"),
        ({"magnitude_std": -1}, "magnitude_std: must be at least 0 and finite, got -1"),
        ({"magnitude_std": float("inf")}, "magnitude_std: must be at least 0 and finite, got inf"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        RandAugment(**arguments)
