"""The batches of a run with their draws: from the memory of the device, or from the host."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from augury.batch import Batch
from augury.data import Split
from augury.data.loader import batch_rows, batches
from augury.data.sampling import repeats_of, rows_of
from augury.rng import Draws, KeyTable

# Of the memory of a GPU that is free when training begins. Networks and other processes need some.
SHARE = 0.3

Rows = npt.NDArray[np.int64] | Tensor
"""(B,) int64: the picks of a batch, see `augury.data.sampling`."""


class Feed:
    """Batches of `split` on `device`, with one-hot targets of `num_classes`, and draws of `seed`.

    resident: whether the split lies on the device, as uint8. Then rows, keys and epoch are tensors
    there, and no batch needs the host.
    """

    def __init__(
        self, split: Split, num_classes: int, seed: int, device: torch.device, resident: bool
    ) -> None:
        self.num_classes, self.device, self.resident = num_classes, device, resident
        self._split = split
        self._seed: int | KeyTable = seed
        self._epoch: int | Tensor = 0
        if resident:
            self._seed = KeyTable(seed, device)
            self._epoch = torch.zeros((), dtype=torch.int64, device=device)
            self._images = _tensor(split.images).to(device)
            self._labels = _tensor(split.labels).to(device)
            self._ids = _tensor(split.ids).to(device)
            self._extents = None if split.extents is None else _tensor(split.extents).to(device)
            self._one_hot = torch.eye(num_classes, device=device)

    def load(self, split: Split, seed: int) -> None:
        """Take another resident split of the same shape, in place: captured graphs read it."""
        self._images.copy_(_tensor(split.images))
        self._labels.copy_(_tensor(split.labels))
        self._ids.copy_(_tensor(split.ids))
        if self._extents is not None and split.extents is not None:
            self._extents.copy_(_tensor(split.extents))
        if isinstance(self._seed, KeyTable):
            self._seed.fill(seed)

    def begin(self, epoch: int) -> None:
        """From here on draws are those of `epoch`."""
        if isinstance(self._epoch, Tensor):
            self._epoch.fill_(epoch)
        else:
            self._epoch = epoch

    def draws(self, batch: Batch, rows: Rows) -> Draws:
        """The draws of the batch at `rows`: those of each copy of an image are its own."""
        if isinstance(rows, Tensor):
            repeats = repeats_of(rows)
        else:
            repeats = torch.from_numpy(repeats_of(rows)).to(batch.ids.device)
        return Draws(self._seed, self._epoch, batch.ids, repeats=repeats)

    def rows(self, order: npt.NDArray[np.int64], batch_size: int) -> Iterator[Rows]:
        """The rows of each batch; see `augury.data.batches`."""
        if not self.resident:
            yield from batch_rows(order, batch_size)
            return
        whole = torch.from_numpy(order)
        if self.device.type == "cuda":
            # Pinned, so that nothing waits for the copy.
            whole = whole.pin_memory().to(self.device, non_blocking=True)
        start = 0
        for part in batch_rows(order, batch_size):
            yield whole[start : start + len(part)]
            start += len(part)

    def batch(self, rows: Rows) -> Batch:
        """The images at `rows`."""
        rows = rows_of(rows)
        if isinstance(rows, Tensor):
            labels = self._labels.index_select(0, rows)
            return Batch(
                self._images.index_select(0, rows),
                self._one_hot.index_select(0, labels),
                self._ids.index_select(0, rows),
                extents=None if self._extents is None else self._extents.index_select(0, rows),
            )
        (batch,) = batches(self._split, self.num_classes, len(rows), rows)
        if self.device.type != "cuda":
            return batch.to(self.device)
        return batch.pin_memory().to(self.device, non_blocking=True)


def fits(split: Split, device: torch.device) -> bool:
    """Whether `device` is a GPU with room for the images of `split`."""
    return room_for(split.images.nbytes, device)


def room_for(size: int, device: torch.device) -> bool:
    """Whether `size` bytes fit into the share of a GPU's free memory that is for data."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return size <= SHARE * free


def images_on(split: Split, device: torch.device) -> Tensor | None:
    """The images of `split` on a GPU, (N, C, H, W) uint8; None where they do not fit."""
    return _tensor(split.images).to(device) if fits(split, device) else None


def _tensor(array: npt.NDArray[np.uint8] | npt.NDArray[np.int64]) -> Tensor:
    # A copy where the array is read-only, which PyTorch warns of.
    return torch.from_numpy(array if array.flags.writeable else array.copy())
