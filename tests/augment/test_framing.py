"""Augmentations fitted to images that are stored larger than what the network sees."""

import pytest
import torch

from augury.augment import (
    CenterCrop,
    Chain,
    CutMix,
    Cutout,
    Flip,
    KeepAugment,
    OneOf,
    RandAugment,
    RandomResizedCrop,
    ResizeCrop,
    build_augmentation,
)
from augury.augment.framing import centered, fitted, frames, view_of
from augury.batch import Batch, apply_moves
from augury.errors import InputError
from augury.rng import Draws
from helpers.registered import NAMES, labeled_batch, make, run

STORED, SEEN = 16, 12
SHAPE = (3, STORED, STORED)
CUT = slice(2, 14)


def center(batch):
    return Batch(batch.images[:, :, CUT, CUT], batch.targets, batch.ids)


@pytest.mark.parametrize("name", NAMES)
def test_of_equal_sizes_nothing_is_changed(name):
    augmentation = make(name, SHAPE)
    if name != "resize-crop":
        assert fitted(augmentation, STORED, STORED) is augmentation


@pytest.mark.parametrize("name", NAMES)
def test_every_method_gives_what_the_network_sees(name):
    batch = labeled_batch(SHAPE)
    augmentation = fitted(make(name, SHAPE), STORED, SEEN)
    found = run(augmentation, batch)
    assert found.images.shape == (100, 3, SEEN, SEEN)
    assert view_of(augmentation, (STORED, STORED)) == (SEEN, SEEN)
    maps = torch.rand(100, 1, STORED, STORED)
    assert apply_moves(maps, found.moves).shape == (100, 1, SEEN, SEEN)


@pytest.mark.parametrize(
    "augmentation",
    [
        Flip(),
        Chain([Flip(), CutMix(), Cutout()]),
        Chain([Flip(), Flip(0.3)]),
        RandAugment(),
        OneOf([Flip(), Cutout()]),
        Chain([Flip(), RandomResizedCrop()]),
    ],
    ids=lambda augmentation: type(augmentation).__name__,
)
def test_what_does_not_frame_does_to_the_center_what_it_does_alone(augmentation):
    """The same draws, to the bit."""
    batch = labeled_batch(SHAPE)
    found = run(fitted(augmentation, STORED, SEEN), batch)
    alone = run(augmentation, center(batch))
    assert torch.equal(found.images, alone.images)
    assert torch.equal(found.targets, alone.targets)


def test_what_frames_first_sees_the_stored_image():
    batch = labeled_batch(SHAPE)
    size = (SEEN, SEEN)
    for whole, expected in [
        (RandomResizedCrop((0.2, 1)), RandomResizedCrop((0.2, 1), size=size)),
        (ResizeCrop(), ResizeCrop(size)),
        (Chain([ResizeCrop(), Flip()]), Chain([ResizeCrop(size), Flip()])),
        (
            Chain([Chain([ResizeCrop(), Flip()]), CutMix()]),
            Chain([ResizeCrop(size), Flip(), CutMix()]),
        ),
        (CenterCrop(), CenterCrop(size)),
        (RandomResizedCrop(size=size), RandomResizedCrop(size=size)),
    ]:
        assert frames(whole)
        found = run(fitted(whole, STORED, SEEN), batch)
        assert torch.equal(found.images, run(expected, batch).images)
    assert ResizeCrop().size is None


def test_of_several_one_is_chosen_at_the_size_that_is_seen():
    batch, choice = labeled_batch(SHAPE), OneOf([RandomResizedCrop(), Flip()], [1, 2])
    found = run(fitted(choice, STORED, SEEN), batch)
    params = choice.sample(batch, Draws(3, 7, batch.ids))
    framed = run(RandomResizedCrop(size=(SEEN, SEEN)), batch).images
    flipped = run(Flip(), center(batch)).images.float() / 255
    expected = torch.where(params.choice[:, None, None, None] == 0, framed, flipped)
    assert torch.equal(found.images, expected)


def test_what_an_arm_sees_before_it_augments():
    batch = labeled_batch(SHAPE)
    assert torch.equal(centered(fitted(Flip(), STORED, SEEN), batch).images, center(batch).images)
    assert centered(fitted(RandomResizedCrop(), STORED, SEEN), batch) is batch


@pytest.mark.parametrize(
    ("augmentation", "stored", "message"),
    [
        (Flip(), 10, "12×12 pixels cannot be cut from 10×10"),
        (ResizeCrop(), 12, "there is nothing to cut from, as images are stored with the 12 pixels"),
        (Chain([ResizeCrop(), Flip()]), 12, "there is nothing to cut from"),
        (Chain([Flip(), ResizeCrop()]), 16, "resize-crop must come first, as later parts have"),
        (
            RandomResizedCrop(size=(8, 8)),
            16,
            "that of the images which the network sees, 12×12, got 8×8",
        ),
        (Chain([Flip(), CenterCrop((4, 4))]), 12, "the network sees, 12×12, got 4×4"),
        (
            KeepAugment(lambda b: b.images, "paste", augment=RandomResizedCrop(size=(8, 8))),
            16,
            "the network sees, 12×12, got 8×8",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(augmentation, stored, message):
    with pytest.raises(InputError, match=message):
        fitted(augmentation, stored, SEEN)


def test_a_size_is_read_from_a_description():
    described = {"random-resized-crop": {"size": [SEEN, 10], "scale": [0.5, 1]}}
    found = run(build_augmentation("random-resized-crop", described), labeled_batch(SHAPE))
    assert found.images.shape == (100, 3, SEEN, 10)
