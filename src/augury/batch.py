"""The batch: images, targets and ids, as they travel from data to model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from augury.errors import InputError

# How pixels moved; applied to stored maps so that they follow.
# (B, C, H, W) float -> (B, C, H, W) float.
Move = Callable[[Tensor], Tensor]

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

# The largest rounding error that is accepted, in images in [0, 1] and in sums of targets: a quarter
# of a level of 255. A smaller one would refuse float16, whose first number over 1 is 1.00098.
ROUNDING = 1e-3


@dataclass(frozen=True)
class Batch:
    """Images with their targets and identities; never mutated.

    images: (B, C, H, W), uint8, or float in [0, 1]; C is 1 or 3, H and W are at least 1
    targets: (B, K) float, rows sum to 1
    ids: (B,) int64, each sample's stable number in its data set
    moves: how geometry and mixing have moved the pixels since the images were read, in order; maps
        that are stored by id are moved in the same way
    extents: (B, 2) int64, height and width in pixels of the picture within each image: it lies in
        the middle, nearer to the top left by half a pixel where the rest is odd, and what is around
        it is not to be seen. None where pictures fill their images, as they do after any move

    float is float16, bfloat16, float32 or float64. Augmentations that only move or replace whole
    pixels keep the dtype; those that compute new values return float32, or float64 for float64.
    B may be 0.
    """

    images: Tensor
    targets: Tensor
    ids: Tensor
    moves: tuple[Move, ...] = ()
    extents: Tensor | None = None

    def __len__(self) -> int:
        return self.images.shape[0]

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "Batch":
        """On `device`; non_blocking: as of a tensor's `to`."""
        # The moves stay on their device; applied to maps on another one they raise an error.
        return self._each(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "Batch":
        """For `DataLoader(pin_memory=True)`."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        extents = None if self.extents is None else change(self.extents)
        tensors = (change(self.images), change(self.targets), change(self.ids))
        return Batch(*tensors, self.moves, extents)

    def with_images(self, images: Tensor) -> "Batch":
        return replace(self, images=images)

    def moved(self, images: Tensor, move: Move, targets: Tensor | None = None) -> "Batch":
        """The batch after `move`, with its new `images`, and `targets` where they changed."""
        targets = self.targets if targets is None else targets
        return Batch(images, targets, self.ids, (*self.moves, move))


def apply_moves(maps: Tensor, moves: Iterable[Move]) -> Tensor:
    """`maps` (B, C, H, W) float after all `moves`, applied in order."""
    for move in moves:
        maps = move(maps)
    return maps


def to_float(images: Tensor) -> Tensor:
    """Images as float32 in [0, 1]; float32 and float64 images are returned as they are.

    uint8 is divided by 255; bfloat16 and float16 keep their values.
    """
    if images.dtype == torch.uint8:
        return images.float().div_(255)
    return images if images.dtype in (torch.float32, torch.float64) else images.float()


def normalized(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """(image in [0, 1] - mean) / std of each channel, float32; mean, std: (C,)."""
    return ((to_float(images) - mean[:, None, None]) / std[:, None, None]).float()


def to_uint8(images: Tensor) -> Tensor:
    """Float images in [0, 1] become uint8 in [0, 255], rounded; uint8 is returned as it is."""
    if images.dtype == torch.uint8:
        return images
    return images.float().mul(255).round_().clamp_(0, 255).to(torch.uint8)


def check_batch(batch: Batch) -> Batch:
    """Check `batch`, and clip float images that leave [0, 1] by a rounding error.

    Interpolation may give 1.0000001 for white. The error may be up to 0.001, or up to the dtype's
    precision where that is coarser (0.0078 for bfloat16). Images within [0, 1] are returned as they
    are; the input is never written to. Values are checked and clipped on the CPU only, because
    reading them from a GPU would make it wait.

    Raises InputError where `batch` breaks the contract of `Batch`.
    """
    _check_shapes(batch)
    if batch.images.device.type != "cpu" or not len(batch):
        return batch
    _check_sums(batch.targets)
    _check_extents(batch)
    if not batch.images.is_floating_point():
        return batch
    images = clipped(batch.images, "images: float values")
    return batch if images is batch.images else batch.with_images(images)


def clipped(images: Tensor, what: str) -> Tensor:
    """Float `images`, clipped where they leave [0, 1] by a rounding error.

    Returns the same tensor if all values are within [0, 1]. Raises InputError, which begins with
    `what`, for values farther outside.
    """
    if not images.numel():
        return images
    low, high = (float(value) for value in images.aminmax())
    if low >= 0 and high <= 1:
        return images
    slack = rounding_of(images.dtype)
    if not (low >= -slack and high <= 1 + slack):
        # Enough digits to tell 1.001 from 1 in any dtype.
        raise InputError(f"{what} must lie in [0, 1], got [{low:.8g}, {high:.8g}]")
    return images.clamp(0, 1)


def rounding_of(dtype: torch.dtype) -> float:
    """The largest error of a value of `dtype` near 1 that counts as rounding."""
    return max(ROUNDING, torch.finfo(dtype).eps)


def _check_shapes(batch: Batch) -> None:
    images, targets, ids = batch.images, batch.targets, batch.ids
    if images.ndim != 4:
        raise InputError(f"images: shape must be (B, C, H, W), got {tuple(images.shape)}")
    if images.shape[1] not in (1, 3):
        raise InputError(f"images: channels must be 1 or 3, got {images.shape[1]}")
    if 0 in images.shape[2:]:
        height, width = images.shape[2:]
        raise InputError(f"images: height and width must be at least 1, got {height}×{width}")
    if images.dtype != torch.uint8 and images.dtype not in FLOATS:
        raise InputError(f"images: dtype must be uint8 or {_names(FLOATS)}, got {images.dtype}")
    if targets.is_floating_point() and targets.dtype not in FLOATS:
        raise InputError(f"targets: dtype must be {_names(FLOATS)}, got {targets.dtype}")
    if targets.ndim != 2 or targets.shape[0] != len(batch) or not targets.is_floating_point():
        raise InputError(
            f"targets: must be floating of shape ({len(batch)}, K), got {targets.dtype} "
            f"{tuple(targets.shape)}"
        )
    if ids.shape != (len(batch),) or ids.dtype != torch.int64:
        raise InputError(
            f"ids: must be int64 of shape ({len(batch)},), got {ids.dtype} {tuple(ids.shape)}"
        )
    if batch.extents is not None:
        extents = batch.extents
        if extents.shape != (len(batch), 2) or extents.dtype != torch.int64:
            raise InputError(
                f"extents: must be int64 of shape ({len(batch)}, 2), got {extents.dtype} "
                f"{tuple(extents.shape)}"
            )


def _check_extents(batch: Batch) -> None:
    if batch.extents is None:
        return
    height, width = batch.images.shape[2:]
    low, high = batch.extents.amin().item(), batch.extents.amax(0).tolist()
    if low < 1 or high[0] > height or high[1] > width:
        raise InputError(
            f"extents: must lie in 1..{height} and 1..{width}, the height and width of the images, "
            f"got {low}..{high[0]} and ..{high[1]}"
        )


def _names(dtypes: Iterable[torch.dtype]) -> str:
    return ", ".join(str(dtype).removeprefix("torch.") for dtype in dtypes)


def _check_sums(targets: Tensor) -> None:
    sums = targets.double().sum(1)
    off = (sums - 1).abs().nan_to_num(torch.inf)
    if bool((off > rounding_of(targets.dtype)).any()):
        wrong = int(off.argmax())
        raise InputError(
            f"targets: each row must sum to 1, row {wrong} sums to {float(sums[wrong]):.7g}"
        )
