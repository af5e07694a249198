"""Whole pipelines of other libraries: recognized, and called with what they take."""

import numpy as np
import pytest
import torch
from timm.data import create_transform
from timm.data.auto_augment import rand_augment_transform
from timm.data.mixup import Mixup
from torch import nn
from torchvision import transforms as v1
from torchvision.transforms import v2

from augury.augment.foreign.adapt import adapt
from augury.augment.foreign.pipelines import class_counts, mixes, takes_pil
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch, noise_batch, rows_of


def run(transform, batch, per_batch=False):
    augmentation = adapt(transform, "t", per_batch)
    found = augmentation(batch, Draws(0, 0, batch.ids))
    assert torch.equal(augmentation(batch, Draws(0, 0, batch.ids)).images, found.images)
    return found.images


def timm_training(**changes):
    """timm's whole pipeline, with nothing left to chance but what `changes` add."""
    settings = {"is_training": True, "scale": (1, 1), "ratio": (10 / 12, 10 / 12), "hflip": 1.0}
    return create_transform((12, 10), **{**settings, "color_jitter": None, **changes})


def turned(images):
    return images.flip(3)


def as_float(images):
    return images.float() / 255


PIPELINES = {
    "v1, float": (
        v1.Compose([v1.RandomHorizontalFlip(1.0), v1.ToTensor()]),
        lambda images: as_float(turned(images)),
    ),
    "v1, uint8": (v1.Compose([v1.RandomHorizontalFlip(1.0), v1.PILToTensor()]), turned),
    "v1, nested": (
        v1.Compose([v1.RandomApply([v1.RandomHorizontalFlip(1.0)], 1.0), v1.ToTensor()]),
        lambda images: as_float(turned(images)),
    ),
    "v1, tensors made PIL": (
        v1.Compose([v1.ToPILImage(), v1.RandomHorizontalFlip(1.0), v1.ToTensor()]),
        lambda images: as_float(turned(images)),
    ),
    "v1, PIL out": (v1.Compose([v1.ToPILImage(), v1.RandomHorizontalFlip(1.0)]), turned),
    "v1, an array out": (
        v1.Compose([v1.ToPILImage(), v1.RandomHorizontalFlip(1.0), v1.Lambda(np.asarray)]),
        turned,
    ),
    "a function of PIL images": (
        v1.Compose([lambda image: image.transpose(0), v1.PILToTensor()]),
        turned,
    ),
    "v2": (v2.Compose([v2.ToImage(), v2.RandomHorizontalFlip(1.0)]), turned),
    "timm's RandAugment": (
        rand_augment_transform("rand-m9-n1-p1", transforms=["Invert"]),
        lambda images: 255 - images,
    ),
    "timm's pipeline": (timm_training(normalize=False), turned),
    "timm's pipeline with RandAugment": (
        v1.Compose(
            [
                rand_augment_transform("rand-m9-n1-p1", transforms=["Invert"]),
                timm_training(normalize=False),
            ]
        ),
        lambda images: 255 - turned(images),
    ),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_gives_what_it_gives_its_users(name, channels):
    transform, expected = PIPELINES[name]
    batch = noise_batch(20, (channels, 12, 10))
    wanted = expected(batch.images)
    assert torch.equal(run(transform, batch), wanted)
    assert torch.equal(run(transform, batch, per_batch=True), wanted)


def test_timm_draws_per_image_from_its_key():
    batch = noise_batch(20, (3, 12, 10))
    transform = timm_training(auto_augment="rand-m9-mstd0.5", normalize=False)
    found = run(transform, batch)
    changed = (found != turned(batch.images)).flatten(1).any(1)
    assert 10 < changed.sum() <= 20
    alone = rows_of(batch, slice(7, 8))
    assert torch.equal(run(transform, alone), found[7:8])


def test_timm_prefetching_pipelines_give_arrays_of_channels_first():
    images = torch.arange(27, dtype=torch.uint8).view(1, 3, 3, 3)
    batch = make_batch(images)
    from timm.data.transforms import ToNumpy

    assert torch.equal(
        run(v1.Compose([v1.RandomHorizontalFlip(1.0), ToNumpy()]), batch), turned(images)
    )


class _Albumentations:
    """Takes and gives what Albumentations does; its real pipelines are tried where installed."""

    __module__ = "albumentations.stand_in"

    def __init__(self, give):
        self.give = give

    def __call__(self, image):
        assert image.shape == (12, 10, 3)
        assert image.dtype == np.uint8
        return {"image": self.give(np.ascontiguousarray(image[:, ::-1]))}


@pytest.mark.parametrize(
    ("give", "expected"),
    [
        (lambda array: array, turned),
        (lambda array: torch.from_numpy(array.transpose(2, 0, 1)), turned),
        (
            lambda array: torch.from_numpy(array.transpose(2, 0, 1)).float() / 255,
            lambda images: as_float(turned(images)),
        ),
    ],
    ids=["array", "ToTensorV2", "ToFloat and ToTensorV2"],
)
@pytest.mark.parametrize("per_batch", [False, True])
def test_the_forms_of_albumentations(give, expected, per_batch):
    batch = noise_batch(20, (3, 12, 10))
    assert torch.equal(run(_Albumentations(give), batch, per_batch), expected(batch.images))


def test_albumentations_to_tensor():
    albumentations = pytest.importorskip("albumentations")
    pytorch = pytest.importorskip("albumentations.pytorch")
    batch = noise_batch(20, (3, 12, 10))
    flip, to_tensor = albumentations.HorizontalFlip(p=1), pytorch.ToTensorV2()
    assert torch.equal(run(albumentations.Compose([flip, to_tensor]), batch), turned(batch.images))
    kept = albumentations.Normalize(mean=(0, 0, 0), std=(1, 1, 1))
    torch.testing.assert_close(
        run(albumentations.Compose([flip, kept, to_tensor]), batch),
        as_float(turned(batch.images)),
    )
    for wrong in (albumentations.Normalize(), albumentations.Normalize(normalization="image")):
        with pytest.raises(InputError, match="t: remove Normalize"):
            adapt(albumentations.Compose([flip, wrong, to_tensor]), "t")
    crop = albumentations.Compose([albumentations.RandomCrop(8, 8), to_tensor])
    with pytest.raises(InputError, match="its RandomCrop must give the size of the images, 12×10"):
        run(crop, batch)


MEAN, DEVIATION = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


@pytest.mark.parametrize(
    "transform",
    [
        v1.Compose([v1.ToTensor(), v1.Normalize(MEAN, DEVIATION)]),
        v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, DEVIATION)]),
        v2.RandomApply([v2.RandomChoice([v2.Normalize(MEAN, DEVIATION)])]),
        nn.Sequential(v2.RandomHorizontalFlip(), v2.Normalize(MEAN, DEVIATION)),
        timm_training(),
    ],
    ids=["v1", "v2", "nested", "Sequential", "timm"],
)
def test_normalization_is_refused_even_where_values_would_stay_in_range(transform):
    message = r"^t: remove Normalize .*augury normalizes after augmentation$"
    with pytest.raises(InputError, match=message):
        adapt(transform, "t")


def test_what_normalizes_nothing_passes():
    batch = noise_batch(20, (3, 12, 10))
    transform = timm_training(mean=(0, 0, 0), std=(1, 1, 1))
    assert torch.equal(run(transform, batch), as_float(turned(batch.images)))


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (
            create_transform(8, is_training=True, normalize=False),
            r"t: must give shape \(3, 12, 10\), gave \(3, 8, 8\); its "
            "RandomResizedCropAndInterpolation must give the size of the images, 12×10$",
        ),
        (
            v2.Compose([v2.Resize((6, 5)), v2.RandomHorizontalFlip()]),
            "its Resize must give the size",
        ),
        (
            lambda image: image.convert("L"),
            r"t: AttributeError: .*'convert' \(it is called with a uint8 tensor \(C, H, W\); what "
            r"takes PIL images gets them within torchvision.transforms.Compose\(\[..., ToTensor",
        ),
        (
            v1.Compose([lambda image: image.float(), v1.ToTensor()]),
            r"t: AttributeError: .*'float' \(it is called with a PIL image\)$",
        ),
        (
            timm_training(mean=(0, 0, 0), std=(1, 1, 1), re_prob=1.0, re_mode="pixel"),
            r"t: values must lie in \[0, 1\], got .*; its RandomErasing is made for normalized "
            "images; use augury's random-erasing$",
        ),
        (Mixup(num_classes=4), "t: timm's Mixup takes class numbers; use augury's mixup or cutmix"),
        (
            create_transform(8, is_training=True, separate=True),
            r"t: must be a transform, got \(Compose\( RandomResizedCropAndInterpolation",
        ),
    ],
    ids=[
        "timm's crop",
        "resize",
        "tensor",
        "PIL",
        "timm's erasing",
        "timm's Mixup",
        "three pipelines",
    ],
)
def test_what_must_change_is_said_in_one_line(transform, message):
    with pytest.raises(InputError, match=message) as caught:
        run(transform, noise_batch(20, (3, 12, 10)))
    assert "\n" not in str(caught.value)


def test_a_rounding_error_of_a_transform_is_clipped():
    batch = noise_batch(20, (3, 12, 10))
    over = run(lambda image: image.float() / 255 * 1.0000002, batch)
    assert over.max() == 1
    with pytest.raises(InputError, match=r"t: values must lie in \[0, 1\], got \[0, 1.00\d+\]"):
        run(lambda image: image.float() / 255 * 1.002, batch)


def test_an_empty_batch_calls_nothing():
    batch = noise_batch(20, (3, 12, 10))
    empty = rows_of(batch, slice(0))
    for transform in (v2.CutMix(), v1.Compose([v1.ToTensor()]), lambda image: 1 / 0):
        for per_batch in (False, True):
            augmentation = adapt(transform, "t", per_batch)
            assert len(augmentation(empty, Draws(0, 0, empty.ids))) == 0


def test_tensors_go_on_being_given_where_they_are_taken():
    for transform in (
        v2.Compose([v2.RandomRotation(10), v2.PILToTensor()]),
        v1.Compose([v1.RandomRotation(10)]),
        timm_training(normalize=False),
    ):
        assert not takes_pil(transform)


NESTED = [
    v2.Compose([v2.RandomHorizontalFlip(), v2.CutMix(num_classes=7)]),
    v2.RandomChoice([v2.CutMix(num_classes=7), v2.MixUp(num_classes=7)]),
    v2.Compose([v2.RandomChoice([v2.CutMix(num_classes=7), v2.MixUp()])]),
    v2.RandomApply([v2.MixUp(num_classes=7)], p=0.5),
    v2.RandomOrder([v2.RandomVerticalFlip(), v2.RandomApply([v2.MixUp(num_classes=7)])]),
]


@pytest.mark.parametrize("transform", NESTED, ids=lambda t: type(t).__name__)
def test_mixing_and_its_classes_are_found_wherever_they_stand(transform):
    assert mixes(transform)
    assert class_counts(transform) == {7}
    assert class_counts(v2.RandomHorizontalFlip()) == set()


def test_a_network_within_a_transform_tells_no_number_of_classes():
    class Guided(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = nn.Flatten()
            self.network.num_classes = 1000

    assert class_counts(Guided()) == set()
