"""Recipes by name, beside what the projects' own code builds and says."""

import inspect
from pathlib import Path

import pytest
import torch
from timm.data import Mixup, create_transform
from torchvision import transforms
from torchvision.models import ResNet50_Weights

from augury.augment import AUGMENTATIONS, Chain, Flip, OneOf, build_augmentation, to_config
from augury.augment.mixing.cutmix import CutMix
from augury.augment.mixing.mixup import MixUp
from augury.augment.policies.trivialaugment import TrivialAugment
from augury.augment.recipes.published import PUBLISHED
from augury.errors import InputError
from augury.kernels.switch import plain_path
from helpers.registered import labeled_batch, run

CARDS = Path(__file__).parents[2] / "docs" / "methods"


def parts(name):
    return build_augmentation(name).parts


def mixing(part):
    """The alphas of mixup and CutMix, one of which each image gets."""
    assert isinstance(part, OneOf)
    assert part.weights is None
    mixup, cutmix = part.parts
    assert (type(mixup), type(cutmix)) == (MixUp, CutMix)
    assert mixup.p == cutmix.p == 1
    return mixup.alpha, cutmix.alpha


@pytest.mark.parametrize(
    ("name", "policy", "alpha"),
    [
        ("timm-a1", "rand-m7-mstd0.5-inc1", 0.2),
        ("timm-a2", "rand-m7-mstd0.5-inc1", 0.1),
        ("timm-a3", "rand-m6-mstd0.5-inc1", 0.1),
    ],
)
def test_timms_recipes_are_what_timm_builds(name, policy, alpha):
    crop, flip, randaugment, mix = parts(name)
    theirs = create_transform(160, is_training=True, auto_augment=policy)
    their_crop, their_flip, their_policy, *rest = theirs.transforms
    assert [type(each).__name__ for each in rest] == ["MaybeToTensor", "Normalize"]
    assert (tuple(their_crop.scale), tuple(their_crop.ratio)) == (crop.scale, crop.ratio)
    assert (their_flip.p, 0.0) == (flip.horizontal, flip.vertical)
    assert their_policy.num_layers == randaugment.layers
    for operation in their_policy.ops:
        assert operation.magnitude == randaugment.magnitude
        assert operation.magnitude_std == randaugment.magnitude_std
        assert operation.prob == randaugment.layer_p
    assert mixing(mix) == (alpha, 1.0)
    usual = inspect.signature(Mixup).parameters
    assert (usual["prob"].default, usual["switch_prob"].default) == (1.0, 0.5)


def test_torchvisions_recipe_is_that_of_its_newer_weights():
    crop, flip, policy, erasing, mix = parts("torchvision-references")
    theirs = transforms.RandomResizedCrop(176)
    assert (tuple(theirs.scale), tuple(theirs.ratio)) == (crop.scale, crop.ratio)
    assert transforms.RandomHorizontalFlip().p == flip.horizontal
    assert to_config(policy) == to_config(TrivialAugment())
    their_erasing = transforms.RandomErasing(p=0.1)
    assert (their_erasing.p, their_erasing.scale, their_erasing.ratio) == (
        erasing.p,
        erasing.area,
        erasing.aspect,
    )
    assert mixing(mix) == (0.2, 1.0)
    recipe = ResNet50_Weights.IMAGENET1K_V2.meta["recipe"]
    assert recipe.startswith("https://github.com/pytorch/vision/issues/3995")


def test_ultralytics_recipe_by_hand():
    """Of `classify_augmentations(scale=(0.5, 1), auto_augment="randaugment", erasing=0.4)`."""
    crop, flip, policy, erasing = parts("ultralytics-classify")
    assert (crop.scale, crop.ratio) == ((0.5, 1.0), (3 / 4, 4 / 3))
    assert (flip.horizontal, flip.vertical) == (0.5, 0.0)
    theirs = transforms.RandAugment()
    assert (theirs.num_ops, theirs.magnitude) == (policy.layers, policy.magnitude)
    assert policy.magnitude_std == 0
    their_erasing = transforms.RandomErasing(p=0.4)
    assert (their_erasing.p, their_erasing.scale, their_erasing.ratio) == (
        erasing.p,
        erasing.area,
        erasing.aspect,
    )


def test_the_others_by_hand():
    crop, augment, mix = parts("deit3")
    assert (crop.scale, crop.ratio) == ((0.08, 1.0), (3 / 4, 4 / 3))
    assert to_config(augment) == {"name": "3-augment", "jitter": 0.3}
    assert mixing(mix) == (0.8, 1.0)
    flip, shift = parts("airbench")
    assert (flip.horizontal, shift.padding * 32) == (0.5, 2)
    flip, turn = parts("keras-tutorial")
    assert (flip.horizontal, turn.degrees, turn.p) == (0.5, 0.1 * 360, 1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_is_the_chain_of_its_parts(name):
    batch = labeled_batch((3, 24, 20), n=60)
    recipe = build_augmentation(name)
    found, expected = run(recipe, batch), run(Chain(recipe.parts), batch)
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.targets, expected.targets)
    with plain_path():
        plain = run(recipe, batch)
    torch.testing.assert_close(found.images, plain.images, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_card_says_what_the_list_says(name):
    published = PUBLISHED[name]
    assert name in AUGMENTATIONS
    card = " ".join((CARDS / f"{name}.md").read_text("utf-8").split())
    for each in (*published.differs, *published.left_out):
        assert each in card


def test_a_recipe_has_no_strength_and_takes_no_arguments():
    with pytest.raises(InputError, match=r"timm-a2@0\.5: has no strength"):
        build_augmentation("timm-a2@0.5")
    with pytest.raises(InputError, match="unknown parameter of timm-a2 'magnitude'"):
        build_augmentation("timm-a2", {"timm-a2": {"magnitude": 3}})


def test_recipes_go_into_chains():
    batch = labeled_batch((3, 16, 16), n=40)
    found = run(build_augmentation("airbench+cutmix"), batch)
    parts_alone = run(Chain([*parts("airbench"), CutMix()]), batch)
    assert torch.equal(found.images, parts_alone.images)
    assert isinstance(parts("airbench")[0], Flip)
