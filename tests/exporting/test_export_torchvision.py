"""Code for torchvision beside ours: pixels for the params that it draws, and how it draws them."""

import math

import numpy as np
import pytest
import torch
from exported_code import run
from scipy.stats import ks_2samp
from torchvision.transforms import v2

from augury import Batch, Draws
from augury.augment import (
    AutoAugment,
    Blur,
    Brightness,
    ChannelShuffle,
    ColorJitter,
    Contrast,
    Crop,
    CutMix,
    Elastic,
    Flip,
    GaussianNoise,
    Grayscale,
    Hue,
    Invert,
    Jpeg,
    MixUp,
    OneOf,
    Perspective,
    Posterize,
    QuarterTurns,
    RandAugment,
    RandomErasing,
    RandomResizedCrop,
    Rotate,
    Saturation,
    Shear,
    Solarize,
    Translate,
    TrivialAugment,
)
from augury.augment.color.blur import BlurParams
from augury.augment.color.brightness import BrightnessParams
from augury.augment.color.contrast import ContrastParams
from augury.augment.color.hue import HueParams
from augury.augment.color.jpeg import JpegParams
from augury.augment.color.saturation import SaturationParams
from augury.augment.geometry.crop import CropParams
from augury.augment.geometry.random_resized_crop import RandomResizedCropParams
from augury.augment.geometry.rotate import RotateParams
from augury.augment.geometry.shear import ShearParams
from augury.augment.policies import randaugment, trivialaugment
from augury.augment.policies.operations import Layers, apply_layers
from augury.batch import to_float
from augury.kernels.steps import OPERATIONS

DRAWN, DRAWN_THERE = 20_000, 8_000
LEVEL = 1 / 255


def image(size=24):
    generator = torch.Generator().manual_seed(1)
    small = torch.rand(3, 6, 6, generator=generator)
    smooth = torch.nn.functional.interpolate(small[None], size=size, mode="bilinear")[0]
    return (255 * smooth).round().to(torch.uint8)


def batch_of(picture, n=1):
    return Batch(
        picture.expand(n, *picture.shape), torch.eye(2)[torch.zeros(n).long()], torch.arange(n)
    )


def ours(augmentation, params):
    return to_float(augmentation.apply(batch_of(image()), params).images)[0]


def exported(augmentation, **options):
    """The transforms of one image, without those to a tensor and to float."""
    transforms = run(augmentation, "torchvision", **options)["transform"].transforms
    return [t for t in transforms if not isinstance(t, v2.ToImage | v2.ToDtype)]


def samples(augmentation, take):
    """(DRAWN,) values of ours."""
    batch = batch_of(torch.zeros(3, 24, 24, dtype=torch.uint8), DRAWN)
    return take(augmentation.sample(batch, Draws(0, 0, batch.ids))).double().numpy()


def drawn(transform, take):
    torch.manual_seed(0)
    picture = image()
    return np.array(
        [take(transform.make_params([picture])) for _ in range(DRAWN_THERE)], dtype=float
    )


def agree(theirs, ours):
    """Whether two samples may be of one distribution."""
    assert ks_2samp(theirs, ours).pvalue > 1e-3


def near(theirs, ours, most=1.01 * LEVEL):
    """Equal up to the rounding of levels."""
    assert (to_float(theirs) - ours).abs().max() <= most


def test_flips():
    (flip,) = exported(Flip(1.0))
    assert torch.equal(flip(image()), image().flip(2))
    horizontal, vertical = exported(Flip(0.3, 0.1))
    assert (horizontal.p, vertical.p) == (0.3, 0.1)
    assert isinstance(vertical, v2.RandomVerticalFlip)


def test_random_resized_crop():
    arm = RandomResizedCrop((0.2, 0.9))
    (crop,) = exported(arm, image_size=24)
    box = {"top": 2, "left": 3, "height": 15, "width": 9}
    params = RandomResizedCropParams(**{name: torch.tensor([at]) for name, at in box.items()})
    near(crop.transform(image(), box), ours(arm, params), 1.1 * LEVEL)
    for side in ("height", "width", "top", "left"):
        agree(
            drawn(crop, lambda p, side=side: p[side]),
            samples(arm, lambda p, side=side: vars(p)[side]),
        )


def test_crop():
    (crop,) = exported(Crop(), image_size=24)
    params = {"top": 1, "left": 5, "height": 24, "width": 24}
    found = crop.transform(image(), {**crop.make_params([image()]), **params})
    expected = ours(Crop(), CropParams(torch.tensor([1 - 3]), torch.tensor([5 - 3])))
    near(found, expected, 0)
    agree(drawn(crop, lambda p: p["top"]), samples(Crop(), lambda p: p.down) + 3)


def test_rotate():
    (turn,) = exported(Rotate(20.0, border="black"))
    found = turn.transform(image(), {"angle": 13.0})
    near(found, ours(Rotate(border="black"), RotateParams(torch.tensor([-13.0]))))
    agree(drawn(turn, lambda p: p["angle"]), samples(Rotate(20.0), lambda p: p.angle))
    (maybe,) = exported(Rotate(p=0.25))
    assert maybe.p == 0.25


def test_shear():
    (slant,) = exported(Shear(12.0, 7.0, border="black"))
    params = {"angle": 0.0, "translate": (0, 0), "scale": 1.0, "shear": (9.0, -4.0)}
    expected = ShearParams(torch.tensor([9.0]), torch.tensor([-4.0]))
    near(slant.transform(image(), params), ours(Shear(border="black"), expected))
    agree(drawn(slant, lambda p: p["shear"][1]), samples(Shear(12.0, 7.0), lambda p: p.y))


def test_translate():
    (move,) = exported(Translate(0.25))
    theirs = drawn(move, lambda p: p["translate"][1])
    assert set(theirs) == set(range(-6, 7))
    agree(theirs, (24 * samples(Translate(0.25), lambda p: p.down)).round())


@pytest.mark.parametrize(
    ("cls", "params", "name", "factor"),
    [
        (Brightness, BrightnessParams, "brightness_factor", 1.3),
        (Contrast, ContrastParams, "contrast_factor", 0.7),
        (Saturation, SaturationParams, "saturation_factor", 1.3),
        (Hue, HueParams, "hue_factor", 0.08),
    ],
)
def test_colors(cls, params, name, factor):
    (jitter,) = exported(cls())
    given = dict.fromkeys(
        ("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")
    )
    given |= {"fn_idx": torch.arange(4), name: factor}
    # Levels are cut before they are multiplied, so that two may be lost.
    near(jitter.transform(image(), given), ours(cls(), params(torch.tensor([factor]))), 2.1 * LEVEL)
    theirs = drawn(jitter, lambda p: float(p[name]))
    agree(theirs, samples(cls(), lambda p: next(iter(vars(p).values()))))


def test_blur():
    (blur,) = exported(Blur((0.5, 1.0)))
    found = blur.transform(image(), {"sigma": [0.8, 0.8]})
    expected = ours(Blur((0.5, 1.0)), BlurParams(torch.tensor([0.8])))
    near(found[:, 3:-3, 3:-3], expected[:, 3:-3, 3:-3])
    agree(drawn(blur, lambda p: p["sigma"][0]), samples(Blur((0.5, 1.0)), lambda p: p.sigma))


def test_gray_and_negative():
    (gray,) = exported(Grayscale(1.0))
    batch = batch_of(image())
    # It cuts to whole levels, and its weights sum to 0.9999.
    expected = to_float(Grayscale(1.0)(batch, Draws(0, 0, batch.ids)).images)[0]
    near(gray(image()), expected, 1.1 * LEVEL)
    (negative,) = exported(Invert(1.0))
    assert torch.equal(negative(image()), 255 - image())


def levels():
    """Every level once, (1, 16, 16)."""
    return torch.arange(256, dtype=torch.uint8).view(1, 16, 16)


def test_posterize_draws_each_number_of_bits():
    (choice,) = exported(Posterize((4, 8), p=0.5))
    torch.manual_seed(0)
    counts = np.bincount([len(choice(levels()).unique()) for _ in range(6000)], minlength=257)
    # One of five numbers of bits for half of the images; 8 bits are the image itself.
    for bits in (4, 5, 6, 7):
        assert abs(counts[2**bits] / 6000 - 0.1) < 4 * math.sqrt(0.09 / 6000)
    assert counts[[16, 32, 64, 128, 256]].sum() == 6000


def test_solarize_inverts_each_level_as_often():
    (choice,) = exported(Solarize(p=1.0))
    torch.manual_seed(0)
    inverted = sum((choice(levels()) != levels()).double() for _ in range(6000)) / 6000
    # A level v is inverted where the threshold, uniform in 0..256, is at most v.
    expected = torch.arange(256, dtype=torch.float64).view(1, 16, 16) / 256
    assert (inverted - expected).abs().max() < 4.5 * math.sqrt(0.25 / 6000)
    (fixed,) = exported(Solarize((128.0, 128.0), p=1.0))
    assert torch.equal(fixed(levels()), torch.where(levels() >= 128, 255 - levels(), levels()))


def test_random_erasing():
    # So that no rectangle is as high or wide as the image, which torchvision draws again.
    arm = RandomErasing(p=1.0, area=(0.02, 0.25), aspect=(0.5, 2.0))
    (erase,) = exported(arm)
    assert erase.p == 1.0
    agree(drawn(erase, lambda p: p["h"] * p["w"]), samples(arm, lambda p: p.height * p.width))
    agree(drawn(erase, lambda p: p["i"]), samples(arm, lambda p: p.top))


@pytest.mark.parametrize(
    "arm",
    [
        TrivialAugment(),
        RandAugment(magnitude_std=0.0),
        AutoAugment(),
        AutoAugment("svhn"),
        ColorJitter(0.3, (0.5, 1.2), 0.6, 0.05, p=0.7),
        Perspective(),
        Elastic(20.0, 3.0, p=0.6),
        GaussianNoise(0.2),
    ],
    ids=lambda arm: type(arm).__name__,
)
def test_images_change_as_much(arm):
    transform = run(arm, "torchvision")["transform"]
    picture, n = image(40), 1200
    torch.manual_seed(0)
    changed = torch.stack([transform(picture) for _ in range(n)]) - to_float(picture)
    batch = batch_of(picture, n)
    own = to_float(arm(batch, Draws(0, 0, batch.ids)).images) - to_float(picture)
    for change in (torch.square, torch.abs, torch.clone):
        theirs, ours = (change(each).mean((1, 2, 3)) for each in (changed, own))
        # Rounded, as some operations change all images by the same, to a level.
        agree(theirs.numpy().round(2), ours.numpy().round(2))


OPERATIONS_THERE = {
    "shear-x": "ShearX",
    "shear-y": "ShearY",
    "rotate": "Rotate",
    "identity": "Identity",
    "translate-x": "TranslateX",
    "translate-y": "TranslateY",
    "posterize": "Posterize",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "saturation": "Color",
    "sharpness": "Sharpness",
    "solarize": "Solarize",
    "equalize": "Equalize",
    "autocontrast": "AutoContrast",
}


@pytest.mark.parametrize("policy", [trivialaugment, randaugment])
def test_each_operation_of_a_policy_at_each_strength(policy):
    arm = TrivialAugment() if policy is trivialaugment else RandAugment(magnitude_std=0.0)
    (there,) = exported(arm)
    picture = image(40)
    reaches = policy.reaches(40, 40)
    assert {OPERATIONS_THERE[name] for name in reaches} == set(there._AUGMENTATION_SPACE)
    for name, reach in reaches.items():
        space, signed = there._AUGMENTATION_SPACE[OPERATIONS_THERE[name]]
        magnitudes = space(31, 40, 40)
        assert signed == reach.signed
        for level in range(31):
            magnitude = 0.0 if magnitudes is None else float(magnitudes[level])
            theirs = there._apply_image_or_video_transform(
                v2.functional.to_image(picture),
                OPERATIONS_THERE[name],
                magnitude,
                interpolation=there.interpolation,
                fill=there._fill,
            )
            value = reach.start + (reach.end - reach.start) * level / 30
            if name.startswith("translate"):
                assert abs(value - magnitude) < 1e-4  # 16 or 15.999, which is cut to 15
                value = magnitude
            difference = min(
                (to_float(torch.as_tensor(theirs)) - to_float(applied(name, reach, sign * value)))
                .abs()
                .mean()
                # Directions may be the other way round: both are equally likely.
                for sign in ((1, -1) if reach.signed else (1,))
            )
            assert difference < 0.01, (name, level)


def applied(name, reach, value):
    """The image after one operation of ours."""
    layers = Layers(
        torch.tensor([[OPERATIONS.index(name)]]),
        torch.tensor([[float(int(value)) if reach.whole else value]]),
    )
    return apply_layers(batch_of(image(40)), layers).images[0]


@pytest.mark.parametrize("mixing", [MixUp(0.4), CutMix()])
def test_shares_of_mixed_images(mixing):
    names = run(mixing, "torchvision", num_classes=2)
    pairs = [(torch.full((1, 8, 8), float(label)), label) for label in (0, 1)]
    torch.manual_seed(0)
    theirs = []
    for _ in range(2000):
        images, targets = names["collate"](pairs)
        # The pixels of a two-image batch are its labels, so that both tell the same share.
        assert torch.allclose(images.mean((1, 2, 3)), targets[:, 1], atol=1e-5)
        theirs.append(float(targets[0, 0]))
    batch = Batch(torch.zeros(4000, 1, 8, 8), torch.eye(4000), torch.arange(4000))
    ours = mixing(batch, Draws(0, 0, batch.ids)).targets.diagonal().double().numpy()
    if isinstance(mixing, MixUp):
        agree(theirs, ours)
    else:  # boxes of 8 pixels: theirs have an even side, rounded down, and leave more of the image
        assert 0 < np.mean(theirs) - ours.mean() < 0.1


def test_quarter_turns():
    (turn,) = exported(QuarterTurns())
    torch.manual_seed(0)
    found = [turn(image()) for _ in range(400)]
    turned = [torch.rot90(image(), k, (1, 2)) for k in range(4)]
    counts = [sum(torch.equal(each, one) for each in found) for one in turned]
    assert sum(counts) == 400
    assert min(counts) > 100 - 4.5 * math.sqrt(75)


@pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")  # of torchvision 0.29
def test_jpeg():
    (jpeg,) = exported(Jpeg((40, 60)))
    found = jpeg.transform(image(), {"quality": 47})
    params = JpegParams(torch.tensor([47]), torch.tensor([True]))
    near(found, ours(Jpeg(), params))
    assert set(drawn(jpeg, lambda p: float(p["quality"]))) == set(range(40, 61))


def test_channels_come_in_all_orders():
    (shuffle,) = exported(ChannelShuffle())
    torch.manual_seed(0)
    pixel = torch.tensor([1, 2, 3], dtype=torch.uint8).view(3, 1, 1)
    orders = [tuple(shuffle(pixel).flatten().tolist()) for _ in range(1200)]
    assert len(set(orders)) == 6
    assert abs(orders.count((1, 2, 3)) - 200) < 4.5 * math.sqrt(1200 * 5 / 36)


def test_half_of_the_batches_are_mixed():
    names = run(MixUp(p=0.5), "torchvision", num_classes=2)
    pairs = [(torch.zeros(1, 4, 4), 0), (torch.ones(1, 4, 4), 1)]
    torch.manual_seed(0)
    mixed = np.mean([float(names["collate"](pairs)[1][0, 1]) > 0 for _ in range(4000)])
    assert abs(mixed - 0.5) < 4.5 * math.sqrt(0.25 / 4000)


def test_one_of_its_parts_by_weight():
    (choice,) = exported(OneOf([Flip(1.0), Invert(1.0)], weights=(1.0, 3.0)))
    torch.manual_seed(0)
    flipped = np.mean([torch.equal(choice(image()), image().flip(2)) for _ in range(4000)])
    assert abs(flipped - 0.25) < 4.5 * math.sqrt(0.1875 / 4000)


def test_a_chain_for_a_data_set():
    names = run("crop+flip+random-erasing+cutmix", "torchvision", image_size=24, num_classes=2)
    samples = [(names["transform"](image()), label) for label in (0, 1, 1)]
    images, targets = names["collate"](samples)
    assert images.shape == (3, 3, 24, 24)
    assert images.dtype == torch.float32
    assert torch.allclose(targets.sum(1), torch.ones(3))
