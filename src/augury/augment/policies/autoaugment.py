"""AutoAugment (Cubuk et al., "AutoAugment: Learning augmentation strategies from data", 2019)."""

from typing import Self

import torch

from augury.augment.base import Augmentation
from augury.augment.policies.autoaugment_policies import POLICIES
from augury.augment.policies.operations import (
    Layers,
    Reach,
    apply_layers,
    layers_step,
    named_operations,
)
from augury.augment.policies.randaugment import reaches
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.constants import constant
from augury.kernels.steps import OPERATIONS, Step
from augury.names import check_name
from augury.rng import Draws

# The top of the scale of levels.
_TOP = 9


class AutoAugment(Augmentation[Layers]):
    """Apply one of the 25 sub-policies of a learned policy to each image, two operations each.

    policy: "imagenet", "cifar10" or "svhn", after the data set that it was learned on; the default
        is torchvision's.
    strength: the policy's levels times this, and at most their scale's top, 9; over 0 and finite.

    Each sub-policy is equally likely. Each of its operations is applied with its own probability,
    at its own level; where it has a direction, either is equally likely. Probabilities, levels and
    the ranges of the operations are torchvision's. Bilinear with a black border, as in
    `apply_layers`; torchvision takes the nearest pixel, and the authors' border is gray 128.
    """

    def __init__(self, policy: str = "imagenet", strength: float = 1.0) -> None:
        check_name(policy, POLICIES, "policy")
        if not 0 < strength < float("inf"):
            raise InputError(f"strength: must be over 0, got {strength}")
        self.policy, self.strength = policy, strength

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, strength=self.strength * strength)

    def operations(self) -> dict[str, bool]:
        return named_operations(name for sub in POLICIES[self.policy] for name, _, _ in sub)

    def sample(self, batch: Batch, draws: Draws) -> Layers:
        u = draws.uniform("autoaugment", 5)
        height, width = batch.images.shape[-2:]
        table = constant(self._table(height, width), torch.float64, u.device)
        chosen = table[(u[:, 0].double() * len(table)).long()]
        operation, p, magnitude, signed = chosen.unbind(-1)
        applied, negative = u[:, 1:3] < p, (u[:, 3:5] < 0.5) & (signed > 0)
        return Layers(
            operation.long().masked_fill(~applied, OPERATIONS.index("identity")),
            torch.where(negative, -magnitude, magnitude).masked_fill(~applied, 0).float(),
        )

    def _table(self, height: int, width: int) -> tuple[tuple[tuple[float, ...], ...], ...]:
        """For each operation of each sub-policy: number, probability, magnitude, has a sign."""
        own = reaches(height, width) | {"invert": Reach()}
        return tuple(
            tuple(
                (OPERATIONS.index(name), p, self._magnitude(own[name], level), own[name].signed)
                for name, p, level in sub_policy
            )
            for sub_policy in POLICIES[self.policy]
        )

    def _magnitude(self, reach: Reach, level: int | None) -> float:
        if level is None:
            return 0.0
        level_used = min(level * self.strength, _TOP)
        magnitude = reach.start + (reach.end - reach.start) * level_used / _TOP
        return float(int(magnitude)) if reach.whole else magnitude

    def apply(self, batch: Batch, params: Layers) -> Batch:
        return apply_layers(batch, params)

    def steps(self, params: Layers, size: tuple[int, int]) -> tuple[Step, ...]:
        return (layers_step(params, size),)
