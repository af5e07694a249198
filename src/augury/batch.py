"""The one thing that travels from data to model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from augury.errors import InputError

# What was done to where the pixels of a batch lie: (B, C, H, W) float -> (B, C, H, W) float.
Move = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Batch:
    """Images with their targets and identities; never mutated.

    images: (B, C, H, W), uint8, or float in [0, 1]; C is 1 or 3
    targets: (B, K) float, rows sum to 1
    ids: (B,) int64, each sample's stable number in its data set
    moves: what geometry and mixing have done to the images since they were read, so that whatever
        is stored by id (saliency maps) can be moved along with them
    """

    images: Tensor
    targets: Tensor
    ids: Tensor
    moves: tuple[Move, ...] = ()

    def __len__(self) -> int:
        return self.images.shape[0]

    def to(self, device: torch.device | str) -> "Batch":
        tensors = (self.images.to(device), self.targets.to(device), self.ids.to(device))
        # Kept as they are: moves on another device than the maps they move raise an error.
        return Batch(*tensors, self.moves)

    def pin_memory(self) -> "Batch":
        """For `DataLoader(pin_memory=True)`."""
        tensors = (self.images.pin_memory(), self.targets.pin_memory(), self.ids.pin_memory())
        return Batch(*tensors, self.moves)

    def with_images(self, images: Tensor) -> "Batch":
        return replace(self, images=images)

    def moved(self, images: Tensor, move: Move, targets: Tensor | None = None) -> "Batch":
        """The batch whose `images` (and `targets`) came from this one's by `move`."""
        targets = self.targets if targets is None else targets
        return Batch(images, targets, self.ids, (*self.moves, move))


def apply_moves(maps: Tensor, moves: Iterable[Move]) -> Tensor:
    """`maps` (B, C, H, W) float after all `moves`, the first one first."""
    for move in moves:
        maps = move(maps)
    return maps


def to_float(images: Tensor) -> Tensor:
    """Images as float32 in [0, 1]; float32 and float64 images are returned as they are.

    uint8 is divided by 255; of less precise floats (bfloat16, float16) the values stay.
    """
    if images.dtype == torch.uint8:
        return images.float().div_(255)
    return images if images.dtype in (torch.float32, torch.float64) else images.float()


def to_uint8(images: Tensor) -> Tensor:
    """Float images in [0, 1] become uint8 in [0, 255], rounded; uint8 is returned as it is."""
    if images.dtype == torch.uint8:
        return images
    return images.float().mul(255).round_().clamp_(0, 255).to(torch.uint8)


def check_batch(batch: Batch) -> None:
    """Raise InputError where `batch` breaks the contract of `Batch`.

    Values are looked at on the CPU only: a look at a GPU's would make it wait.
    """
    _check_shapes(batch)
    if batch.images.device.type == "cpu" and len(batch):
        _check_values(batch)


def _check_shapes(batch: Batch) -> None:
    images, targets, ids = batch.images, batch.targets, batch.ids
    if images.ndim != 4:
        raise InputError(f"images: shape must be (B, C, H, W), got {tuple(images.shape)}")
    if images.shape[1] not in (1, 3):
        raise InputError(f"images: channels must be 1 or 3, got {images.shape[1]}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise InputError(f"images: dtype must be uint8 or floating, got {images.dtype}")
    if targets.ndim != 2 or targets.shape[0] != len(batch) or not targets.is_floating_point():
        raise InputError(
            f"targets: must be floating of shape ({len(batch)}, K), got {targets.dtype} "
            f"{tuple(targets.shape)}"
        )
    if ids.shape != (len(batch),) or ids.dtype != torch.int64:
        raise InputError(
            f"ids: must be int64 of shape ({len(batch)},), got {ids.dtype} {tuple(ids.shape)}"
        )


def _check_values(batch: Batch) -> None:
    images, sums = batch.images, batch.targets.sum(1)
    if images.is_floating_point() and images.numel():
        low, high = (float(value) for value in images.aminmax())
        if not (low >= 0 and high <= 1):
            raise InputError(f"images: float values must lie in [0, 1], got [{low:g}, {high:g}]")
    if not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        wrong = int((sums - 1).abs().nan_to_num(torch.inf).argmax())
        raise InputError(
            f"targets: each row must sum to 1, row {wrong} sums to {float(sums[wrong]):g}"
        )
