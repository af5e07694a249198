"""Every row of the table: against PyTorch's own, and against what is kept after a step."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from augury.errors import InputError
from augury.records.recipe import OPTIMIZERS, Recipe
from augury.training import Network, Normalize, Speed, optimizers
from augury.training.checkpoint import optimizer_tensors
from augury.training.optimizers import build_optimizer

# As PyTorch documents them, one function a parameter at a time.
REFERENCES = {
    "sgd": lambda ps: torch.optim.SGD(ps, 0.05, 0.9, weight_decay=0.01, nesterov=True, fused=False),
    "adamw": lambda ps: torch.optim.AdamW(ps, 0.05, (0.9, 0.999), weight_decay=0.01, fused=False),
}


def make_network():
    torch.manual_seed(0)
    # Without a bias before the normalization: its gradient is noise, of which AdamW makes steps.
    convolution = nn.Conv2d(3, 4, 3, bias=False)
    model = nn.Sequential(convolution, nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 2))
    return Network(model, Normalize((0.5,) * 3, (0.25,) * 3), Speed(), torch.device("cpu"))


def train(network, optimizer, steps):
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        images = torch.rand(8, 3, 6, 6, generator=generator)
        labels = torch.randint(2, (8,), generator=generator)
        optimizer.zero_grad()
        F.cross_entropy(network.predict(images), labels).backward()
        optimizer.step()


def test_the_table_holds_what_a_recipe_may_name():
    assert tuple(optimizers.OPTIMIZERS) == OPTIMIZERS == tuple(REFERENCES)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_pytorch(name):
    ours, theirs = make_network(), make_network()
    recipe = Recipe(optimizer=name, lr=0.05, weight_decay=0.01)
    train(ours, build_optimizer(ours, recipe), steps=5)
    train(theirs, REFERENCES[name](theirs.model.parameters()), steps=5)
    start = make_network()
    for a, b, c in zip(*(n.model.parameters() for n in (ours, theirs, start)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
        assert not torch.equal(a, c)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_it_keeps_is_told_to_the_byte(name):
    network = make_network()
    optimizer = build_optimizer(network, Recipe(optimizer=name, lr=0.05))
    train(network, optimizer, steps=1)
    kept = sum(t.numel() * t.element_size() for t in optimizer_tensors(optimizer).values())
    named = optimizers.OPTIMIZERS[name]
    assert kept > 0
    assert named.state_bytes(network.model.parameters()) == kept


def test_no_unknown_optimizer_becomes_another():
    recipe = Recipe()
    object.__setattr__(recipe, "optimizer", "adam")  # past the recipe's own check
    with pytest.raises(InputError, match=r"unknown optimizer 'adam'.*Choices: sgd, adamw"):
        build_optimizer(make_network(), recipe)
