"""Saliency computed once for many images and looked up by their ids."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from augury.batch import Batch, apply_moves


class MapCache:
    """batch -> the stored rows of its images, so that an image's map depends on its id alone.

    A network computes slightly different bits at another batch size; what is looked up does not.
    Rows are those of the images as they were stored; they are moved as the batch has been.

    ids: (N,) int64, sorted; values: (N, ...), uint8 (which stands for [0, 1]) or floating; both on
        one device, which may be another than that of the batches.
    """

    def __init__(self, ids: Tensor, values: Tensor) -> None:
        self.ids, self.values = ids, values

    @classmethod
    def of(cls, saliency: Callable[[Batch], Tensor], batches: Iterable[Batch]) -> "MapCache":
        """Store what `saliency` gives for `batches`, as `as_stored` has it."""
        parts = [(batch.ids, as_stored(saliency(batch))) for batch in batches]
        ids, order = torch.cat([ids for ids, _ in parts]).sort()
        return cls(ids, torch.cat([values for _, values in parts])[order])

    def __call__(self, batch: Batch) -> Tensor:
        rows = torch.searchsorted(self.ids, batch.ids.to(self.ids.device))
        stored = self.values[rows].to(batch.images.device)
        values = stored.float() / 255 if stored.dtype == torch.uint8 else stored.float()
        if values.ndim == 4:
            return apply_moves(values, batch.moves)
        return apply_moves(values[:, None], batch.moves)[:, 0]


def as_stored(maps: Tensor) -> Tensor:
    """Maps (B, H, W) in [0, 1] as uint8; signed gradients (B, C, H, W) as float16.

    float16 keeps a gradient's sign and size to 2^-11 of it; what is under 3e-8 becomes 0.
    """
    return maps.half() if maps.ndim == 4 else (maps * 255).round().to(torch.uint8)
