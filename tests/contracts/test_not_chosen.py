"""Images that a method has not chosen keep every bit."""

import inspect

import pytest
import torch

from augury.augment import AUGMENTATIONS, build_augmentation
from augury.batch import apply_moves
from helpers.registered import labeled_batch, run, stored_maps

CHOOSING = [
    name
    for name, cls in AUGMENTATIONS.items()
    if "p" in inspect.signature(cls).parameters or name == "flip"
]


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 9, 14), (3, 64, 48)], ids=str)
@pytest.mark.parametrize("name", CHOOSING)
def test_images_that_are_not_chosen_stay_bit_for_bit(name, shape):
    key = "horizontal" if name == "flip" else "p"
    parameters = {name: {key: 0.0}}
    never = build_augmentation(name, parameters, lambda kind: stored_maps(kind, shape))
    batch = labeled_batch(shape)
    found = run(never, batch)
    levels = batch.images.float() / 255
    images = found.images.float() / 255 if found.images.dtype == torch.uint8 else found.images
    assert torch.equal(images, levels)
    assert torch.equal(found.targets, batch.targets)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("rotate", 0.5),
        ("zoom", 0.5),
        ("shear", 0.5),
        ("translate", 0.5),
        ("rotate+flip+zoom", 1 / 8),
    ],
)
def test_geometry_leaves_those_bits_that_it_was_not_to_touch(name, share):
    """Also of the maps that follow it."""
    half = {each: {"p": 0.5} for each in ("rotate", "zoom", "shear", "translate")}
    batch = labeled_batch((3, 64, 48), n=400)
    found = run(build_augmentation(name, half), batch)
    same = (found.images == batch.images.float() / 255).flatten(1).all(1)
    assert abs(float(same.float().mean()) - share) < 4 * (share * (1 - share) / 400) ** 0.5
    maps = torch.rand(400, 1, 64, 48, generator=torch.Generator().manual_seed(0))
    assert torch.equal(apply_moves(maps, found.moves)[same], maps[same])
