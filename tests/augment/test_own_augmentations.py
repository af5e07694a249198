"""Augmentations that are given as objects: their names and descriptions in a study."""

import pytest
import torch
from torchvision.transforms import v2

from augury.augment import (
    AUGMENTATIONS,
    SALIENCY,
    Chain,
    CutMix,
    Cutout,
    Flip,
    KeepAugment,
    Normal,
    OneOf,
    Zoom,
    build_augmentation,
    own_augmentation,
    to_config,
)
from augury.batch import Batch
from augury.errors import InputError
from augury.own import here
from augury.rng import Draws


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(here, "_kept", {})


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_with_its_usual_arguments_has_its_own_name(name):
    def source(batch):
        return batch.images

    source.kind = SALIENCY.get(name)
    cls = AUGMENTATIONS[name]
    assert own_augmentation(cls(source) if name in SALIENCY else cls()) == (name, {})


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (Cutout(0.25), "cutout-length-0.25"),
        (CutMix(alpha=0.5, p=0.5), "cutmix-alpha-0.5-p-0.5"),
        (Chain([Flip(), Cutout(0.25), Normal()]), "flip+cutout-length-0.25+normal"),
    ],
)
def test_others_are_told_by_their_arguments(given, name):
    assert own_augmentation(given)[0] == name


@pytest.mark.parametrize(
    "given",
    [
        Cutout(0.25),
        Zoom((0.8, 1.1)),
        OneOf([Flip(), Cutout(0.3)], (0.2, 0.8)),
        Chain([Flip(), Cutout(0.25)]),
        Chain([Flip(), OneOf([Flip(), Chain([Cutout(0.3), Flip()])])]),
    ],
)
def test_a_study_builds_the_same_augmentation_from_name_and_descriptions(given):
    name, chains = own_augmentation(given)
    images = torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8)
    batch = Batch(images, torch.eye(8), torch.arange(8))
    built = build_augmentation(name, chains)
    assert torch.equal(built(batch, Draws(0, 1, batch.ids)).images,
                       given(batch, Draws(0, 1, batch.ids)).images)  # fmt: skip
    assert to_config(built) == to_config(given)


def test_a_name_may_be_given():
    assert own_augmentation(Cutout(0.25), "mild") == ("mild", {"mild": to_config(Cutout(0.25))})
    for wrong in ("flip", "a+b", "a:b", "a,b", "own/x", "light.toml", "grey"):
        with pytest.raises(InputError, match="augmentations: "):
            own_augmentation(Cutout(0.25), wrong)


def test_other_transforms_stay_in_this_process():
    pipeline = v2.Compose([v2.RandomHorizontalFlip(1.0)])
    name, chains = own_augmentation(pipeline)
    assert name.startswith("here:Compose_")
    assert chains == {}
    assert own_augmentation(pipeline, "flips") == ("here:flips", {})
    assert own_augmentation(v2.RandomHorizontalFlip)[0] == (
        "torchvision.transforms.v2._geometry:RandomHorizontalFlip"
    )
    images = torch.randint(0, 256, (4, 3, 8, 8), dtype=torch.uint8)
    batch = Batch(images, torch.eye(4), torch.arange(4))
    found = build_augmentation("here:flips")(batch, Draws(0, 0, batch.ids))
    assert torch.equal(found.images, images.flip(3))
    with pytest.raises(InputError, match="augmentations: must be callable, got 3"):
        own_augmentation(3)


def test_saliency_of_ones_own_code_is_refused():
    kept = KeepAugment(lambda batch: batch.images)
    for given in (kept, Chain([Flip(), kept]), OneOf([Flip(), kept])):
        with pytest.raises(InputError, match="Give the name 'keepaugment'"):
            own_augmentation(given)
