"""The last feature maps of a network, before pooling."""

from typing import Any

import torch
from torch import Tensor, nn

from augury.errors import InputError


def maps_and_logits(model: nn.Module, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """The last feature maps (B, F, h, w) and the logits (B, K) for normalized images `pixels`.

    The maps are the result of `forward_features`, a method of `model` or of a part of it; all of
    timm's networks have one. They are a leaf that requires its gradient, and the logits depend on
    nothing else, so a derivative passes through the head only. `pixels` are not changed, also if
    the network works in place.
    Raises InputError if the network has no such method, or if it returns no maps.
    """
    owner = next((m for m in model.modules() if hasattr(m, "forward_features")), None)
    if owner is None:
        raise InputError(f"{type(model).__name__}: has no forward_features, so no feature maps")
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
    return found[-1], logits


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
