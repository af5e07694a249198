"""Every registered augmentation for every library: code that compiles, or why not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from exported_code import run
from torch.utils.data import TensorDataset

from augury import Batch, Draws, InputError, WithIds, build_augmentation, export
from augury.augment import (
    AUGMENTATIONS,
    SALIENCY,
    Chain,
    CutMix,
    Flip,
    MixUp,
    OneOf,
    RandomErasing,
    Rotate,
    Shear,
    TrivialAugment,
)
from augury.exporting import TARGETS, Order, exported
from augury.saliency import SpectralResidual

# What each library can express of what is registered, with its usual arguments.
EXPRESSED = {
    "torchvision": {
        *("none", "crop", "flip", "rotate", "shear", "translate", "brightness", "contrast"),
        *("saturation", "hue", "grayscale", "blur", "posterize", "solarize", "equalize"),
        *("autocontrast", "invert", "trivialaugment", "random-erasing", "mixup", "cutmix"),
        *("vertical-flip", "quarter-turns", "color-jitter", "channel-shuffle", "gaussian-noise"),
        *("random-grayscale", "jpeg", "perspective", "elastic", "autoaugment"),
        *("random-resized-crop", "resize-crop", "center-crop", "3-augment", "airbench", "deit3"),
        *("keras-tutorial", "torchvision-references", "ultralytics-classify"),
    },
    "albumentations": {
        *("none", "crop", "flip", "rotate", "shear", "translate", "brightness", "contrast"),
        *("saturation", "hue", "grayscale", "blur", "posterize", "solarize", "equalize"),
        *("autocontrast", "invert", "random-erasing", "vertical-flip", "quarter-turns"),
        *("color-jitter", "channel-shuffle", "gaussian-noise", "random-grayscale", "jpeg"),
        *("downscale", "coarse-dropout", "random-resized-crop", "resize-crop", "center-crop"),
        *("3-augment", "airbench", "keras-tutorial"),
    },
    "kornia": {
        *("none", "crop", "flip", "rotate", "shear", "translate", "brightness", "contrast"),
        *("saturation", "hue", "grayscale", "blur", "sharpness", "equalize", "autocontrast"),
        *("invert", "mixup", "vertical-flip", "color-jitter", "channel-shuffle"),
        *("random-grayscale", "airbench", "keras-tutorial"),
    },
    "keras": {
        *("none", "crop", "flip", "rotate", "translate", "normal", "hue", "grayscale"),
        *("invert", "mixup", "vertical-flip", "random-grayscale", "airbench", "keras-tutorial"),
    },
    "timm": {
        *("none", "flip", "brightness", "contrast", "saturation", "hue", "grayscale"),
        *("random-erasing", "mixup", "cutmix", "vertical-flip", "color-jitter"),
        *("random-grayscale", "random-resized-crop", "timm-randaugment"),
        *("timm-a1", "timm-a2", "timm-a3"),
    },
    "ultralytics": {
        *("random-resized-crop", "none", "flip", "vertical-flip", "saturation", "hue"),
        *("color-jitter", "ultralytics-classify"),
    },
    "python": set(AUGMENTATIONS),
}


@pytest.mark.parametrize("to", TARGETS)
def test_what_each_library_can_express(to):
    for name in EXPRESSED[to]:
        code = export(name, to=to)
        compile(code, name, "exec")
        assert code.startswith(f"# The augmentation {name} ")
    for name in set(AUGMENTATIONS) - EXPRESSED[to]:
        with pytest.raises(InputError) as told:
            export(name, to=to)
        assert str(told.value).startswith(f"{to} cannot express ")
        assert str(told.value).endswith("--to python exports every augmentation")


@pytest.mark.parametrize("name", [n for n in AUGMENTATIONS if n not in SALIENCY] + ["saliencymix"])
def test_in_augurys_own_library_each_pixel_is_the_same(name):
    names = run(name, "python", num_classes=3)
    images = torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8)
    labels = torch.arange(8) % 3
    samples = WithIds(TensorDataset(images, labels))
    names["collate"].set_epoch(2)
    (found,) = names["loader"](TensorDataset(images, labels), 8)
    assert len(samples) == 8
    batch = Batch(images, torch.eye(3)[labels], torch.arange(8))
    sources = {"saliencymix": lambda kind: SpectralResidual()}.get(name)
    expected = build_augmentation(name, sources=sources)(batch, Draws(0, 2, batch.ids))
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.targets, expected.targets)


def test_saliency_of_a_network_is_looked_at_in_the_loop():
    names = run("puzzlemix", "python")
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 16 * 16, 3))
    augmentation = names["make_augmentation"](network, lambda images: images - 0.5)
    images = torch.randint(0, 256, (6, 3, 16, 16), dtype=torch.uint8)
    batch = Batch(images, torch.eye(3)[torch.arange(6) % 3], torch.arange(6))
    found = names["augmented"](augmentation, batch, seed=1, epoch=0)
    assert found.images.shape == images.shape
    assert torch.allclose(found.targets.sum(1), torch.ones(6))


def test_arguments_and_chains_are_kept():
    code = export(Chain([Flip(0.25), RandomErasing(p=0.1)]), to="python")
    names: dict[str, object] = {}
    exec(code, names)
    flip, erasing = names["augmentation"].parts
    assert (flip.horizontal, erasing.p) == (0.25, 0.1)


def test_each_difference_is_a_comment_and_none_is_no_difference():
    code = export(Rotate(border="nearest"), to="torchvision")
    assert "# - beyond the border is black; augury repeats the nearest pixel\n" in code
    assert "beyond the border" not in export(Rotate(border="black"), to="torchvision")
    assert "# It means the same as in augury." in export("none", to="torchvision")
    twice = "# - each step interpolates by itself"
    turned = [Rotate(border="black"), Flip(), Shear(border="black")]
    assert twice in export(Chain(turned), to="torchvision")
    assert twice not in export(Chain([turned[0], turned[1]]), to="torchvision")
    between = build_augmentation("rotate+blur+shear")
    assert twice not in export(between, to="kornia")


@pytest.mark.parametrize(
    ("arm", "to", "said"),
    [
        ("cutmix+random-erasing", "torchvision", "its transforms of one image come before mixing"),
        ("grayscale+flip", "timm", "Flip after Grayscale: its order of steps is fixed"),
        ("brightness+contrast", "timm", "Contrast after Brightness"),
        ("flip+flip", "timm", "Flip after Flip"),
        ("mixup+cutmix", "timm", "CutMix after MixUp"),
        ("random-erasing", "ultralytics", "area = \\[0.02, 0.33\\], aspect = \\[0.3, 3.3\\]"),
        (MixUp(alpha=0.2), "kornia", "alpha=1 would do"),
        (Flip(0.3), "keras", "RandomFlip mirrors half of the images"),
        (Shear(10.0, 10.0), "albumentations", "its shear along both axes changes areas"),
        ("random-erasing+jpeg", "torchvision", "one takes levels, the other floats"),
        (TrivialAugment(0.5), "torchvision", "its strengths are fixed"),
        (OneOf([Flip(), MixUp()]), "timm", "mixup and cutmix alone"),
        (OneOf([Flip(), MixUp()]), "torchvision", "a batch is mixed in another place"),
    ],
)
def test_what_cannot_be_expressed_is_said(arm, to, said):
    with pytest.raises(InputError, match=said):
        export(arm, to=to)


def test_bad_names_are_told_with_the_nearest():
    with pytest.raises(InputError, match=r"target 'torchvison'\. Did you mean 'torchvision'"):
        export("flip", to="torchvison")
    with pytest.raises(InputError, match=r"unknown augmentation 'flipp'\. Did you mean 'flip'"):
        export("flipp", to="timm")
    with pytest.raises(InputError, match="arm: is of a study"):
        export("flip", to="timm", arm="flip")
    with pytest.raises(InputError, match="image_size: must be at least 1, got 0"):
        export("crop", to="kornia", image_size=0)


def test_a_name_cannot_leave_its_comment():
    odd = {"name": "chain", "parts": [{"name": "flip"}]}
    from augury.exporting import Order, exported

    for to in TARGETS:
        if to != "keras":
            code = exported(to, "a\nimport os", {"a\nimport os": odd}, Order("a\nimport os"))
            assert "\nimport os" not in code
            compile(code, "odd", "exec")


def test_sizes_and_classes_are_those_that_are_given():
    code = export("crop+cutmix", to="torchvision", image_size=96, num_classes=7)
    assert "SIZE = 96  # side of the images, pixels\n" in code
    assert "NUM_CLASSES = 7  # of your data\n" in code
    assert "write yours" not in code
    assert "SIZE = 224  # side of the images, pixels: write yours" in export("crop", to="kornia")


def test_shares_of_the_parts_stay(tmp_path):
    arm = OneOf([MixUp(), CutMix()], weights=(1.0, 3.0))
    names = run(arm, "timm")
    assert names["mix"].switch_prob == 0.75
    assert np.isclose(names["mix"].cutmix_alpha, 1.0)


@pytest.mark.parametrize("library", ["torchvision", "timm", "albumentations"])
def test_a_crop_from_center_squares_is_told_and_one_from_whole_pictures_is_not(library):
    order, note = Order("random-resized-crop", 64, 3), "cuts from the center square where it stores"
    assert note in exported(library, "random-resized-crop", {}, order)
    whole = replace(order, pictures=True)
    assert note not in exported(library, "random-resized-crop", {}, whole)
