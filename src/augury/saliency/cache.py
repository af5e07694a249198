"""Saliency maps computed once and looked up by image id."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from augury.batch import Batch, apply_moves


class MapCache:
    """batch -> the stored maps of its images, so that an image's map depends on its id alone.

    (A network computes slightly different bits at another batch size.) Maps are stored for images
    as they are in the data set; the moves of the batch are applied to them.

    ids: (N,) int64, sorted; values: (N, ...), uint8 (which stands for [0, 1]) or floating; both on
        one device, which need not be the device of the batches.
    """

    def __init__(self, ids: Tensor, values: Tensor) -> None:
        self.ids, self.values = ids, values

    @classmethod
    def of(cls, saliency: Callable[[Batch], Tensor], batches: Iterable[Batch]) -> "MapCache":
        """Compute and store the maps of all `batches`, in the dtype of `as_stored`."""
        parts = [(batch.ids, as_stored(saliency(batch))) for batch in batches]
        ids, order = torch.cat([ids for ids, _ in parts]).sort()
        return cls(ids, torch.cat([values for _, values in parts])[order])

    def to(self, device: torch.device) -> "MapCache":
        """The same maps on `device`."""
        return MapCache(self.ids.to(device), self.values.to(device))

    def __call__(self, batch: Batch) -> Tensor:
        rows = torch.searchsorted(self.ids, batch.ids.to(self.ids.device))
        stored = self.values[rows].to(batch.images.device)
        values = stored.float() / 255 if stored.dtype == torch.uint8 else stored.float()
        if values.ndim == 4:
            return apply_moves(values, batch.moves)
        return apply_moves(values[:, None], batch.moves)[:, 0]


def as_stored(maps: Tensor) -> Tensor:
    """Maps (B, H, W) in [0, 1] as uint8; signed gradients (B, C, H, W) as float16.

    float16 keeps the sign of a gradient, and its size to 2^-11; below 3e-8 it becomes 0.
    """
    return maps.half() if maps.ndim == 4 else (maps * 255).round().to(torch.uint8)
