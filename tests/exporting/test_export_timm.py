"""Code for timm beside ours."""

import math
import random

import numpy as np
import torch
from exported_code import run
from PIL import Image
from scipy.stats import ks_2samp

from augury import Batch, Draws
from augury.augment import Brightness, CutMix, Flip, Grayscale, MixUp, OneOf, RandomErasing
from augury.batch import to_float

SIZE = 24


def picture():
    pixels = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    return Image.fromarray(pixels)


def pixels_of(names, normalized):
    """In [0, 1] again."""
    mean, std = (torch.tensor(names[key]).view(3, 1, 1) for key in ("MEAN", "STD"))
    return normalized * std + mean


def batch_of(n=1):
    image = torch.from_numpy(np.array(picture())).permute(2, 0, 1)
    return Batch(image.expand(n, -1, -1, -1), torch.eye(max(n, 2))[:n], torch.arange(n))


def test_pixels_of_what_every_image_gets():
    for arm in (Flip(1.0), Flip(1.0, 1.0), Grayscale(1.0)):
        names = run(arm, "timm", image_size=SIZE)
        found = pixels_of(names, names["transform"](picture()))
        expected = to_float(arm(batch_of(), Draws(0, 0, torch.arange(1))).images)[0]
        assert (found - expected).abs().max() < 1.01 / 255


def test_none_leaves_an_image_of_the_size_as_it_is():
    names = run("none", "timm", image_size=SIZE)
    found = pixels_of(names, names["transform"](picture()))
    assert (found - to_float(batch_of().images)[0]).abs().max() < 1e-6


def test_factors_of_brightness():
    names = run(Brightness(0.3), "timm", image_size=SIZE)
    torch.manual_seed(0)
    gray = Image.new("RGB", (SIZE, SIZE), (100, 100, 100))
    theirs = [float(pixels_of(names, names["transform"](gray))[0, 0, 0]) for _ in range(3000)]
    params = Brightness(0.3).sample(batch_of(3000), Draws(0, 0, torch.arange(3000)))
    ours = np.floor(100 * params.factor.numpy()) / 255
    assert ks_2samp(theirs, ours).pvalue > 1e-3


def test_erased_rectangles():
    # So that no rectangle is as high or wide as the image, which timm draws again.
    arm = RandomErasing(p=0.7, area=(0.02, 0.25), aspect=(0.5, 2.0))
    names = run(arm, "timm", image_size=SIZE)
    random.seed(0)
    torch.manual_seed(0)
    whole = names["transform"].transforms[-1]
    n = 6000
    still = torch.zeros(3, SIZE, SIZE)
    theirs = np.array([float((whole(still.clone()) != 0).any(0).float().mean()) for _ in range(n)])
    batch = batch_of(n)
    params = arm.sample(batch, Draws(0, 0, batch.ids))
    shares = (params.height * params.width).double() / SIZE**2
    ours = torch.where(params.erase, shares, 0.0).numpy()
    assert abs(np.mean(theirs == 0) - 0.3) < 4.5 * math.sqrt(0.21 / n)
    theirs, ours = (shares[shares > 0].round(4) for shares in (theirs, ours))
    assert ks_2samp(theirs, ours).pvalue > 1e-3


def shares(mixer, n):
    np.random.seed(0)
    images = torch.rand(n, 1, 8, 8)
    _, targets = mixer(images, torch.arange(n))
    return targets.diagonal().numpy()


def test_shares_of_mixed_images():
    n = 2000
    for arm in (MixUp(0.4), MixUp(1.0, p=0.5), CutMix(1.0)):
        names = run(arm, "timm", num_classes=n)
        batch = Batch(torch.rand(n, 1, 8, 8), torch.eye(n), torch.arange(n))
        ours = arm(batch, Draws(0, 0, batch.ids)).targets.diagonal().numpy()
        theirs = shares(names["mix"], n)
        # Boxes of 8 pixels: timm rounds their sides down, which leaves more of the image.
        most = 0.08 if isinstance(arm, CutMix) else 0.015
        assert 0 <= theirs.mean() - ours.mean() + 0.015 < most + 0.015
        assert abs((theirs == 1).mean() - (ours == 1).mean()) < most + 0.02


def test_one_of_mixup_and_cutmix_is_drawn_for_each_image():
    names = run(OneOf([CutMix(), MixUp()], weights=(1.0, 2.0)), "timm", num_classes=2000)
    mix = names["mix"]
    np.random.seed(0)
    _, use_cutmix = mix._params_per_elem(6000)
    assert abs(use_cutmix.mean() - 1 / 3) < 4.5 * math.sqrt(2 / 9 / 6000)
    assert mix.mode == "elem"
    assert mix.label_smoothing == 0.0
