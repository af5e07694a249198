"""What a recipe has for pretrained networks, against PyTorch's own functions and arithmetic."""

import copy
import math

import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
from torch import nn

from augury.augment import build_augmentation
from augury.data import Split, batches, epoch_order
from augury.errors import InputError
from augury.kernels import plain_path
from augury.models import ModelSpec, build_model
from augury.models.body import head_of, split_weights
from augury.training import CheckpointFolder, Network, Normalize, Recipe, Speed, Training, evaluate
from augury.training.captured import forget_graphs
from helpers.recorder import Recorder

CPU = torch.device("cpu")
CLASSES, SIZE = 3, 16
EVERYTHING = {
    "epochs": 2,
    "batch_size": SIZE,
    "optimizer": "adamw",
    "lr": 0.01,
    "schedule": "cosine",
    "warmup": 0.3,
    "body_lr": 0.1,
    "clip": 1.8,
    "ema": 0.9,
    "weight_decay": 0.05,
}


class Tiny(nn.Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        # Without a bias before the normalization: its gradient is noise, of which AdamW makes steps
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(dropout)
        )
        self.head = nn.Linear(4 * 36, CLASSES)

    def forward(self, images):
        return self.head(self.features(images).flatten(1))


def make_split(n=70, first_id=0):
    generator = np.random.default_rng(first_id)
    images = generator.integers(0, 256, (n, 3, 8, 8), dtype=np.uint8)
    return Split(images, generator.integers(0, CLASSES, n), np.arange(first_id, first_id + n))


def make_training(recipe, capture=None, dropout=0.0):
    torch.manual_seed(0)
    network = Network(Tiny(dropout), Normalize((0.4,) * 3, (0.3,) * 3), Speed(), CPU)
    arm = build_augmentation("none")
    return Training(
        network, arm, make_split(), make_split(30, 1000), CLASSES, recipe, 0, capture=capture
    )


def state(training):
    found = {f"model {n}": t for n, t in training.network.model.state_dict().items()}
    return found | (training.average.state() if training.average else {})


def all_equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a)


def by_hand():
    """Two epochs as `EVERYTHING` says, one line after the other; returns model and average."""
    torch.manual_seed(0)
    model, split = Tiny().train(), make_split()
    optimizer = torch.optim.AdamW(
        [{"params": model.features.parameters()}, {"params": model.head.parameters()}],
        weight_decay=0.05,
        fused=False,
    )
    average, steps, norms = copy.deepcopy(model), 0, []
    for epoch in range(2):
        for batch in batches(split, CLASSES, SIZE, epoch_order(len(split), 0, epoch)):
            progress, steps = steps / 10, steps + 1
            after = (progress - 0.3) / 0.7
            share = progress / 0.3 if progress < 0.3 else (1 + math.cos(math.pi * after)) / 2
            for group, factor in zip(optimizer.param_groups, (0.1, 1.0), strict=True):
                group["lr"] = 0.01 * share * factor
            optimizer.zero_grad()
            images = (batch.images.float() / 255 - 0.4) / 0.3
            F.cross_entropy(model(images), batch.targets).backward()
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), 1.8))
            optimizer.step()
            for mine, theirs in zip(average.parameters(), model.parameters(), strict=True):
                mine.data = 0.9 * mine.data + 0.1 * theirs.data
    for mine, theirs in zip(average.buffers(), model.buffers(), strict=True):
        mine.copy_(theirs)
    assert min(norms) < 1.8 < max(norms)  # some are shortened and some are not
    return model, average


def test_two_epochs_of_everything_by_hand():
    training = make_training(Recipe(**EVERYTHING))
    history = list(training.epochs())
    model, average = by_hand()
    for name, expected in model.state_dict().items():
        found = training.network.model.state_dict()[name]
        torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-4)
    # The average is what is validated, and what is tested in the end.
    network = Network(average, training.network.normalize, Speed(), CPU)
    validated = evaluate(network, make_split(30, 1000), CLASSES, 32)
    assert history[-1].validation_loss == pytest.approx(validated.loss, abs=1e-5)
    assert training.choose() == 1
    for name, expected in average.state_dict().items():
        found = training.network.model.state_dict()[name]
        torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-4)
    assert not torch.allclose(model.head.weight, average.head.weight, atol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "sgd", "select": "validation"},
        {"freeze": "body", "body_lr": 1.0, "features": "each-step"},
    ],
    ids=["adamw", "sgd best", "probe"],
)
def test_captured_and_resumed_runs_have_the_same_bits(changes, tmp_path):
    recipe = Recipe(**EVERYTHING | {"epochs": 3} | changes)
    straight = make_training(recipe, dropout=0.2)
    list(straight.epochs())
    with plain_path():  # the compiled loops are in no recording
        for first_capture in (None, Recorder()):
            first = make_training(recipe, first_capture, 0.2)
            list(first.epochs(until=1))
            first.save(CheckpointFolder(tmp_path))
            second = make_training(recipe, Recorder(), 0.2)
            second.restore(CheckpointFolder(tmp_path).load())
            list(second.epochs(until=2))
            second.restore(CheckpointFolder(tmp_path).load())  # once more, now that it is captured
            list(second.epochs())
            assert second.way.steps == "captured"
            assert all_equal(state(second), state(straight))
            losses = [[e.validation_loss for e in t.history] for t in (second, straight)]
            assert losses[0] == losses[1]
    forget_graphs()
    assert second.choose() == straight.choose()
    assert all_equal(state(second), state(straight))


def test_a_linear_probe_trains_the_head_on_features_of_evaluation():
    recipe = Recipe(epochs=2, batch_size=SIZE, lr=0.1, schedule="constant", freeze="body")
    training = make_training(recipe, dropout=0.5)
    start = copy.deepcopy(training.network.model).eval()
    list(training.epochs())
    found = training.network.model
    assert all_equal(found.features.state_dict(), start.features.state_dict())
    assert not any(each.requires_grad for each in found.features.parameters())
    assert all(each.grad is None for each in found.features.parameters())
    optimizer = torch.optim.SGD(start.head.parameters(), 0.1, 0.9, nesterov=True, weight_decay=5e-4)
    split = make_split()
    for epoch in range(2):
        for batch in batches(split, CLASSES, SIZE, epoch_order(len(split), 0, epoch)):
            optimizer.zero_grad()
            images = (batch.images.float() / 255 - 0.4) / 0.3
            F.cross_entropy(start(images), batch.targets).backward()
            optimizer.step()
    for mine, theirs in zip(found.head.parameters(), start.head.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-4)


def test_the_head_is_what_timm_calls_the_classifier():
    for name, last in (("timm:resnet10t", "fc"), ("timm:convnext_atto", "head.fc")):
        model = build_model(ModelSpec(name, 5, 3), 0)
        body, head = split_weights(model)
        assert head_of(model) == [model.get_submodule(last)]
        assert len(body) + len(head) == len(list(model.parameters()))
    deep = build_model(ModelSpec("resnet18", 5, 3), 0)
    assert head_of(deep) == [deep.head]
    with pytest.raises(InputError, match="no module head, classifier or fc with weights"):
        head_of(nn.Sequential(nn.Linear(2, 3)))


def test_stochastic_depth_is_timms():
    model = build_model(ModelSpec("timm:resnet10t", 5, 3, drop_path=0.2), 0)
    reference = timm.create_model("resnet10t", drop_path_rate=0.2)
    rates = [
        [m.drop_prob for m in each.modules() if hasattr(m, "drop_prob")]
        for each in (model, reference)
    ]
    assert rates[0] == rates[1] != []
    plain = build_model(ModelSpec("timm:resnet10t", 5, 3), 0)
    assert all_equal(plain.state_dict(), model.state_dict())
    for name in ("vgg19", "timm:densenet121", "small"):
        with pytest.raises(InputError, match=r"drop_path: .* has no stochastic depth"):
            build_model(ModelSpec(name, 5, 3, drop_path=0.1), 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"warmup": 0.1}, "warmup: only for schedule=cosine, not onecycle"),
        ({"warmup": 1.0}, "warmup: must be under 1, got 1.0"),
        ({"body_lr": 0.0}, "body_lr: must be over 0, got 0.0"),
        ({"clip": 0.0}, "clip: must be over 0, got 0.0"),
        ({"ema": 1.0}, "ema: must be under 1, got 1.0"),
        ({"drop_path": -0.1}, "drop_path: must be at least 0, got -0.1"),
        ({"freeze": "backbone"}, "unknown freeze 'backbone'. Did you mean 'body'"),
        ({"freeze": "body", "body_lr": 0.1}, "body_lr: must be 1 for freeze=body"),
        ({"freeze": "body", "drop_path": 0.1}, "drop_path: must be 0 for freeze=body"),
    ],
)
def test_what_cannot_be_is_said(arguments, message):
    with pytest.raises(InputError, match=message):
        Recipe(**arguments)
