"""Features of images that never change are computed once, and nothing else is different."""

from dataclasses import replace

import pytest
import torch
from test_fine_tuning import CLASSES, CPU, SIZE, all_equal, make_split, state
from torch import nn

from augury.augment import Chain, Identity, OneOf, build_augmentation
from augury.augment.framing import fitted
from augury.augment.still import is_still
from augury.kernels import plain_path
from augury.models import ModelSpec, build_model
from augury.training import CheckpointFolder, Network, Normalize, Recipe, Speed, Training
from augury.training.cut import find_cut

RECIPE = Recipe(epochs=3, batch_size=SIZE, lr=0.05, freeze="body")


class Small(nn.Module):
    """`between` stands before the head, and what it does is done in training and evaluation."""

    def __init__(self, between=None):
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))
        self.head = nn.Sequential(
            nn.LeakyReLU(inplace=True), nn.BatchNorm1d(4 * 36), nn.Dropout(0.3), nn.Linear(144, 3)
        )
        self.between = between or nn.Identity()
        self.calls = 0

    def forward(self, images):
        self.calls += 1
        return self.head(self.between(self.features(images).flatten(1)))


def make_training(recipe=RECIPE, augment="none", model=None, speed=None):
    network = Network(model or Small(), Normalize((0.4,) * 3, (0.3,) * 3), speed or Speed(), CPU)
    arm = build_augmentation(augment)
    return Training(network, arm, make_split(), make_split(30, 1000), CLASSES, recipe, 0)


def told(training):
    return [
        [e.loss, e.accuracy, e.validation_loss, e.validation_accuracy] for e in training.history
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ema": 0.9, "clip": 0.5, "optimizer": "adamw"},
        {"sampling": "balanced", "select": "validation", "label_smoothing": 0.1},
    ],
    ids=["plain", "average", "balanced best"],
)
def test_the_bits_are_those_of_features_in_each_step(changes, tmp_path):
    recipe = replace(RECIPE, **changes)
    each = make_training(replace(recipe, features="each-step"))
    list(each.epochs())
    assert (each.way.features, each.way.why_each) == ("each step", "the recipe says so")
    once = make_training(recipe)
    list(once.epochs(until=1))
    once.save(CheckpointFolder(tmp_path))
    resumed = make_training(recipe)
    resumed.restore(CheckpointFolder(tmp_path).load())
    for training in (once, resumed):
        list(training.epochs())
        assert (training.way.features, training.way.why_each) == ("once", "")
        assert training.choose() == each.choose()
        assert told(training) == told(each)
        assert all_equal(state(training), state(each))


def test_the_body_sees_no_image_after_the_first_epoch():
    model = Small()
    training = make_training(model=model)
    list(training.epochs(until=1))
    # Tried with three passes; 70 training images in batches of 16, 30 held out in one of 32.
    assert model.calls == 3 + 5 + 1
    (first,) = training.history
    list(training.epochs())
    assert model.calls == 3 + 5 + 1
    # The one pass is part of the first epoch's steps, and nothing counts as augmentation.
    assert all(epoch.augment_seconds == 0 for epoch in training.history)
    assert first.step_seconds > 0


def test_an_arm_that_changes_images_computes_them_in_each_step():
    model = Small()
    training = make_training(augment="flip", model=model)
    with plain_path():  # nothing is compiled for so few images
        list(training.epochs(until=1))
        before = model.calls
        list(training.epochs(until=2))
    assert training.way.features == "each step"
    assert training.way.why_each == "the augmentation changes images"
    assert model.calls - before == 5  # and none of held-out images


@pytest.mark.parametrize("speed", [Speed(), Speed("channels_last", "bfloat16")], ids=str)
def test_a_network_of_timm_gives_the_same_up_to_rounding(speed):
    found = []
    for features in ("once", "each-step"):
        model = build_model(ModelSpec("timm:resnet10t", CLASSES, 3, image_size=32), 0)
        recipe = replace(RECIPE, epochs=1, features=features)
        training = make_training(recipe, model=model, speed=speed)
        list(training.epochs())
        found.append((training.way.features, state(training)))
    assert [way for way, _ in found] == ["once", "each step"]
    for name, tensor in found[0][1].items():
        torch.testing.assert_close(tensor, found[1][1][name], atol=1e-3, rtol=1e-2)


class Elsewhere(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, values):
        return self.change(values)


class Scaled(Small):
    def forward(self, images):
        return super().forward(images) / 1.0


class Doubled(Small):
    def forward(self, images):
        self.head(torch.zeros(2, 144))
        return super().forward(images)


def tied():
    model = Small()
    weight = model.head[3].weight
    model.between = Elsewhere(lambda values: values + weight.sum())
    return model


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Scaled, "the network's logits are not what its head makes of one tensor"),
        (Doubled, "the network's logits are not what its head makes of one tensor"),
        (tied, "weights of the head are also used in the body"),
        (
            lambda: Small(Elsewhere(lambda values: values + torch.rand_like(values))),
            "the body gives other features each time",
        ),
        (
            lambda: Small(nn.BatchNorm1d(144, track_running_stats=False)),
            "an image's features depend on the other images of its batch",
        ),
    ],
    ids=["scaled", "head twice", "tied", "random", "batch statistics"],
)
def test_networks_without_a_clean_cut_compute_them_in_each_step(make, why):
    training = make_training(replace(RECIPE, epochs=1), model=make())
    list(training.epochs())
    assert (training.way.features, training.way.why_each) == ("each step", why)


def test_a_head_of_several_modules_is_not_cut():
    model = Small()
    model.get_classifier = lambda: (model.head, model.features[0])
    network = Network(model, Normalize((0.4,) * 3, (0.3,) * 3), Speed(), CPU)
    cut, why = find_cut(network, torch.zeros(2, 3, 8, 8))
    assert cut is None
    assert why == "the network's head has several modules"


def test_features_that_take_too_much_memory_are_computed_in_each_step(monkeypatch):
    monkeypatch.setattr("augury.training.cut._MOST", 70 * 144 * 4 - 1)
    training = make_training(replace(RECIPE, epochs=1))
    list(training.epochs())
    assert training.way.why_each == "there is too little memory for the features of all images"


def test_which_augmentations_leave_images_as_they_are():
    class Mine(Identity):
        def apply(self, batch, params):
            return batch.with_images(torch.rand_like(batch.images))

    none = build_augmentation("none")
    assert is_still(none)
    assert is_still(fitted(none, 36, 32))  # a center crop, then nothing
    assert is_still(Chain([none, Chain([none])]))
    for other in (Mine(), Chain([none, Mine()]), OneOf([none, none])):
        assert not is_still(other)
    for name in ("flip", "normal", "cutmix", "grayscale", "none+crop"):
        assert not is_still(build_augmentation(name))
