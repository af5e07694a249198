"""AugMix (Hendrycks et al., "AugMix: A simple data processing method to improve robustness and
uncertainty", ICLR 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_positive, per_image
from augury.augment.policies.operations import (
    Layers,
    Reach,
    apply_layers,
    draw_layers,
    layers_step,
    named_operations,
)
from augury.augment.shared.beta import beta
from augury.augment.shared.dirichlet import dirichlet
from augury.augment.strength import with_arguments
from augury.batch import Batch, Move, apply_moves, to_float
from augury.errors import InputError
from augury.kernels.steps import Mixture, Step
from augury.rng import Draws

# The top of the scale of severities, and the authors' lowest level.
_TOP = 10
_LOWEST = 0.1


@dataclass(frozen=True)
class AugMixParams:
    """operation, magnitude: (B, width, L), the layers of each chain, as in `Layers`.

    weights: (B, width), the chains' shares of the mixture; m: (B,), the mixture's share of the
    result.
    """

    operation: Tensor
    magnitude: Tensor
    weights: Tensor
    m: Tensor


class AugMix(Augmentation[AugMixParams]):
    """Blend each image with a mixture of `width` versions of it, each from a chain of operations.

    width: number of chains.
    depth: the least and the largest number of operations in a chain; all numbers in between are
        equally likely.
    severity: the highest level of an operation, up to 10; levels are uniform in [0.1, severity].
    alpha: parameter of the Dirichlet distribution of the chains' weights, and of the Beta
        distribution of the mixture's share.
    all_operations: whether brightness, contrast, saturation and sharpness are also drawn; the
        authors leave them out because they resemble the corruptions of their test sets.

    The defaults are those of the authors' code. The target stays. The paper's Jensen-Shannon loss,
    which compares the predictions for an image and two mixtures, is not included. Bilinear with a
    black border, as in the authors' code, and as in `apply_layers`. Returns float32.
    """

    def __init__(
        self,
        width: int = 3,
        depth: tuple[int, int] = (1, 3),
        severity: float = 3.0,
        alpha: float = 1.0,
        all_operations: bool = False,
    ) -> None:
        if width < 1 or width != int(width):
            raise InputError(f"width: must be a whole number over 0, got {width}")
        if not 1 <= depth[0] <= depth[1] or any(d != int(d) for d in depth):
            raise InputError(f"depth: must be a rising pair of whole numbers over 0, got {depth}")
        if not _LOWEST <= severity <= _TOP:
            raise InputError(f"severity: must lie in [{_LOWEST}, {_TOP}], got {severity}")
        check_positive("alpha", alpha)
        self.width, self.depth, self.severity, self.alpha = width, depth, severity, alpha
        self.all_operations = all_operations

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, severity=self.severity * strength)

    def operations(self) -> dict[str, bool]:
        return named_operations(self._reaches(1, 1))

    def sample(self, batch: Batch, draws: Draws) -> AugMixParams:
        longest = self.depth[1]
        u = draws.uniform("augmix", 1 + 2 * self.width)
        weights, length = u[:, 1 : 1 + self.width], u[:, 1 + self.width :].double()
        v = draws.uniform("augmix chains", 3 * self.width * longest).view(-1, longest, 3)
        level = _LOWEST + (self.severity - _LOWEST) * v[..., 2].double()
        height, width = batch.images.shape[-2:]
        layers = draw_layers(self._reaches(height, width), v[..., :2], level, _TOP)
        shape = (-1, self.width, longest)
        depth = self.depth[0] + (length * (longest - self.depth[0] + 1)).long()
        beyond = torch.arange(longest, device=u.device) >= depth[..., None]
        return AugMixParams(
            # 0 is the identity.
            operation=layers.operation.view(shape).masked_fill(beyond, 0),
            magnitude=layers.magnitude.view(shape).masked_fill(beyond, 0),
            weights=dirichlet(weights, self.alpha),
            m=beta(u[:, 0], self.alpha),
        )

    def _reaches(self, height: int, width: int) -> dict[str, Reach]:
        chosen = reaches(height, width)
        if self.all_operations:
            chosen |= dict.fromkeys(
                ("brightness", "saturation", "contrast", "sharpness"), Reach(-0.9, 0.9)
            )
        return chosen

    def apply(self, batch: Batch, params: AugMixParams) -> Batch:
        chains = [apply_layers(batch, layers) for layers in _chains(params)]
        images = _blend([batch.images, *(chain.images for chain in chains)], params)
        kept = len(batch.moves)
        move = partial(_move, moves=[chain.moves[kept:] for chain in chains], params=params)
        return batch.moved(images.clamp_(0, 1), move)

    def steps(self, params: AugMixParams, size: tuple[int, int]) -> tuple[Step, ...]:
        chains = tuple(layers_step(layers, size) for layers in _chains(params))
        return (Mixture(chains, params.weights, params.m),)


def _chains(params: AugMixParams) -> list[Layers]:
    """The layers of each version."""
    pairs = zip(params.operation.unbind(1), params.magnitude.unbind(1), strict=True)
    return [Layers(operation, magnitude) for operation, magnitude in pairs]


def _move(maps: Tensor, moves: Sequence[Sequence[Move]], params: AugMixParams) -> Tensor:
    return _blend([maps, *(apply_moves(maps, steps) for steps in moves)], params)


def _blend(versions: Sequence[Tensor], params: AugMixParams) -> Tensor:
    """(1 - m) · first version + m · weighted sum of the others; float."""
    mixture = per_image(params.weights[:, 0]) * to_float(versions[1])
    for k, version in enumerate(versions[2:], start=1):
        mixture = mixture + per_image(params.weights[:, k]) * to_float(version)
    m = per_image(params.m)
    return (1 - m) * to_float(versions[0]) + m * mixture


def reaches(height: int, width: int) -> dict[str, Reach]:
    """The range of each operation for images of this size, as in the authors' code."""
    return {
        "shear-x": Reach(end=0.3, signed=True),
        "shear-y": Reach(end=0.3, signed=True),
        "translate-x": Reach(end=width / 3, signed=True, whole=True),
        "translate-y": Reach(end=height / 3, signed=True, whole=True),
        "rotate": Reach(end=30.0, signed=True, whole=True),
        # From 4 bits down; the level says how many whole bits are dropped.
        "posterize": Reach(5.0, 1.0, whole=True),
        "solarize": Reach(256.0, 0.0),
        "autocontrast": Reach(),
        "equalize": Reach(),
    }
