"""Recipes and views as code for torchvision, beside ours."""

import pytest
from alike import SIZE, assert_alike, ours, picture, theirs
from exported_code import run
from torchvision.transforms import v2

from augury import build_augmentation
from augury.augment import CenterCrop, Chain, OneOf, RandomErasing, ResizeCrop

MIXED = {"torchvision-references": (0.2, 1.0), "deit3": (0.8, 1.0)}


@pytest.mark.parametrize(
    "arm",
    [
        *("3-augment", "airbench", "keras-tutorial", "torchvision-references"),
        *("ultralytics-classify", "deit3"),
    ],
)
def test_recipes(arm):
    names = run(arm, "torchvision", image_size=SIZE, num_classes=5)
    transform, augmentation = names["transform"], build_augmentation(arm)
    parts = [p for p in augmentation.parts if not isinstance(p, RandomErasing)]
    if mixing := [part for part in parts if part.mixes]:
        (choice,) = names["mix"].transforms
        assert isinstance(choice, v2.RandomChoice)
        assert tuple(each.alpha for each in choice.transforms) == MIXED[arm]
        assert choice.p == [0.5, 0.5]
        assert [type(part) for part in mixing] == [OneOf]
    # Noise of N(0, 1) is what torchvision erases with; its rectangles have a test of their own.
    steps = [s for s in transform.transforms if not isinstance(s, v2.RandomErasing)]
    assert len(transform.transforms) - len(steps) == len(augmentation.parts) - len(parts)
    before = Chain([part for part in parts if not part.mixes])
    assert_alike(theirs(v2.Compose(steps), picture()), ours(before))


@pytest.mark.parametrize("cls", [ResizeCrop, CenterCrop])
def test_views(cls):
    transform = run(cls((20, 20)), "torchvision", image_size=20)["transform"]
    # The picture has the stored size already.
    steps = [step for step in transform.transforms if not isinstance(step, v2.Resize)]
    every = picture().unfold(1, 20, 1).unfold(2, 20, 1).permute(1, 2, 0, 3, 4)
    places = {view.numpy().tobytes() for view in every.reshape(-1, 3, 20, 20)}
    assert len(places) == 13 * 13
    found, expected = (
        {image.numpy().tobytes() for image in (255 * images).round().byte()}
        for images in (theirs(v2.Compose(steps), picture()), ours(cls((20, 20))))
    )
    if cls is CenterCrop:
        assert found == expected == {every[6, 6].numpy().tobytes()}
    else:
        assert min(len(found & places), len(expected & places)) > 130  # 160 of 500 draws
        assert found | expected <= places
