import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from photos import noise, photos

from augury.corruptions import CORRUPTIONS, corrupt
from augury.corruptions.base import cut
from augury.errors import InputError

SIZES = [(8, 8), (28, 28), (32, 32), (64, 64), (96, 96), (8, 70)]
DRAWN = {"gaussian-noise", "shot-noise", "fog"}

every_name = pytest.mark.parametrize("name", CORRUPTIONS)


@every_name
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_does_not_depend_on_its_batch_and_is_not_written_to(name, size, channels):
    images = torch.from_numpy(photos(*size, channels))
    kept, ids = images.clone(), torch.tensor([7, 2**40, 0, 3])
    for severity in (1, 5):
        found = corrupt(images, ids, name, severity)
        assert found.shape == images.shape
        assert found.dtype == torch.uint8
        order = torch.tensor([2, 0, 3, 1])
        assert torch.equal(corrupt(images[order], ids[order], name, severity), found[order])
        for i in range(4):
            alone = corrupt(images[i : i + 1], ids[i : i + 1], name, severity)
            assert torch.equal(alone[0], found[i])
        assert torch.equal(images, kept)


@every_name
def test_memory_layout_does_not_matter(name):
    images, ids = torch.from_numpy(photos(28, 32)), torch.arange(4)
    expected = corrupt(images, ids, name, 3)
    last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(corrupt(last, ids, name, 3), expected)
    strided = images.repeat_interleave(2, dim=3)[..., ::2]
    assert torch.equal(corrupt(strided, ids, name, 3), expected)


@every_name
def test_only_noise_and_fog_depend_on_the_id(name):
    images = torch.from_numpy(photos(32, 32, n=1)).expand(2, -1, -1, -1)
    first, second = corrupt(images, torch.tensor([3, 4]), name, 2)
    assert torch.equal(first, second) == (name not in DRAWN)
    assert torch.equal(*corrupt(images, torch.tensor([4, 4]), name, 2))


def mean_squared_changes(name, side, channels, n):
    """At severities 1 to 5, over n images."""
    images, ids = torch.from_numpy(photos(side, side, channels, n)), torch.arange(n)
    changed = [corrupt(images, ids, name, severity).double() - images for severity in range(1, 6)]
    return [float(change.square().mean()) for change in changed]


@every_name
@pytest.mark.parametrize(("side", "channels"), [(28, 1), (32, 3), (96, 1), (96, 3)])
def test_a_higher_severity_changes_more(name, side, channels):
    if (name, side) == ("fog", 96):
        # Each severity draws its own fog, and the constants of 3 and 4 differ by the decay alone.
        first, second, third, _, fifth = mean_squared_changes(name, side, channels, n=60)
        assert 0 < first < second < third < fifth
        return
    changes = [0.0, *mean_squared_changes(name, side, channels, n=40)]
    assert changes == sorted(set(changes))


@pytest.mark.parametrize(("size", "cifar"), [((64, 64), True), ((65, 8), False), ((8, 65), False)])
def test_constants_follow_the_longer_side(size, cifar):
    """Severity 5 leaves 0.15 of the contrast of images as small as CIFAR's, else 0.05."""
    images = torch.zeros(1, 1, *size, dtype=torch.uint8)
    images[:, :, : size[0] // 2 + 1] = 200
    mean = float(images.double().mean())
    found = corrupt(images, torch.tensor([0]), "contrast", 5)
    assert int(found[0, 0, 0, 0]) == int((200 - mean) * (0.15 if cifar else 0.05) + mean)


@pytest.mark.parametrize("name", ["defocus-blur", "gaussian-blur", "contrast", "pixelate"])
@pytest.mark.parametrize("severity", [1, 3, 5])
def test_plain_images_stay_as_they_are(name, severity):
    """At each level, so a rounding error below it would show as the level before."""
    images = torch.arange(256, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 12, 9)
    assert torch.equal(corrupt(images, torch.arange(256), name, severity), images)


@given(levels=st.lists(st.floats(-50, 300), min_size=1))
def test_cut_keeps_the_whole_part(levels):
    expected = [int(min(max(level + 1e-6, 0), 255)) for level in levels]
    assert cut(torch.tensor(levels, dtype=torch.float64)).tolist() == expected


@every_name
def test_an_empty_batch_stays_empty(name):
    images = torch.zeros(0, 3, 32, 32, dtype=torch.uint8)
    assert corrupt(images, torch.arange(0), name, 1).shape == (0, 3, 32, 32)


@every_name
@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_images_are_no_exception(name, level):
    images = torch.full((2, 3, 16, 16), level, dtype=torch.uint8)
    found = corrupt(images, torch.arange(2), name, 3)
    # Fog multiplies by the largest value, brightness adds, and noise is clipped on one side only.
    expected = {
        ("fog", 0): 0,
        ("brightness", 0): int(255 * 0.15),
        ("shot-noise", 0): 0,
        ("gaussian-noise", 0): None,
        ("gaussian-noise", 255): None,
        ("shot-noise", 255): None,
        ("fog", 255): None,
    }.get((name, level), level)
    if expected is None:
        assert 0 < (found != level).double().mean() < 1
    else:
        assert (found == expected).all()


@pytest.mark.gpu
@every_name
def test_a_gpu_finds_the_same(name):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    images, ids = torch.from_numpy(photos(32, 32)), torch.arange(4)
    found = corrupt(images.cuda(), ids.cuda(), name, 4)
    assert found.device.type == "cuda"
    assert torch.equal(found.cpu(), corrupt(images, ids, name, 4))


def test_a_wrong_name_is_named():
    images = torch.from_numpy(noise((1, 3, 8, 8)))
    with pytest.raises(
        InputError,
        match=r"unknown corruption 'fogg'\. Did you mean 'fog'\? Choices: gaussian-noise, shot-",
    ):
        corrupt(images, torch.tensor([0]), "fogg", 1)


@pytest.mark.parametrize("severity", [0, 6, -1, 2.0])
def test_a_wrong_severity_is_named(severity):
    images = torch.from_numpy(noise((1, 3, 8, 8)))
    with pytest.raises(
        InputError, match=rf"severity: must be one of 1, 2, 3, 4, 5, got {severity}$"
    ):
        corrupt(images, torch.tensor([0]), "fog", severity)


@pytest.mark.parametrize(
    ("images", "ids", "message"),
    [
        (torch.zeros(1, 3, 8, 8), torch.tensor([0]), "images: dtype must be uint8, got torch.fl"),
        (np.zeros((1, 2, 8, 8)), torch.tensor([0]), r"images: shape .* C 1 or 3, .*\(1, 2, 8, 8\)"),
        (np.zeros((1, 3, 7, 8)), torch.tensor([0]), r"images: shape .* at least 8, got \(1, 3, 7,"),
        (np.zeros((3, 8, 8)), torch.tensor([0]), r"images: shape .* got \(3, 8, 8\)"),
        (np.zeros((2, 3, 8, 8)), torch.tensor([0]), r"ids: must be int64 of shape \(2,\), got"),
        (np.zeros((1, 3, 8, 8)), torch.tensor([0.0]), r"ids: must be int64 .* torch.float32 \(1,"),
    ],
)
def test_wrong_images_and_ids_are_named(images, ids, message):
    if isinstance(images, np.ndarray):
        images = torch.from_numpy(images.astype(np.uint8))
    with pytest.raises(InputError, match=message):
        corrupt(images, ids, "contrast", 1)
