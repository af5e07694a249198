"""Saliency computed once for many images and looked up by their ids."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from augury.batch import Batch


class MapCache:
    """batch -> the stored rows of its images, so that an image's map depends on its id alone.

    A network computes slightly different bits at another batch size; what is looked up does not.

    ids: (N,) int64, sorted; values: (N, ...), uint8 (which stands for [0, 1]) or floating.
    """

    def __init__(self, ids: Tensor, values: Tensor) -> None:
        self.ids, self.values = ids, values

    @classmethod
    def of_maps(cls, saliency: Callable[[Batch], Tensor], batches: Iterable[Batch]) -> "MapCache":
        """Store maps in [0, 1] as uint8."""
        return cls._fill(lambda b: (saliency(b) * 255).round().to(torch.uint8), batches)

    @classmethod
    def of_gradients(
        cls, gradient: Callable[[Batch], Tensor], batches: Iterable[Batch]
    ) -> "MapCache":
        """Store signed gradients as float16, whose relative error is at most 2^-11."""
        return cls._fill(lambda b: gradient(b).half(), batches)

    @classmethod
    def _fill(cls, compute: Callable[[Batch], Tensor], batches: Iterable[Batch]) -> "MapCache":
        parts = [(batch.ids, compute(batch)) for batch in batches]
        ids, order = torch.cat([ids for ids, _ in parts]).sort()
        return cls(ids, torch.cat([values for _, values in parts])[order])

    def __call__(self, batch: Batch) -> Tensor:
        stored = self.values[torch.searchsorted(self.ids, batch.ids)]
        return stored.float() / 255 if stored.dtype == torch.uint8 else stored.float()
