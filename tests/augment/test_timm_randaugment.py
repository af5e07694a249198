import autoaugment as reference
import numpy as np
import pytest
import torch
from pillow import from_pillow, to_pillow
from scipy import stats
from timm.data.auto_augment import LEVEL_TO_ARG, NAME_TO_OP, rand_augment_transform

from augury.augment.policies.operations import OPERATIONS, Layers, apply_layers, draw_layers
from augury.augment.policies.timm_randaugment import TimmRandAugment, reaches
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import DRAWS, is_rate, sample_many

TIMM = {
    "autocontrast": "AutoContrast",
    "equalize": "Equalize",
    "invert": "Invert",
    "rotate": "Rotate",
    "posterize": "PosterizeIncreasing",
    "solarize": "SolarizeIncreasing",
    "solarize-add": "SolarizeAdd",
    "saturation": "ColorIncreasing",
    "contrast": "ContrastIncreasing",
    "brightness": "BrightnessIncreasing",
    "sharpness": "SharpnessIncreasing",
    "shear-x": "ShearX",
    "shear-y": "ShearY",
    "translate-x": "TranslateXRel",
    "translate-y": "TranslateYRel",
}
SIZE = (48, 64)
LEVELS = np.linspace(0, 10, 41)
BRIGHTNESS = OPERATIONS.index("brightness")


@pytest.fixture(scope="module")
def layers():
    return sample_many(TimmRandAugment(), SIZE)


def test_the_defaults_are_timms_rand_m9_mstd05_inc1():
    theirs, ours = rand_augment_transform("rand-m9-mstd0.5-inc1", {}), TimmRandAugment()
    assert [op.name for op in theirs.ops] == [TIMM[name] for name in reaches(*SIZE)]
    assert theirs.num_layers == ours.layers
    assert theirs.choice_weights is None
    assert {op.magnitude for op in theirs.ops} == {ours.magnitude}
    assert {op.magnitude_std for op in theirs.ops} == {ours.magnitude_std}
    assert {op.magnitude_max for op in theirs.ops} == {None}
    assert {op.prob for op in theirs.ops} == {ours.layer_p}


def ours_at(name):
    """The magnitude at each of LEVELS, with the positive sign."""
    level = torch.from_numpy(LEVELS)[:, None]
    u = torch.full((len(LEVELS), 1, 2), 0.9)
    return draw_layers({name: reaches(*SIZE)[name]}, u, level, 10).magnitude[:, 0]


@pytest.mark.parametrize("name", [name for name in TIMM if LEVEL_TO_ARG[TIMM[name]]])
def test_magnitudes_are_timms(name):
    def theirs(level):
        (found,) = LEVEL_TO_ARG[TIMM[name]](level, {})
        if name in reference.ENHANCERS:
            return abs(found - 1)
        if name.startswith("translate"):
            return abs(found) * SIZE[name == "translate-x"]
        return max(1, found) if name == "posterize" else abs(found)

    found, expected = ours_at(name).numpy(), np.array([theirs(level) for level in LEVELS])
    if name == "solarize":
        found = np.ceil(found)  # the same levels are inverted
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in TIMM if name not in reference.MOVES])
def test_colors_are_timms(name):
    image = torch.randint(0, 256, (3, 20, 21), generator=torch.Generator().manual_seed(0))
    image = image.to(torch.uint8)
    for level, magnitude in zip(LEVELS[::8], ours_at(name)[::8], strict=True):
        given = Layers(torch.tensor([[OPERATIONS.index(name)]]), magnitude.view(1, 1))
        found = apply_layers(make_batch(image[None]), given).images[0].numpy()
        level_to_arg = LEVEL_TO_ARG[TIMM[name]]
        arguments = level_to_arg(level, {}) if level_to_arg else ()
        if name in reference.ENHANCERS:
            arguments = (1 + float(magnitude),)
        if name == "posterize":
            arguments = (max(1, arguments[0]),)  # Pillow refuses the 0 of level 10
        expected = from_pillow(NAME_TO_OP[TIMM[name]](to_pillow(image.numpy()), *arguments))
        np.testing.assert_array_equal(found, expected)


def test_operations_are_uniform_and_half_of_the_layers_are_skipped(layers):
    assert layers.operation.shape == (DRAWS, 2)
    applied = layers.operation > 0
    for column, used in zip(layers.operation.T, applied.T, strict=True):
        assert is_rate(used, 0.5)
        counts = torch.bincount(column[used], minlength=len(OPERATIONS))
        counts = counts[[OPERATIONS.index(name) for name in TIMM]]
        assert counts.sum() == used.sum()
        assert stats.chisquare(counts).pvalue > 1e-4
    assert is_rate(applied.all(1), 0.25)
    assert not layers.magnitude[~applied].any()


def test_signs_and_levels_are_drawn_as_documented(layers):
    found = layers.magnitude[layers.operation == BRIGHTNESS]
    assert is_rate(found < 0, 0.5)
    level = found.abs().double().numpy() / 0.9 * 10
    at_top = np.isclose(level, 10)
    normal = stats.norm(9, 0.5)
    assert is_rate(torch.from_numpy(at_top), normal.sf(10))
    below = level[~at_top]
    assert stats.kstest(below, lambda x: normal.cdf(x) / normal.cdf(10)).pvalue > 1e-4


def test_probabilities_of_layers_and_no_deviation():
    layers = sample_many(TimmRandAugment(3, magnitude=6, magnitude_std=0, layer_p=0.8), SIZE)
    assert is_rate(layers.operation[:, 2] > 0, 0.8)
    found = layers.magnitude[layers.operation == BRIGHTNESS].abs()
    torch.testing.assert_close(found, torch.full_like(found, 0.54))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": 0}, "layers: must be a whole number over 0, got 0"),
        ({"magnitude": 11}, r"magnitude: must lie in \[0, 10\], got 11"),
        ({"magnitude_std": -1}, "magnitude_std: must be at least 0 and finite, got -1"),
        ({"layer_p": 1.5}, r"layer_p: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        TimmRandAugment(**arguments)
