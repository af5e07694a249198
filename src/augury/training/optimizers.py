"""The optimizers by name: how each is built, and what it keeps beside the weights.

A new one is a row of `OPTIMIZERS` here and its name in `augury.records.recipe`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import nn

from augury.names import lookup
from augury.records.recipe import Recipe
from augury.training.network import Network

Parameters = list[nn.Parameter]
_COUNTER_BYTES = 4


@dataclass(frozen=True)
class NamedOptimizer:
    """One optimizer.

    build: makes it for some parameters, as a recipe says
    states: how many tensors it keeps of the shape and type of each parameter; memory and
        checkpoints are estimated with it
    counters: how many single float32 numbers it keeps of each parameter tensor besides
    """

    build: Callable[[Parameters, Recipe], torch.optim.Optimizer]
    states: int
    counters: int = 0

    def state_bytes(self, parameters: Iterable[nn.Parameter]) -> int:
        """Bytes of all that it keeps from its first step on."""
        return sum(
            self.states * each.numel() * each.element_size() + self.counters * _COUNTER_BYTES
            for each in parameters
        )


def _sgd(parameters: Parameters, recipe: Recipe) -> torch.optim.Optimizer:
    """With Nesterov momentum 0.9."""
    return torch.optim.SGD(
        parameters,
        recipe.lr,
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
        fused=True,
    )


def _adamw(parameters: Parameters, recipe: Recipe) -> torch.optim.Optimizer:
    """With PyTorch's betas, 0.9 and 0.999."""
    return torch.optim.AdamW(parameters, recipe.lr, weight_decay=recipe.weight_decay, fused=True)


# All are fused: one pass over each weight.
OPTIMIZERS: dict[str, NamedOptimizer] = {
    "sgd": NamedOptimizer(_sgd, states=1),
    "adamw": NamedOptimizer(_adamw, states=2, counters=1),
}


def build_optimizer(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer that `recipe` names, for the weights of `network`."""
    named = lookup(OPTIMIZERS, recipe.optimizer, "optimizer")
    return named.build(list(network.model.parameters()), recipe)
