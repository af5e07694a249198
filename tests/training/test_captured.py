"""Captured training against eager training, to the bit, with a stand-in for CUDA graphs."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from augury.augment import Identity, build_augmentation
from augury.data import Split
from augury.kernels import plain_path
from augury.training import CheckpointFolder, Network, Normalize, Recipe, Speed, Training
from augury.training.captured import Alike, forget_graphs
from helpers.recorder import Recorder
from helpers.registered import StoredMaps

CPU = torch.device("cpu")
N, CLASSES = 70, 3


@pytest.fixture(autouse=True)
def plain():
    """The compiled loops are no operations of PyTorch's, and so not in a recording."""
    with plain_path():
        yield
    forget_graphs()


def make_split(n=N, first_id=0, seed=0):
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (n, 3, 8, 8), dtype=np.uint8)
    return Split(images, generator.integers(0, CLASSES, n), np.arange(first_id, first_id + n))


def make_network(seed, speed):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(24, CLASSES),
    )
    return Network(model, Normalize((0.4 + seed / 100,) * 3, (0.3,) * 3), speed, CPU)


def source(kind):
    """Maps that stay the same."""
    generator = torch.Generator().manual_seed(0)
    return StoredMaps(kind, torch.arange(N), torch.rand((N, 8, 8), generator=generator))


def make_training(capture, arm="normal", recipe=None, seed=0, speed=None, **options):
    recipe = recipe or Recipe(epochs=3, batch_size=16, lr=0.05)
    augmentation = build_augmentation(arm, sources=source) if isinstance(arm, str) else arm
    network, held_out = make_network(seed, speed or Speed()), make_split(30, 1000, seed=1)
    train = make_split(seed=seed)
    return Training(
        network, augmentation, train, held_out, CLASSES, recipe, seed, capture=capture, **options
    )


def outcome(training):
    """All that training leaves, as bytes: two of them are equal to the bit or not."""
    history = [(e.loss, e.accuracy, e.validation_loss, e.learning_rate) for e in training.history]
    state = training.network.model.state_dict()
    state |= {f"{i}": t for i, t in enumerate(training.optimizer.state_dict()["state"].values())}
    tensors = {
        f"{name} {part}": value.numpy().tobytes()
        for name, entry in state.items()
        for part, value in (entry.items() if isinstance(entry, dict) else [("", entry)])
    }
    return history, tensors


def trained(capture, *args, **kwargs):
    training = make_training(capture, *args, **kwargs)
    list(training.epochs())
    return training


SGD = Recipe(epochs=3, batch_size=16, lr=0.05, label_smoothing=0.1)
ADAMW = Recipe(epochs=3, batch_size=16, lr=0.01, optimizer="adamw", schedule="cosine")
BALANCED = Recipe(epochs=3, batch_size=16, lr=0.05, sampling="balanced")
PLATEAU = Recipe(epochs=3, batch_size=16, lr=0.05, schedule="plateau", select="validation")


@pytest.mark.parametrize(
    ("arm", "recipe", "speed"),
    [
        ("none", SGD, Speed()),
        ("normal+random-erasing", SGD, Speed("channels_last", "bfloat16")),
        ("normal+random-erasing", ADAMW, Speed()),
        ("trivialaugment", PLATEAU, Speed("contiguous", "bfloat16")),
        ("augmix", ADAMW, Speed("channels_last", "float32")),
        ("cutmix", SGD, Speed()),
        ("normal+mixup", PLATEAU, Speed()),
        ("puzzlemix", SGD, Speed()),
        ("guidedmixup", ADAMW, Speed()),
        ("keepaugment", SGD, Speed()),
        ("random-erasing+cutmix", BALANCED, Speed()),
    ],
    ids=str,
)
def test_captured_steps_are_those_that_eager_training_makes(arm, recipe, speed):
    eager, captured = (
        trained(capture, arm, recipe, seed=3, speed=speed) for capture in (None, Recorder())
    )
    assert eager.way.steps == "eager"
    assert captured.way.steps == "captured"
    assert captured.capture.made == 2
    assert outcome(captured) == outcome(eager)


@pytest.mark.parametrize("recipe", [SGD, ADAMW, BALANCED], ids=["sgd", "adamw", "balanced"])
def test_a_resumed_run_has_the_same_bits(recipe, tmp_path):
    """Also where its checkpoint comes from eager steps."""
    straight = trained(None, recipe=recipe)
    for first_capture in (None, Recorder()):
        first = make_training(first_capture, recipe=recipe)
        list(first.epochs(until=1))
        first.save(CheckpointFolder(tmp_path))
        second = make_training(Recorder(), recipe=recipe)
        second.restore(CheckpointFolder(tmp_path).load())
        list(second.epochs(until=2))
        second.restore(CheckpointFolder(tmp_path).load())  # once more, now that it is captured
        list(second.epochs())
        assert second.way.steps == "captured"
        assert outcome(second) == outcome(straight)


def test_the_next_runs_use_the_same_graphs(tmp_path):
    """Other weights, images, draws and dropout, another learning rate; two arms of one network."""
    recorder = Recorder()
    runs = [
        ("normal+random-erasing", 0, SGD),
        ("cutmix", 0, SGD),
        ("normal+random-erasing", 1, SGD),
        ("cutmix", 5, Recipe(epochs=2, batch_size=16, lr=0.2, label_smoothing=0.1)),
    ]
    for arm, seed, recipe in runs:
        alike = Alike("small, sgd", arm)
        captured = trained(recorder, arm, recipe, seed, alike=alike)
        assert captured.way.steps == "captured"
        assert outcome(captured) == outcome(trained(None, arm, recipe, seed))
    assert recorder.made == 3  # one for learning, and one for each arm
    part = make_training(recorder, seed=2, alike=Alike("small, sgd", "normal"), recipe=SGD)
    list(part.epochs(until=2))
    part.save(CheckpointFolder(tmp_path))
    trained(recorder, seed=4, alike=Alike("small, sgd", "normal"), recipe=SGD)
    resumed = make_training(recorder, seed=2, alike=Alike("small, sgd", "normal"), recipe=SGD)
    resumed.restore(CheckpointFolder(tmp_path).load())
    list(resumed.epochs())
    assert outcome(resumed) == outcome(trained(None, seed=2, recipe=SGD))
    assert recorder.made == 4


def test_what_a_study_has_captured_is_freed():
    recorder, alike = Recorder(), Alike("small, sgd", "none")
    trained(recorder, "none", alike=alike)
    trained(recorder, "none", alike=alike)
    assert recorder.made == 2
    forget_graphs()
    trained(recorder, "none", alike=alike)
    assert recorder.made == 4


class Peeking(Identity):
    """Looks at its draws on the host."""

    def run(self, batch, draws, scale=None):
        assert float(draws.uniform("peek", 1).max()) <= 1
        return super().run(batch, draws, scale)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"arm": Peeking()}, r"values are read on the host \(_local_scalar_dense\)"),
        ({"recipe": Recipe(epochs=2, batch_size=71)}, "there is no whole batch"),
    ],
    ids=["reads", "small"],
)
def test_what_cannot_be_captured_is_trained_eagerly(options, why):
    eager, fallen = trained(None, **options), trained(Recorder(), **options)
    assert fallen.way.steps == "eager"
    assert re.fullmatch(why, fallen.way.why)
    assert outcome(fallen) == outcome(eager)


def test_where_memory_is_short_training_goes_on_eagerly():
    def capture(function, warmup=2):
        function()
        raise torch.OutOfMemoryError("the GPU is full")

    fallen = trained(capture)
    assert fallen.way.why == "there is too little memory for the graphs"
    assert outcome(fallen) == outcome(trained(None))


def test_the_watched_images_are_shown_as_they_are_trained_on():
    seen = {}
    for capture in (None, Recorder()):
        training = make_training(capture, "normal+cutmix")
        training.watched = 1, np.array([3, 69, 12])
        shown = seen[capture is None] = []
        training.on_batch = lambda epoch, *batches, shown=shown: shown.append(
            (epoch, *[each.images.numpy().tobytes() for each in batches])
        )
        list(training.epochs(until=2))
    assert seen[True] == seen[False]
    assert 1 <= len(seen[True]) <= 3
    assert {epoch for epoch, _, _ in seen[True]} == {1}
