"""timm's RandAugment and its recipes A1 to A3: their exported code beside ours."""

import random

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import ks_2samp
from timm.data.auto_augment import RandAugment

from augury import Batch, Draws, build_augmentation, export
from augury.augment import Chain, TimmRandAugment
from augury.batch import to_float

SIZE, N = 32, 500


def defined(arm):
    """What the exported code defines, normalized by nothing: the border is black, as ours."""
    code = export(arm, to="timm", image_size=SIZE, num_classes=N)
    for name, value in (("MEAN", "(0.0, 0.0, 0.0)"), ("STD", "(1.0, 1.0, 1.0)")):
        line = next(line for line in code.splitlines() if line.startswith(f"{name} = "))
        code = code.replace(line, f"{name} = {value}")
    names = {}
    exec(code, names)
    return names


def picture():
    """(3, SIZE, SIZE) uint8 without hard edges."""
    generator = torch.Generator().manual_seed(2)
    coarse = torch.rand(1, 3, 5, 5, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=SIZE, mode="bilinear")[0]
    return (255 * fine).round().to(torch.uint8)


def theirs(transform):
    """N results for the picture, (N, 3, SIZE, SIZE) in [0, 1]."""
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(0)
    image = Image.fromarray(picture().permute(1, 2, 0).numpy())
    return torch.stack([transform(image) for _ in range(N)])


def ours(augmentation):
    batch = Batch(picture().expand(N, -1, -1, -1), torch.ones(N, 1), torch.arange(N))
    return to_float(augmentation(batch, Draws(0, 0, batch.ids)).images)


def assert_alike(found, expected):
    """Both are (N, 3, SIZE, SIZE), drawn from one distribution by what it does to the picture."""
    still = to_float(picture())
    for told in (
        lambda images: (images - still).abs().mean((1, 2, 3)),
        lambda images: images.mean((1, 2, 3)),
        lambda images: images.std((2, 3)).mean(1),
        lambda images: (images[..., SIZE // 2 :] - images[..., : SIZE // 2]).mean((1, 2, 3)),
    ):
        pair = [told(images).numpy().round(2) for images in (found, expected)]
        assert ks_2samp(*pair, method="asymp").pvalue > 1e-4


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
    assert_alike(theirs(transform), ours(augmentation))


@pytest.mark.parametrize("arm", ["timm-a1", "timm-a2", "timm-a3"])
def test_recipes(arm):
    names, augmentation = defined(arm), build_augmentation(arm)
    *before, mixing = augmentation.parts
    assert_alike(theirs(names["transform"]), ours(Chain(before)))
    np.random.seed(0)
    images = torch.rand(N, 1, SIZE, SIZE)
    _, targets = names["mix"](images, torch.arange(N))
    batch = Batch(images, torch.eye(N), torch.arange(N))
    own = mixing(batch, Draws(0, 0, batch.ids)).targets
    # An image's share of itself, for mixup and for cutmix.
    pair = [each.diagonal().numpy().round(2) for each in (targets, own)]
    assert ks_2samp(*pair, method="asymp").pvalue > 1e-4


def test_at_the_top_of_the_scale_one_bit_is_kept():
    """timm alone asks for 0 bits there, which Pillow 13 refuses."""
    for arm in (TimmRandAugment(1, 10.0, 0.0, 1.0), TimmRandAugment(1, 9.0, 3.0, 1.0)):
        transform = defined(arm)["transform"]
        (policy,) = (step for step in transform.transforms if isinstance(step, RandAugment))
        policy.ops = [op for op in policy.ops if op.name == "PosterizeIncreasing"]
        fewest = min(len(image.unique()) for image in theirs(transform)[:60])
        assert fewest == 2
    assert "magnitude_max" not in export(TimmRandAugment(magnitude_std=0.0), to="timm")
