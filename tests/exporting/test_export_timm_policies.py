"""timm's RandAugment and its recipes A1 to A3: their exported code beside ours."""

import random

import numpy as np
import pytest
import torch
from alike import SIZE, N, assert_alike, assert_same_shares, ours, picture, theirs
from PIL import Image
from timm.data.auto_augment import RandAugment

from augury import Batch, Draws, build_augmentation, export
from augury.augment import Chain, TimmRandAugment


def defined(arm):
    """What the exported code defines, normalized by nothing: the border is black, as ours."""
    code = export(arm, to="timm", image_size=SIZE, num_classes=N)
    for name, value in (("MEAN", "(0.0, 0.0, 0.0)"), ("STD", "(1.0, 1.0, 1.0)")):
        line = next(line for line in code.splitlines() if line.startswith(f"{name} = "))
        code = code.replace(line, f"{name} = {value}")
    names = {}
    exec(code, names)
    return names


def drawn(transform):
    """`theirs` for timm, which draws from three generators."""
    for seed in (random.seed, np.random.seed):
        seed(0)
    return theirs(transform, Image.fromarray(picture().permute(1, 2, 0).numpy()))


@pytest.mark.parametrize(
    "arm",
    ["timm-randaugment", TimmRandAugment(3, magnitude=5.0, magnitude_std=0.0, layer_p=0.8)],
    ids=["usual", "other"],
)
def test_randaugment(arm):
    transform = defined(arm)["transform"]
    augmentation = build_augmentation(arm) if isinstance(arm, str) else arm
    (policy,) = (step for step in transform.transforms if isinstance(step, RandAugment))
    assert policy.num_layers == augmentation.layers
    assert {op.prob for op in policy.ops} == {augmentation.layer_p}
    assert {op.magnitude for op in policy.ops} == {augmentation.magnitude}
    assert {op.magnitude_std for op in policy.ops} == {augmentation.magnitude_std}
    assert_alike(drawn(transform), ours(augmentation))


@pytest.mark.parametrize("arm", ["timm-a1", "timm-a2", "timm-a3"])
def test_recipes(arm):
    names, augmentation = defined(arm), build_augmentation(arm)
    *before, mixing = augmentation.parts
    assert_alike(drawn(names["transform"]), ours(Chain(before)))
    np.random.seed(0)
    images = torch.rand(N, 1, SIZE, SIZE)
    _, targets = names["mix"](images, torch.arange(N))
    batch = Batch(images, torch.eye(N), torch.arange(N))
    own = mixing(batch, Draws(0, 0, batch.ids)).targets
    assert_same_shares(targets.diagonal().numpy(), own.diagonal().numpy())


def test_at_the_top_of_the_scale_one_bit_is_kept():
    """timm alone asks for 0 bits there, which Pillow 13 refuses."""
    for arm in (TimmRandAugment(1, 10.0, 0.0, 1.0), TimmRandAugment(1, 9.0, 3.0, 1.0)):
        transform = defined(arm)["transform"]
        (policy,) = (step for step in transform.transforms if isinstance(step, RandAugment))
        policy.ops = [op for op in policy.ops if op.name == "PosterizeIncreasing"]
        fewest = min(len(image.unique()) for image in drawn(transform)[:60])
        assert fewest == 2
    assert "magnitude_max" not in export(TimmRandAugment(magnitude_std=0.0), to="timm")
