"""The size of a view that is cut from a larger image."""

from typing import TYPE_CHECKING

from augury.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

# (height, width) in pixels; None for those of the images that come in.
Size = tuple[int, int] | None


def check_size(size: Size) -> None:
    """Raise InputError unless `size` is None or two whole numbers of at least 1."""
    if size is None:
        return
    whole = all(isinstance(side, int) and not isinstance(side, bool) for side in size)
    if len(size) != 2 or not whole or min(size) < 1:
        raise InputError(f"size: must be (height, width) in pixels, at least 1, got {size}")


def size_of_view(size: Size, images: "Tensor") -> tuple[int, int]:
    """(height, width) of what is made of `images` (B, C, H, W)."""
    height, width = images.shape[-2:]
    return (height, width) if size is None else size


def size_of_window(size: Size, images: "Tensor") -> tuple[int, int]:
    """The same for a window that lies within the images; InputError where it is larger."""
    height, width = images.shape[-2:]
    found = size_of_view(size, images)
    if found[0] > height or found[1] > width:
        raise InputError(
            f"size: a view of {found[0]}×{found[1]} pixels cannot be cut from images of "
            f"{height}×{width}"
        )
    return found
