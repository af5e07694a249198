"""The last feature maps of a network, before pooling."""

from typing import Any

import torch
from torch import Tensor, nn

from augury.errors import InputError


def maps_and_logits(model: nn.Module, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """The last feature maps (B, F, h, w) and the logits (B, K) for normalized images `pixels`.

    The maps are the result of `forward_features`, a method of `model` or of a part of it; all of
    timm's networks have one. In other networks they are the output of the last module that gives
    maps of more than one position or, if there is none, of one position. They are a leaf that
    requires its gradient, and the logits depend on nothing else, so a derivative passes through the
    head only. `pixels` are not changed, also if the network works in place.
    Raises InputError if the network has no such module, or if `forward_features` gives no maps.
    """
    owner = next((m for m in model.modules() if hasattr(m, "forward_features")), None)
    found = None if owner is None else _of_forward_features(owner, model, pixels)
    return found or _of_last_module(model, pixels)


def _of_forward_features(
    owner: nn.Module, model: nn.Module, pixels: Tensor
) -> tuple[Tensor, Tensor] | None:
    """The maps and logits; None if the network does not call `forward_features`."""
    compute: Any = owner.forward_features
    found: list[Tensor] = []

    def forward_features(*arguments: Any, **options: Any) -> Tensor:
        with torch.no_grad():
            computed: Tensor = compute(*arguments, **options)
        last = _channels_last(owner, computed)
        maps = (computed.movedim(3, 1) if last else computed).detach().requires_grad_()
        found.append(maps)
        # A copy, as the head may work in place.
        return (maps.movedim(1, 3) if last else maps).clone()

    # PyTorch has no hooks for methods, so the method is replaced for this pass.
    vars(owner)["forward_features"] = forward_features
    try:
        logits: Tensor = model(pixels.clone())
    finally:
        del vars(owner)["forward_features"]
    return (found[-1], logits) if found else None


def _of_last_module(model: nn.Module, pixels: Tensor) -> tuple[Tensor, Tensor]:
    chosen, call = _last_with_maps(model, pixels)
    calls, found = 0, list[Tensor]()

    def replace(module: nn.Module, inputs: Any, output: Tensor) -> Tensor | None:
        nonlocal calls
        calls += 1
        if calls != call:
            return None
        found.append(output.detach().requires_grad_())
        return found[0].clone()  # as the head may work in place

    handle = chosen.register_forward_hook(replace)
    try:
        logits: Tensor = model(pixels.clone())
    finally:
        handle.remove()
    return found[0], logits


def _last_with_maps(model: nn.Module, pixels: Tensor) -> tuple[nn.Module, int]:
    """The module that gives the last maps, and the how manieth of its calls that is, from 1."""
    calls: dict[nn.Module, int] = {}
    best: tuple[int, nn.Module, int] | None = None
    weighted = False

    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal best, weighted
        calls[module] = calls.get(module, 0) + 1
        # What comes before the first weights is still the image.
        weighted = weighted or any(True for _ in module.parameters())
        if weighted and isinstance(output, Tensor) and output.ndim == 4:
            several = int(output.shape[2:].numel() > 1)
            if best is None or several >= best[0]:
                best = several, module, calls[module]

    handles = [module.register_forward_hook(note) for module in model.modules()]
    try:
        with torch.no_grad():
            model(pixels.clone())
    finally:
        for handle in handles:
            handle.remove()
    if best is None:
        # A study's network is wrapped together with its normalization.
        name = type(getattr(model, "model", model)).__name__
        raise InputError(
            f"{name}: has no forward_features, and no module that gives feature maps (B, F, h, w)"
        )
    return best[1:]


def _channels_last(owner: nn.Module, maps: Tensor) -> bool:
    """Whether maps are (B, h, w, F), as in timm's Swin networks, and not (B, F, h, w)."""
    if maps.ndim == 4:
        width = getattr(owner, "num_features", maps.shape[1])
        if width == maps.shape[1]:
            return False
        if width == maps.shape[3]:
            return True
    raise InputError(
        f"{type(owner).__name__}: its features are no maps (B, F, h, w), but {tuple(maps.shape)}"
    )
