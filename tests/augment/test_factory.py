"""Transforms of the users' own, by the name of their code."""

import hashlib
import sys

import pytest
import torch

from augury.augment import build_augmentation
from augury.augment.foreign.factory import build_foreign
from augury.errors import InputError
from augury.own.loading import code_hash
from augury.own.trust import point_to
from augury.rng import Draws
from helpers.batches import noise_batch

MODULE = """
import torch
from torchvision.transforms import v2
from augury.augment import Cutout

def make(p=1.0):
    return v2.RandomHorizontalFlip(p)

def ours():
    return Cutout(0.25)

def darker(image):
    return image // 2

class Brighter:
    def __call__(self, image):
        return 255 - (255 - image) // 2

ready = v2.RandomVerticalFlip(1.0)
broken = 3

def fails():
    raise RuntimeError("no weights here")
"""


@pytest.fixture
def batch():
    return noise_batch(60, (3, 12, 10))


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "my_transforms.py").write_text(MODULE)
    (tmp_path / "my_broken.py").write_text("import not_there_at_all\n")
    monkeypatch.chdir(tmp_path)
    point_to(["my_transforms:make", "my_broken:make"])
    yield "my_transforms"
    sys.modules.pop("my_transforms", None)


def run(augmentation, batch):
    return augmentation(batch, Draws(0, 0, batch.ids))


def test_factories_transforms_and_classes_by_name(module, batch):
    images = batch.images
    expected = {
        "make": images.flip(3),
        "ready": images.flip(2),
        "darker": images // 2,
        "Brighter": 255 - (255 - images) // 2,
    }
    for name, pixels in expected.items():
        found = run(build_augmentation(f"{module}:{name}"), batch)
        assert torch.equal(found.images, pixels), name
    never = build_augmentation(f"{module}:make", {f"{module}:make": {"p": 0.0}})
    assert torch.equal(run(never, batch).images, images)
    assert build_augmentation(f"{module}:ours").length == 0.25
    chain = build_augmentation(f"{module}:make+flip", {"flip": {"horizontal": 1.0}})
    assert torch.equal(run(chain, batch).images, images)


def test_the_code_is_known_by_the_hash_of_its_file(module):
    code = hashlib.sha256(MODULE.encode()).hexdigest()[:16]
    assert code_hash(f"{module}:make") == code
    assert build_foreign(f"{module}:ours", {"code": code}).length == 0.25
    assert code_hash("sys:exit") == ""  # built in, without a file


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("nowhere:make", {}, "nowhere:make: there is no module 'nowhere'"),
        ("my_broken:make", {}, "my_broken:make: cannot be imported: No module named 'not_there"),
        ("my_transforms:mak", {}, "my_transforms:mak: the module has no 'mak'"),
        ("my_transforms:broken", {}, "my_transforms:broken: must be a transform, got 3"),
        ("my_transforms:fails", {}, "my_transforms:fails: RuntimeError: no weights here"),
        ("my_transforms:make", {"q": 1}, "my_transforms:make: TypeError: .*'q'"),
        ("my_transforms:ready", {"p": 1}, "my_transforms:ready: takes no arguments, got p"),
        ("my_transforms:make", {"code": "0"}, "my_transforms:make: its code has changed since"),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(name, arguments, message, module):
    with pytest.raises(InputError, match=message) as caught:
        build_foreign(name, arguments)
    assert "\n" not in str(caught.value)
