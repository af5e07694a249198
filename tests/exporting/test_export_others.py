"""Code for libraries that need not be installed: their documented arguments, and runs if they are.

Where a library is there (CI's bench extra, or a user's own environment), its code is run.
"""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from exported_code import calls, run
from scipy.stats import ks_2samp

from augury import Batch, Draws, InputError, build_augmentation, export
from augury.augment import (
    AUGMENTATIONS,
    Chain,
    Flip,
    Normal,
    OneOf,
    Posterize,
    RandAugment,
    RandomErasing,
    Rotate,
    Sharpness,
    Solarize,
)
from augury.batch import to_float

# Names of arguments, from the documentation of the versions that the code is written for.
ALBUMENTATIONS = {
    "A.Compose": {"transforms", "p"},
    "A.Sequential": {"transforms", "p"},
    "A.OneOf": {"transforms", "p"},
    "A.NoOp": {"p"},
    "A.HorizontalFlip": {"p"},
    "A.VerticalFlip": {"p"},
    "A.Pad": {"padding", "fill", "fill_mask", "border_mode", "p"},
    "A.RandomCrop": {"height", "width", "p"},
    "A.Rotate": {
        *("limit", "interpolation", "border_mode", "rotate_method", "crop_border"),
        *("mask_interpolation", "fill", "fill_mask", "p"),
    },
    "A.Affine": {
        *("scale", "translate_percent", "translate_px", "rotate", "shear", "interpolation"),
        *("mask_interpolation", "fit_output", "keep_ratio", "rotate_method", "balanced_scale"),
        *("border_mode", "fill", "fill_mask", "p"),
    },
    "A.ColorJitter": {"brightness", "contrast", "saturation", "hue", "p"},
    "A.ToGray": {"num_output_channels", "method", "p"},
    "A.GaussianBlur": {"blur_limit", "sigma_limit", "p"},
    "A.Posterize": {"num_bits", "p"},
    "A.Solarize": {"threshold_range", "p"},
    "A.Equalize": {"mode", "by_channels", "mask", "mask_params", "p"},
    "A.AutoContrast": {"cutoff", "ignore", "method", "p"},
    "A.InvertImg": {"p"},
    "A.RandomRotate90": {"p"},
    "A.ChannelShuffle": {"p"},
    "A.RandomResizedCrop": {
        *("size", "scale", "ratio", "interpolation", "mask_interpolation", "area_for_downscale"),
        "p",
    },
    "A.SmallestMaxSize": {"max_size", "max_size_hw", "interpolation", "area_for_downscale", "p"},
    "A.CenterCrop": {"height", "width", "pad_if_needed", "pad_position", "fill", "p"},
    "A.GaussNoise": {"std_range", "mean_range", "per_channel", "noise_scale_factor", "p"},
    "A.ImageCompression": {"compression_type", "quality_range", "p"},
    "A.Downscale": {"scale_range", "interpolation_pair", "p"},
    "A.CoarseDropout": {
        *("num_holes_range", "hole_height_range", "hole_width_range", "fill", "fill_mask", "p"),
    },
    "A.Erasing": {"scale", "ratio", "fill", "fill_mask", "p"},
    "A.ToFloat": {"max_value", "p"},
    "ToTensorV2": {"transpose_mask", "p"},
}
KORNIA = {
    "K.RandomHorizontalFlip": {"p"},
    "K.RandomVerticalFlip": {"p"},
    "K.RandomCrop": {"size", "padding", "pad_if_needed", "fill", "padding_mode", "p"},
    "K.RandomAffine": {
        *("degrees", "translate", "scale", "shear", "resample", "same_on_batch"),
        *("align_corners", "padding_mode", "p", "keepdim"),
    },
    "K.ColorJitter": {"brightness", "contrast", "saturation", "hue", "same_on_batch", "p"},
    "K.RandomChannelShuffle": {"same_on_batch", "p"},
    "K.RandomGrayscale": {"rgb_weights", "same_on_batch", "p"},
    "K.RandomGaussianBlur": {"kernel_size", "sigma", "border_type", "separable", "p"},
    "K.RandomSharpness": {"sharpness", "same_on_batch", "p"},
    "K.RandomPosterize": {"bits", "same_on_batch", "p"},
    "K.RandomSolarize": {"thresholds", "additions", "same_on_batch", "p"},
    "K.RandomEqualize": {"same_on_batch", "p"},
    "K.RandomAutoContrast": {"clip_output", "same_on_batch", "p"},
    "K.RandomInvert": {"max_val", "same_on_batch", "p"},
    "K.RandomMixUpV2": {"lambda_val", "same_on_batch", "p", "data_keys"},
    "torch.nn.Sequential": set(),
}
KERAS = {
    "keras.Sequential": {"layers"},
    "keras.layers.Identity": set(),
    "keras.layers.RandomFlip": {"mode", "seed"},
    "keras.layers.ZeroPadding2D": {"padding"},
    "keras.layers.RandomCrop": {"height", "width", "seed"},
    "keras.layers.RandomRotation": {"factor", "fill_mode", "interpolation", "fill_value"},
    "keras.layers.RandomTranslation": {"height_factor", "width_factor", "fill_mode", "fill_value"},
    "keras.layers.RandomZoom": {"height_factor", "width_factor", "fill_mode", "fill_value"},
    "keras.layers.RandomHue": {"factor", "value_range"},
    "keras.layers.RandomGrayscale": {"factor"},
    "keras.layers.RandomInvert": {"factor", "value_range"},
    "keras.layers.RandomPosterization": {"factor", "value_range"},
    "keras.layers.Solarization": {"addition_factor", "threshold_factor", "value_range"},
    "keras.layers.Equalization": {"value_range", "bins"},
    "keras.layers.AutoContrast": {"value_range"},
    "keras.layers.MixUp": {"alpha"},
}
# Of `ultralytics/cfg/default.yaml`, those for the images of a classifier.
ULTRALYTICS = {
    *("data", "imgsz", "hsv_h", "hsv_s", "hsv_v", "scale", "flipud", "fliplr"),
    *("auto_augment", "erasing"),
}
MORE = [
    Normal(zoom=0.0),
    Rotate(p=0.5, border="black"),
    Sharpness((1.5, 1.5)),
    Posterize((4, 4), p=1.0),
    Solarize((0.0, 200.0), p=1.0),
    Chain([Flip(), Rotate()]),
    OneOf([Flip(), Rotate()], weights=(1.0, 2.0)),
]


def exportable(to):
    """Each code that there is for `to`, with its arm."""
    for arm in [*AUGMENTATIONS, *MORE]:
        try:
            yield arm, export(arm, to=to, image_size=24, num_classes=3)
        except InputError:
            continue


@pytest.mark.parametrize(
    ("to", "documented", "prefix", "least"),
    [
        ("albumentations", ALBUMENTATIONS, "A.", 34),
        ("kornia", KORNIA, "K.", 27),
        ("keras", KERAS, "keras.layers.", 15),
    ],
)
def test_every_argument_is_documented(to, documented, prefix, least):
    found = list(exportable(to))
    assert len(found) >= least
    for arm, code in found:
        compile(code, f"{arm} for {to}", "exec")
        ours = [call for call in calls(code) if call[0].startswith(prefix) or call[0] in documented]
        assert ours
        for name, positional, keywords in ours:
            assert keywords <= documented[name], (arm, name)
            assert positional <= max(len(documented[name]), 3) or name == "torch.nn.Sequential"


def test_every_argument_of_ultralytics_is_documented(monkeypatch):
    told = []
    train = SimpleNamespace(train=lambda **arguments: told.append(arguments))
    module = SimpleNamespace(YOLO=lambda weights: train)
    monkeypatch.setitem(sys.modules, "ultralytics", module)
    for arm in ("none", "flip", "hue", RandAugment(magnitude_std=0.0)):
        run(arm, "ultralytics", image_size=64)
    assert all(set(arguments) == ULTRALYTICS for arguments in told)
    still, flipped, hue, policy = told
    assert {still[key] for key in ("fliplr", "flipud", "hsv_h", "erasing", "scale")} == {0.0}
    assert still["auto_augment"] is None
    assert (flipped["fliplr"], flipped["flipud"]) == (0.5, 0.0)
    assert hue["hsv_h"] == 0.1
    assert policy["auto_augment"] == "randaugment"
    assert {arguments["imgsz"] for arguments in told} == {64}
    run(RandomErasing(0.2, (0.02, 0.33), (0.3, 3.3)), "ultralytics")
    assert told[-1]["erasing"] == 0.2


N = 600


def smooth_image():
    """(3, 24, 24) uint8 without hard edges, and with as many dark as bright pixels."""
    generator = torch.Generator().manual_seed(2)
    coarse = torch.rand(1, 3, 6, 6, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=24, mode="bilinear")[0]
    return (255 * fine).round().to(torch.uint8)


def change_as_much(arm, theirs):
    """Whether N images (N, 3, 24, 24), in [0, 1], differ from the image as those of `arm` do."""
    image = smooth_image()
    batch = Batch(image.expand(N, -1, -1, -1), torch.eye(2)[torch.zeros(N).long()], torch.arange(N))
    built = build_augmentation(arm) if isinstance(arm, str) else arm
    ours = to_float(built(batch, Draws(0, 0, batch.ids)).images)
    for kind in (torch.abs, torch.clone):
        pair = [
            kind(each - to_float(image)).mean((1, 2, 3)).numpy().round(2) for each in (theirs, ours)
        ]
        assert ks_2samp(*pair, method="asymp").pvalue > 1e-4, arm


@pytest.mark.filterwarnings("ignore")  # of the other library
def test_the_code_for_albumentations_runs():
    pytest.importorskip("albumentations", reason="its code is run where it is installed")
    image = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    for arm, code in exportable("albumentations"):
        tensor = run(arm, "albumentations", image_size=24)["transform"](image=image)["image"]
        assert tensor.shape == (3, 24, 24), arm
        assert tensor.dtype == torch.float32
        assert 0 <= float(tensor.min()) <= float(tensor.max()) <= 1
        if not any(word in code for word in ("STORED", "cut to whole pixels", "by up to about 8")):
            picture = smooth_image().permute(1, 2, 0).numpy()
            transform = run(arm, "albumentations", image_size=24)["transform"]
            change_as_much(arm, torch.stack([transform(image=picture)["image"] for _ in range(N)]))
    flipped = run(Flip(1.0), "albumentations")["transform"](image=image)["image"]
    expected = torch.from_numpy(image[:, ::-1].copy()).permute(2, 0, 1) / 255
    assert torch.allclose(flipped, expected)


@pytest.mark.filterwarnings("ignore")  # of the other library
def test_the_code_for_kornia_runs():
    pytest.importorskip("kornia", reason="its code is run where it is installed")
    images = torch.rand(6, 3, 24, 24)
    for arm, _ in exportable("kornia"):
        names = run(arm, "kornia", image_size=24)
        found = names["transform"](images)
        assert found.shape == images.shape, arm
        if "mixed_loss" not in names:
            change_as_much(arm, names["transform"](to_float(smooth_image()).expand(N, -1, -1, -1)))
        else:
            model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 24 * 24, 3))
            loss = names["mixed_loss"](model, images, torch.arange(6) % 3)
            assert torch.isfinite(loss)
    assert torch.allclose(run(Flip(1.0), "kornia")["transform"](images), images.flip(3))


@pytest.mark.filterwarnings("ignore")  # of the other library
def test_the_code_for_keras_runs():
    keras = pytest.importorskip("keras", reason="its code is run where it is installed")
    images = np.random.default_rng(0).uniform(0, 255, (6, 24, 24, 3)).astype("float32")
    for arm, code in exportable("keras"):
        names = run(arm, "keras", image_size=24, num_classes=3)
        assert tuple(names["augment"](images, training=True).shape) == images.shape, arm
        if "RandomCrop" not in code and "augmented" not in names:
            picture = (
                smooth_image().permute(1, 2, 0).expand(N, -1, -1, -1).numpy().astype("float32")
            )
            theirs = keras.ops.convert_to_numpy(names["augment"](picture, training=True))
            change_as_much(arm, torch.from_numpy(theirs).permute(0, 3, 1, 2) / 255)
        if "augmented" in names:
            _, labels = names["augmented"](images, np.arange(6) % 3)
            assert tuple(labels.shape) == (6, 3)
