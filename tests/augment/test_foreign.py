"""Other people's transforms: what they are given, what they draw from, and what they may return."""

import random

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from augury.augment.foreign.adapt import Foreign, adapt
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from augury.saliency import MapCache
from helpers.batches import noise_batch, rows_of


@pytest.fixture
def batch():
    return noise_batch(60, (3, 12, 10))


def run(augmentation, batch, seed=0, epoch=0):
    return augmentation(batch, Draws(seed, epoch, batch.ids))


def flips(found, batch):
    """(B,) bool: which images are mirrored; each is mirrored or as it was."""
    mirrored = (found.images == batch.images.flip(3)).flatten(1).all(1)
    kept = (found.images == batch.images).flatten(1).all(1)
    assert (mirrored | kept).all()
    return mirrored


def test_torchvision_draws_per_image_and_is_repeatable(batch):
    flip = adapt(v2.RandomHorizontalFlip(), "flip")
    found = flips(run(flip, batch), batch)
    assert 15 < found.sum() < 45
    assert torch.equal(flips(run(flip, batch), batch), found)
    assert not torch.equal(flips(run(flip, batch, epoch=1), batch), found)
    alone = rows_of(batch, slice(7, 8))
    assert flips(run(flip, alone), alone)[0] == found[7]
    order = torch.randperm(60, generator=torch.Generator().manual_seed(1))
    assert torch.equal(flips(run(flip, rows_of(batch, order)), rows_of(batch, order)), found[order])


def test_per_batch_is_one_draw_as_in_its_users_loops(batch):
    flip = adapt(v2.RandomHorizontalFlip(), "flip", per_batch=True)
    assert flip.mixes
    rates = {float(flips(run(flip, batch, epoch=e), batch).float().mean()) for e in range(20)}
    assert rates == {0.0, 1.0}


@pytest.mark.parametrize("transform", [v2.CutMix, v2.MixUp])
def test_torchvisions_mixing_mixes_targets(transform, batch):
    found = run(adapt(transform(num_classes=4), "mix"), batch)
    torch.testing.assert_close(found.targets.sum(1), torch.ones(60))
    assert (found.targets.amax(1) < 1).any()
    assert found.images.dtype == torch.float32
    assert (found.images != batch.images.float() / 255).any()


@pytest.mark.parametrize(
    "transform",
    [v2.MixUp(), v2.MixUp(num_classes=4), v2.RandomChoice([v2.CutMix(), v2.MixUp()])],
    ids=["mixup", "of 4", "either"],
)
def test_torchvisions_mixing_takes_uint8_images_and_soft_targets(transform, batch):
    soft = Batch(batch.images, torch.full((60, 4), 0.25), batch.ids)
    found = run(adapt(transform, "mixing"), soft)
    assert torch.equal(found.targets, soft.targets)
    assert found.images.dtype == torch.float32
    assert (found.images * 255 != batch.images).any()


def test_what_takes_images_and_targets_mixes(batch):
    def halves(images, targets):
        return (images + images.flip(0)) / 2, (targets + targets.flip(0)) / 2

    augmentation = adapt(halves, "halves")
    assert augmentation.mixes
    found = run(augmentation, batch)
    as_float = batch.images.float() / 255
    torch.testing.assert_close(found.images, (as_float + as_float.flip(0)) / 2)
    assert torch.equal(found.targets, (batch.targets + batch.targets.flip(0)) / 2)
    for wrong, message in (
        (lambda images, targets: images, "t: must give images and targets, gave .*Tensor"),
        (lambda images, targets: (images, targets[:1]), r"t: .* of shape \(60, 4\), gave \(1, 4\)"),
    ):
        with pytest.raises(InputError, match=message):
            run(adapt(wrong, "t"), batch)


@pytest.mark.parametrize("transform", [v2.RandomHorizontalFlip(), v2.CutMix()])
def test_stored_maps_cannot_follow_and_say_so(transform, batch):
    found = run(adapt(transform, "t"), batch)
    maps = MapCache(batch.ids, torch.zeros(60, 12, 10))
    with pytest.raises(InputError, match="t: does not tell how it moves pixels"):
        maps(found)


def test_the_generators_of_gpus_are_left_alone(batch, monkeypatch):
    """torch.manual_seed seeds those of all GPUs, and only the CPU's is put back."""
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: pytest.fail("seeded"))
    monkeypatch.setattr(torch, "manual_seed", lambda seed: pytest.fail("seeded"))
    run(adapt(v2.RandomHorizontalFlip(), "t"), batch)
    run(adapt(v2.RandomHorizontalFlip(), "t", per_batch=True), batch)
    run(adapt(v2.CutMix(), "t"), batch)


def test_what_a_transform_raises_is_one_line(batch):
    def fails(image):
        raise ValueError("needs four channels")

    for per_batch in (False, True):
        with pytest.raises(InputError, match=r"^t: ValueError: needs four channels$"):
            run(adapt(fails, "t", per_batch), batch)


def test_an_empty_batch_stays_empty(batch):
    assert len(run(adapt(v2.RandomHorizontalFlip(), "t"), rows_of(batch, slice(0, 0)))) == 0


def test_global_generators_are_put_back(batch):
    def noisy(image):
        assert 0 <= random.random() < 1
        return (image + torch.randint(0, 2, image.shape) + np.random.randint(2)).to(torch.uint8)

    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    first = run(adapt(noisy, "noisy"), batch).images
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1][1]).all()
    assert random.getstate() == states[2]
    torch.manual_seed(9)
    np.random.seed(9)
    assert torch.equal(run(adapt(noisy, "noisy"), batch).images, first)


def test_albumentations(batch, monkeypatch):
    albumentations = pytest.importorskip("albumentations")
    pipeline = albumentations.Compose(
        [albumentations.HorizontalFlip(p=0.5), albumentations.VerticalFlip(p=0.5)]
    )
    found = run(adapt(pipeline, "flips"), batch).images
    across, down = (
        torch.stack([(found == seen).flatten(1).all(1) for seen in pair]).any(0)
        for pair in (
            (batch.images.flip(3), batch.images.flip(2, 3)),
            (batch.images.flip(2), batch.images.flip(2, 3)),
        )
    )
    # Independent of each other, which its own seeding would not make them.
    assert (across & ~down).sum() > 3
    assert (across & down).sum() > 3
    assert torch.equal(run(adapt(pipeline, "flips"), batch).images, found)


def test_kornia(batch):
    kornia = pytest.importorskip("kornia")
    flip = adapt(kornia.augmentation.RandomHorizontalFlip(p=0.5), "flip")
    as_float = batch.with_images(batch.images.float() / 255)
    assert 15 < flips(run(flip, batch), as_float).sum() < 45


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (lambda image: image[:, :-1], r"t: must give shape \(3, 12, 10\), gave \(3, 11, 10\)"),
        (lambda image: image * 2.0, r"t: values must lie in \[0, 1\], got \[0, 510\]"),
        (lambda image: image.int(), "t: must give uint8 or floating, gave torch.int32"),
        (lambda image: None, r"t: must give shape .*, gave NoneType"),
    ],
)
def test_results_of_the_wrong_form_are_named(transform, message, batch):
    if "NoneType" in message:
        transform = Foreign(lambda images: None, "t", per_batch=True)
    with pytest.raises(InputError, match=message):
        run(adapt(transform, "t"), batch)
