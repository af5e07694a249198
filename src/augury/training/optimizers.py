"""The optimizers by name: how each is built, and what it keeps beside the weights.

A new one is a row of `OPTIMIZERS` here and its name in `augury.records.recipe`.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from augury.models.body import split_weights
from augury.names import lookup
from augury.records.recipe import Recipe
from augury.training.network import Network

Parameters = list[nn.Parameter]
_COUNTER_BYTES = 4


@dataclass(frozen=True)
class NamedOptimizer:
    """One optimizer. All that it keeps beside the weights is zero before its first step.

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


def _eager(kind: type[torch.optim.Optimizer]) -> Any:
    """`kind` with the same steps, which do not import PyTorch's compiler.

    PyTorch imports it, 1.6 s of each process, to keep an optimizer's methods from being compiled;
    none of ours is.
    """
    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        method = inspect.unwrap(getattr(torch.optim.Optimizer, name))
        if not hasattr(method, "__dynamo_disable"):
            method.__dynamo_disable = method  # what PyTorch calls in its place
    take = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), {"step": take, "__doc__": kind.__doc__})


_SGD, _AdamW = _eager(torch.optim.SGD), _eager(torch.optim.AdamW)


def _sgd(parameters: Parameters, recipe: Recipe) -> torch.optim.Optimizer:
    """With Nesterov momentum 0.9."""
    made: torch.optim.Optimizer = _SGD(
        parameters,
        recipe.lr,
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    return made


def _adamw(parameters: Parameters, recipe: Recipe) -> torch.optim.Optimizer:
    """With PyTorch's betas, 0.9 and 0.999."""
    made: torch.optim.Optimizer = _AdamW(
        parameters, recipe.lr, weight_decay=recipe.weight_decay, fused=True
    )
    return made


# All are fused: one pass over each weight.
OPTIMIZERS: dict[str, NamedOptimizer] = {
    "sgd": NamedOptimizer(_sgd, states=1),
    "adamw": NamedOptimizer(_adamw, states=2, counters=1),
}


def build_optimizer(
    network: Network, recipe: Recipe, capturable: bool = False
) -> torch.optim.Optimizer:
    """The optimizer that `recipe` names, for the weights of `network`.

    capturable: whether a captured graph can hold its steps, with the learning rate in a tensor.
    """
    named = lookup(OPTIMIZERS, recipe.optimizer, "optimizer")
    groups = _groups(network.model, recipe)
    optimizer = named.build(groups[0][0], recipe)
    for weights, _ in groups[1:]:
        optimizer.add_param_group({"params": weights})
    for group, (_, factor) in zip(optimizer.param_groups, groups, strict=True):
        group["factor"] = factor
    set_rate(optimizer, recipe.lr)
    if capturable:
        # float32 on a GPU, where the fused kernels read no other type; float64 on a processor,
        # where they then compute as with a Python number.
        dtype = torch.float64 if network.device.type == "cpu" else torch.float32
        for group in optimizer.param_groups:
            group["lr"] = torch.full((), group["lr"], dtype=dtype, device=network.device)
            if "capturable" in group:
                group["capturable"] = True
        # PyTorch would warn of steps outside of a graph; the fused kernels are the same ones there.
        optimizer._warned_capturable_if_run_uncaptured = True
    return optimizer


def _groups(model: nn.Module, recipe: Recipe) -> list[tuple[Parameters, float]]:
    """The weights that are trained, each group with its factor of the learning rate."""
    if recipe.freeze == "body":
        return [(split_weights(model)[1], 1.0)]
    if recipe.body_lr == 1:
        return [(list(model.parameters()), 1.0)]
    body, head = split_weights(model)
    return [(body, recipe.body_lr), (head, 1.0)]


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate, of each group times its factor, in place where it is a tensor."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate * group["factor"])
        else:
            group["lr"] = rate * group["factor"]


def state_tensors(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """All tensors that an optimizer keeps beside the weights."""
    entries = [value for entry in optimizer.state.values() for value in entry.values()]
    return [value for value in entries if isinstance(value, Tensor)]


def move_state(ours: torch.optim.Optimizer, theirs: torch.optim.Optimizer) -> None:
    """Keep the state of `ours`, with its present values, in the tensors of `theirs`.

    Both are of the same kind, for weights of the same shapes, and their learning rates are tensors;
    `theirs` has made a step. Where `ours` has made none, its state begins with zeros.
    """
    for our, their in zip(ours.param_groups, theirs.param_groups, strict=True):
        their["lr"].copy_(our["lr"])
        our["lr"] = their["lr"]
        for mine, other in zip(our["params"], their["params"], strict=True):
            entry, known = theirs.state[other], ours.state.get(mine, {})
            for name, value in entry.items():
                if name in known:
                    value.copy_(known[name])
                else:
                    value.zero_()
            ours.state[mine] = dict(entry)
