"""Strengths: what `NAME@0.5` means for each method, and where it means nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch

from augury.augment import (
    AUGMENTATIONS,
    SALIENCY,
    AugMix,
    AutoAugment,
    Chain,
    Cutout,
    Flip,
    Identity,
    KeepAugment,
    Normal,
    OneOf,
    RandAugment,
    TrivialAugment,
    build_augmentation,
    own_augmentation,
    same_arm,
    to_config,
)
from augury.augment.strength import STRENGTHS, plain_part, split_strength, spread_strengths
from augury.batch import Batch, to_uint8
from augury.errors import InputError
from augury.kernels.switch import plain_path
from augury.rng import Draws
from helpers.batches import rows_of
from helpers.registered import StoredMaps, run

N, SIDE = 256, 24


@pytest.fixture(scope="module")
def batch():
    """Smooth colored images with some noise, each of another class than its neighbors."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(N, 3, 5, 5, generator=generator)
    images = torch.nn.functional.interpolate(coarse, SIDE, mode="bilinear", align_corners=True)
    images = 0.85 * images + 0.15 * torch.rand(N, 3, SIDE, SIDE, generator=generator)
    ids = torch.arange(N)
    return Batch((images * 255).to(torch.uint8), torch.eye(4)[ids % 4], ids)


@pytest.fixture(scope="module")
def maps():
    values = torch.rand(N, SIDE, SIDE, generator=torch.Generator().manual_seed(1))

    def source(kind):
        signed = kind == "signed-gradient"
        shown = values[:, None].expand(-1, 3, -1, -1) - 0.5 if signed else values
        return StoredMaps(kind, torch.arange(N), shown)

    return source


def make(name, maps, **parameters):
    return build_augmentation(name, {name.partition("@")[0]: parameters}, maps)


def test_each_method_has_a_strength_and_its_line_or_neither(maps):
    for name in AUGMENTATIONS:
        built = build_augmentation(name, sources=maps)
        if name in STRENGTHS:
            assert to_config(built.strengthened(1.0)) == to_config(built)
        else:
            with pytest.raises(InputError, match=r"^has no strength; `augury list strengths`"):
                built.strengthened(0.5)
    assert set(STRENGTHS) <= set(AUGMENTATIONS)


@pytest.mark.parametrize("name", STRENGTHS)
def test_1_is_the_method_itself_and_0_is_none(name, batch, maps):
    plain = make(name, maps)
    for other in (make(f"{name}@1", maps), plain.strengthened(1.0)):
        found, expected = run(other, batch), run(plain, batch)
        assert torch.equal(found.images, expected.images)
        assert torch.equal(found.targets, expected.targets)
    still = run(make(f"{name}@0", maps), batch)
    assert torch.equal(still.images, batch.images)
    assert torch.equal(still.targets, batch.targets)


@pytest.mark.parametrize("name", STRENGTHS)
def test_more_strength_changes_images_more(name, batch, maps):
    """By the mean distance from the image, over two epochs of 256 images (48 where it is dear)."""
    if name == "puzzlemix":
        batch = rows_of(batch, slice(0, 48))
    parameters = {"p": 0.5} if STRENGTHS[name].startswith("the probability") else {}
    most = {"sharpness": 1.1, "posterize": 1.5, "solarize": 1.0, "randaugment": 3.0}.get(name, 1.7)
    most = {"salience": 1.0, "timm-randaugment": 1.1, "random-resized-crop": 1.08}.get(name, most)
    # OpenCV's rule moves an image by up to a large pixel unless the small one divides it.
    steps = (0, 0.5, 1, 1.5) if name == "downscale" else (0, 0.3, 0.6, 1, most)
    distances = []
    for strength in steps:
        augmentation = make(f"{name}@{strength}", maps, **parameters)
        found = [run(augmentation, batch, epoch=epoch).images for epoch in range(2)]
        apart = [(to_uint8(images).int() - batch.images.int()).abs() for images in found]
        distances.append(float(torch.stack(apart).double().mean()))
    assert distances[0] == 0
    rising = distances if most > 1 else distances[:-1]
    assert all(np.diff(rising) > 0), distances


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("normal@3", {"rotation": 6.0, "zoom": 0.3, "flip": 0.5}),
        ("crop@0.5", {"padding": 0.0625}),
        ("zoom@2", {"factor": (0.8**2, 1.25**2)}),
        ("brightness@0.5", {"strength": 0.2}),
        ("sharpness@0.5", {"factor": (0.55, 1.45)}),
        ("posterize@0.5", {"bits": (6, 8)}),
        ("solarize@0.25", {"threshold": (192.0, 256.0)}),
        ("randaugment@2", {"layers": 2, "magnitude": 18.0, "magnitude_std": 3.0}),
        ("trivialaugment@0.5", {"strength": 0.5}),
        ("augmix@2", {"severity": 6.0, "alpha": 1.0}),
        ("random-erasing@0.5", {"area": (0.01, 0.2), "p": 0.5}),
        ("cutout@0.5", {"length": 0.25}),
        ("cutmix@0.5", {"p": 0.5, "alpha": 1.0}),
        ("saliencymix@2", {"p": 1.0, "alpha": 1.0}),
        ("salience-blend@0.5", {"mix": 1.0, "vmin": 0.3}),
        ("salience@0.5", {"strength": (0.0, 0.5), "p": 0.5}),
        ("salience@2", {"strength": (0.0, 1.0)}),
        ("keepaugment@2", {"size": 1.0, "tau": 0.6}),
    ],
)
def test_arguments_by_hand(name, expected, maps):
    built = build_augmentation(name, sources=maps)
    found = {key: getattr(built, key) for key in expected}
    assert found == {key: pytest.approx(value) for key, value in expected.items()}


def test_the_augmentation_inside_is_strengthened(maps):
    paste = KeepAugment(maps("gradient"), mode="paste").strengthened(2)
    assert paste.augment.magnitude == 18
    with pytest.raises(InputError, match="has no strength"):
        KeepAugment(maps("gradient"), mode="paste", augment=Flip()).strengthened(2)


def test_it_counts_from_the_arguments_of_the_study(maps):
    given = {"randaugment": {"magnitude": 6, "layers": 3}, "salience": {"saliency": "gradient"}}
    built = build_augmentation("randaugment@0.5", given)
    assert (built.layers, built.magnitude, built.magnitude_std) == (3, 3.0, 0.75)
    described = {"small": {"name": "cutout", "length": 0.25}}
    assert build_augmentation("small@2", described).length == 0.5
    assert build_augmentation("posterise@0.5").bits == (6, 8)


def test_each_part_of_a_chain_has_its_own(batch):
    found = build_augmentation("flip+cutout@0.5+normal@0+cutout")
    expected = Chain([Flip(), Cutout(0.25), Identity(), Cutout()])
    assert torch.equal(run(found, batch).images, run(expected, batch).images)
    assert not torch.equal(run(found, batch).images, run(Chain([Flip(), Cutout()]), batch).images)


def test_levels_of_a_policy_end_at_the_top_of_their_scale(batch):
    """Far beyond, every operation is at its strongest: a rotation of 135 degrees."""
    drawn = TrivialAugment(strength=50).sample(batch, Draws(3, 7, batch.ids))
    turned = drawn.magnitude[drawn.operation == 5].abs()
    assert turned[turned > 0].unique().tolist() == [135]
    assert AutoAugment(strength=3).strengthened(2).strength == 6


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("randaugment@", r"'randaugment@': a strength is a number from 0 to 100, as in randaug"),
        ("randaugment@x", "'randaugment@x': a strength is a number from 0 to 100"),
        ("cutout@-1", "'cutout@-1': a strength is a number from 0 to 100, as in cutout@0.5"),
        ("cutout@nan", "a strength is a number from 0 to 100"),
        ("cutout@inf", "a strength is a number from 0 to 100"),
        ("cutout@1e9", "a strength is a number from 0 to 100"),
        ("flip@0.5", "^flip@0.5: has no strength; `augury list strengths` names the methods"),
        ("none@0", "^none@0: has no strength"),
        ("equalize@1", "^equalize@1: has no strength"),
        ("cutmix@2", r"^cutmix@2: p: must lie in \[0, 1\], got 2.0"),
        ("randaugment@4", r"^randaugment@4: magnitude: must lie in \[0, 30\], got 36.0"),
        ("posterize@2", r"^posterize@2: bits: must be a rising pair within \[1, 8\], got \(0, 8\)"),
        ("randagument@2", "^unknown augmentation 'randagument'. Did you mean 'randaugment'"),
        ("crop@0.5@2", "^.crop@0.5@2.: a strength is a number from 0 to 100, as in crop@0.5"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(name, message):
    with pytest.raises(InputError, match=message) as caught:
        build_augmentation(f"flip+{name}")
    assert "\n" not in str(caught.value)


def test_compositions_have_none(maps):
    for given in (Chain([Cutout()]), OneOf([Cutout(), RandAugment()])):
        with pytest.raises(InputError, match="has no strength"):
            given.strengthened(0.5)


def test_names_are_taken_apart_and_written_short():
    assert split_strength("cutout@0.5") == ("cutout", 0.5)
    assert split_strength("cutout") == ("cutout", None)
    assert split_strength("mine:make@home") == ("mine:make@home", None)
    spellings = {
        "crop@0.50": "crop@0.5",
        "crop@1": "crop",
        "crop@1.0": "crop",
        "crop@2": "crop@2",
        "crop@0.123456789": "crop@0.123456789",
        "crop@x": "crop@x",
    }
    assert {part: plain_part(part) for part in spellings} == spellings
    assert same_arm("flip+posterise@0.5") == same_arm("flip+posterize@0.5")
    assert same_arm("posterize@2") != same_arm("posterize")


def test_strengths_spread_arms():
    found = spread_strengths(["none", "flip+crop", "crop"], {"crop": (0.5, 1, 2)})
    assert found == (
        *("none", "flip+crop@0.5", "flip+crop", "flip+crop@2"),
        *("crop@0.5", "crop", "crop@2"),
    )
    with pytest.raises(InputError, match="strengths: 'cutot' is no arm, and no part of one"):
        spread_strengths(["cutout"], {"cutot": (1,)})


def test_descriptions_and_names_of_before_stay():
    """A name of a study hashes the description, which has no argument that it had not then."""
    assert to_config(TrivialAugment()) == {"name": "trivialaugment"}
    assert to_config(TrivialAugment(0.5)) == {"name": "trivialaugment", "strength": 0.5}
    name, _ = own_augmentation(OneOf([TrivialAugment(), Flip()]))
    assert name == "one-of-dd7e315e"
    assert own_augmentation(Cutout().strengthened(0.5))[0] == "cutout-length-0.25"
    assert own_augmentation(Normal().strengthened(2))[0] == "normal-rotation-4-zoom-0.2"
    assert own_augmentation(AugMix().strengthened(2))[0] == "augmix-severity-6"


def test_the_index_of_the_cards_has_the_table():
    index = (Path(__file__).parents[2] / "docs" / "methods" / "README.md").read_text("utf-8")
    for name, meaning in STRENGTHS.items():
        assert f"| `{name}` | {meaning} |" in index


def test_the_fast_path_takes_part(batch):
    """A stronger policy is computed by the compiled loops, as the plain path has it."""
    for name in ("trivialaugment@0.5", "autoaugment@2", "normal@2+cutout@0.5"):
        augmentation = build_augmentation(name)
        assert augmentation.has_steps
        found = run(augmentation, batch).images
        with plain_path():
            expected = run(augmentation, batch).images
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_saliency_of_a_strengthened_method_is_its_own(maps):
    for name in set(SALIENCY) & set(STRENGTHS):
        asked = []

        def source(kind, asked=asked):
            asked.append(kind)
            return maps(kind)

        build_augmentation(f"{name}@0.5", sources=source)
        assert set(asked) == {SALIENCY[name]}
