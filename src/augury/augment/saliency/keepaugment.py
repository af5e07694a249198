"""KeepAugment (Gong et al., "KeepAugment: A simple information-preserving data augmentation")."""

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, Source, saliency_of
from augury.augment.policies.randaugment import RandAugment
from augury.augment.saliency.importance import span_sums, whole_units
from augury.augment.shared.boxes import rectangle_mask
from augury.augment.strength import with_arguments
from augury.batch import Batch, Move, apply_moves, to_float
from augury.errors import InputError
from augury.names import check_name
from augury.rng import Draws

# The scope of the inner augmentation: the same one elsewhere in a chain has other draws.
_INNER = "/keepaugment"


@dataclass(frozen=True)
class KeepAugmentParams:
    """top, left: (B,) int64, the corner of each window; augment: params of the inner one."""

    top: Tensor
    left: Tensor
    augment: Any = None


class KeepAugment(Augmentation[KeepAugmentParams]):
    """Augment an image, and keep its salient part.

    saliency: a callable, batch -> (B, H, W) float ≥ 0; the paper's is the size of the gradient of
        the label's score. The importance of a window is the sum of the map inside it.
    mode: "cut" blackens a window whose importance is below the τ-quantile over all windows;
        "paste" augments the image and puts back an original window whose importance is above it.
    tau: τ, in (0, 1).
    size: the side of the square window as a share of the image's shorter side.
    augment: the augmentation of "paste", which must not mix images; None for `RandAugment`.

    Windows lie within the image, and all that qualify are equally likely. The least important one
    (in "paste" the most important) always qualifies; with a constant map all of them do. Targets
    are unchanged. Defaults: 16 of 32 pixels and 0.6, as in a public re-implementation; there 0.6
    bounds the mean of the scaled map instead of a quantile, and windows reach over the border.
    """

    def __init__(
        self,
        saliency: Source,
        mode: str = "cut",
        tau: float = 0.6,
        size: float = 0.5,
        augment: Augmentation[Any] | None = None,
    ) -> None:
        check_name(mode, ("cut", "paste"), "mode")
        if not 0 < tau < 1:
            raise InputError(f"tau: must lie in (0, 1), got {tau}")
        if not 0 < size <= 1:
            raise InputError(f"size: must lie in (0, 1], got {size}")
        if augment is not None and mode == "cut":
            raise InputError('augment: only mode "paste" takes one')
        if augment is not None and augment.mixes:
            raise InputError("augment: must not mix images")
        self.saliency, self.mode, self.tau, self.size = saliency, mode, tau, size
        self.augment = augment
        self._inner: Augmentation[Any] = RandAugment() if augment is None else augment

    def strengthened(self, strength: float) -> Self:
        if self.mode == "paste":
            return with_arguments(self, augment=self._inner.strengthened(strength))
        return with_arguments(self, size=self.size * strength)

    def sample(self, batch: Batch, draws: Draws) -> KeepAugmentParams:
        side = self._side(batch)
        scores = whole_units(saliency_of(self.saliency, batch))
        for dim in (1, 2):
            start = torch.arange(scores.shape[dim] - side + 1, device=scores.device)
            scores = span_sums(scores, dim, start, start + side)
        columns = scores.shape[2]
        place = self._choose(scores.flatten(1), draws.uniform("keepaugment", 1).double())
        scoped = replace(draws, scope=draws.scope + _INNER)
        return KeepAugmentParams(
            top=place // columns,
            left=place % columns,
            augment=self._inner.sample(batch, scoped) if self.mode == "paste" else None,
        )

    def streams(self, scope: str) -> set[tuple[type, str]]:
        inner = self._inner.streams(scope + _INNER) if self.mode == "paste" else set()
        return super().streams(scope) | inner

    def operations(self) -> dict[str, bool]:
        return self._inner.operations() if self.mode == "paste" else super().operations()

    def _side(self, batch: Batch) -> int:
        return max(1, round(self.size * min(batch.images.shape[-2:])))

    def _choose(self, scores: Tensor, u: Tensor) -> Tensor:
        """scores (B, windows) int64, u (B, 1) in [0, 1) -> (B,): a random window that qualifies."""
        low, high = scores.aminmax(dim=1, keepdim=True)
        quantile = scores.kthvalue(math.ceil(self.tau * scores.shape[1]), dim=1, keepdim=True)[0]
        if self.mode == "cut":
            allowed = (scores < quantile) | (scores == low)
        else:
            allowed = (scores > quantile) | (scores == high)
        rank = (u * allowed.sum(dim=1, keepdim=True)).long()
        return (allowed.cumsum(dim=1) <= rank).sum(dim=1)

    def apply(self, batch: Batch, params: KeepAugmentParams) -> Batch:
        side = torch.full_like(params.top, self._side(batch))
        window = rectangle_mask(params.top, params.left, side, side, batch.images.shape[-2:])
        window = window[:, None]
        if self.mode == "cut":
            return batch.with_images(batch.images.masked_fill(window, 0))
        augmented = self._inner.applied(batch, params.augment)
        images, kept = augmented.images, batch.images
        if images.dtype != kept.dtype:
            images, kept = to_float(images), to_float(kept)
        moves = augmented.moves[len(batch.moves) :]
        move = partial(_move_around, window=window, moves=moves)
        return batch.moved(torch.where(window, kept, images), move)


def _move_around(maps: Tensor, window: Tensor, moves: tuple[Move, ...]) -> Tensor:
    """`maps` moved by `moves`, except inside `window`, which stays where it is."""
    return torch.where(window, maps, apply_moves(maps, moves))
