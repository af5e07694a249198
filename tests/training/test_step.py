"""What a step does on a GPU, followed on one that computes nothing."""

import numpy as np
import pytest
import torch

from augury.augment import build_augmentation
from augury.data import Split
from augury.models import ModelSpec, build_model
from augury.records.recipe import Recipe
from augury.training import Network, Normalize, Speed
from augury.training.feed import Feed
from augury.training.optimizers import build_optimizer, set_rate
from augury.training.processes import ALONE
from augury.training.step import Step
from helpers.fake_gpu import CUDA, fake_gpu, host_work, move_to_fake_gpu

CLASSES = 4


def make_split(n=12):
    images = np.zeros((n, 3, 32, 32), np.uint8)
    return Split(images, np.arange(n) % CLASSES, np.arange(n))


@pytest.mark.parametrize("model", ["small", "mobilenetv2"])
def test_nothing_in_a_step_waits_for_the_host(model, monkeypatch):
    """All but the backward pass and the optimizer, for which PyTorch wants a real GPU."""
    monkeypatch.setattr(torch.Tensor, "backward", lambda loss: None)
    monkeypatch.setattr(torch.optim.SGD, "step", lambda optimizer: None)
    recipe = Recipe(optimizer="sgd", label_smoothing=0.1)
    built, speed = build_model(ModelSpec(model, CLASSES, 3), 0), Speed("channels_last", "float32")
    network = Network(built, Normalize((0.5,) * 3, (0.25,) * 3), speed, torch.device("cpu")).train()
    with fake_gpu():
        move_to_fake_gpu(network)
        network.device = CUDA
        rule = build_optimizer(network, recipe, capturable=True)
        arm = build_augmentation("normal+random-erasing+cutmix")
        step = Step(network, network, arm, rule, recipe.label_smoothing, ALONE)
        feed = Feed(make_split(), CLASSES, 3, CUDA, resident=True)
        rows = torch.arange(8, device=CUDA)

        def take() -> None:
            feed.begin(2)
            set_rate(rule, 0.03)
            batch = feed.batch(rows)
            step.learn(*step.augment(batch, feed.draws(batch, rows)))

        assert host_work(take) == []
