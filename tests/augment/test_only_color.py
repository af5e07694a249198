"""What methods do to images of one channel, which have no color to change."""

import pytest
import torch

from augury.augment import ColorJitter, Hue, OneOf, Solarize, build_augmentation
from augury.augment.policies.operations import OPERATIONS, Layers, apply_layers, named_operations
from helpers.batches import noise_batch
from helpers.registered import NAMES, STILL, labeled_batch, make, run

GRAY = (1, 16, 16)


@pytest.mark.parametrize("name", [*NAMES, "hue+saturation", "channel-shuffle+none"])
def test_only_methods_about_color_leave_gray_images_as_they_are(name):
    batch, augmentation = labeled_batch(GRAY, n=40), make(name, GRAY, 40)
    if name in STILL:
        assert not any(augmentation.operations().values())
        return
    found = run(augmentation, batch).images
    same = torch.equal(
        (found * 255).round().byte() if found.is_floating_point() else found, batch.images
    )
    assert same == all(augmentation.operations().values())


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "identity"])
def test_operations_of_policies(operation):
    """Each changes gray images at a magnitude within its range, but for the one about color."""
    batch = noise_batch(8, GRAY)
    # Half as dark, half as wide: away from black and white, where some have nothing to do.
    batch = batch.with_images(60 + batch.images // 4)
    magnitude = {"posterize": 3.0, "solarize": 70.0, "solarize-add": 20.0, "rotate": 20.0}
    layers = Layers(
        torch.full((8, 1), OPERATIONS.index(operation)),
        torch.full((8, 1), magnitude.get(operation, 0.5)),
    )
    same = torch.equal(apply_layers(batch, layers).images, batch.images)
    assert {operation: same} == named_operations([operation])


@pytest.mark.parametrize(
    ("name", "parameters", "total", "color"),
    [
        ("trivialaugment", {}, 14, ["saturation"]),
        ("randaugment", {}, 14, ["saturation"]),
        ("timm-randaugment", {}, 15, ["saturation"]),
        ("autoaugment", {"policy": "svhn"}, 10, []),
        ("augmix", {}, 9, []),
        ("augmix", {"all_operations": True}, 13, ["saturation"]),
        ("color-jitter", {}, 4, ["saturation", "hue"]),
        ("color-jitter", {"hue": 0.0}, 3, ["saturation"]),
        ("color-jitter", {"brightness": (1, 1), "contrast": 0}, 2, ["saturation", "hue"]),
        ("3-augment", {}, 7, ["grayscale", "saturation"]),
        ("hue@0.5", {}, 1, ["hue"]),
        ("hue@0", {}, 0, []),
        ("none", {}, 0, []),
        ("flip+random-grayscale", {}, 2, ["random-grayscale"]),
    ],
)
def test_counts(name, parameters, total, color):
    found = build_augmentation(name, {name: parameters} if parameters else {}).operations()
    assert (len(found), [key for key, only in found.items() if only]) == (total, color)


def test_choices_have_the_operations_of_their_parts():
    assert OneOf([Hue(), Solarize()]).operations() == {"hue": True, "solarize": False}
    assert all(OneOf([Hue(), ColorJitter(0, 0, 0.4, 0.1)]).operations().values())


def test_what_keepaugment_pastes_is_what_it_does():
    paste = {"keepaugment": {"mode": "paste", "augment": {"name": "hue"}}}
    sources = lambda kind: lambda batch: batch.images[:, 0]  # noqa: E731
    assert build_augmentation("keepaugment", paste, sources).operations() == {"hue": True}
    cut = build_augmentation("keepaugment", None, sources)
    assert cut.operations() == {"keep-augment": False}
