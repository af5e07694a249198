"""The data set: uint8 arrays in parts, the same type for every source of images."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from augury.center import center_of
from augury.errors import InputError
from augury.records.group_split import GroupSplit
from augury.records.set_aside import SetAside

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what) while data is downloaded or decoded."""

SMALLEST_IMAGE, LARGEST_IMAGE = 8, 1024


@dataclass(frozen=True)
class Split:
    """One part of a data set; its arrays may be memory-mapped and read-only.

    images: (N, C, H, W) uint8; C is 1 or 3
    labels: (N,) int64, 0..K-1
    ids: (N,) int64, each image's stable number, unique over all parts of its data set
    extents: (N, 2) int64, height and width in pixels of each picture, which lies in the middle of
        its image, black around it; None where pictures fill their images
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    extents: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: npt.NDArray[np.int64] | slice) -> "Split":
        """The given rows, in the given order."""
        extents = None if self.extents is None else self.extents[rows]
        return Split(self.images[rows], self.labels[rows], self.ids[rows], extents)

    def centers(self, side: int) -> "Split":
        """The center squares of `side` pixels, without a copy."""
        if self.images.shape[2:] == (side, side):
            return self
        rows, columns = (center_of(whole, side) for whole in self.images.shape[2:])
        return replace(self, images=self.images[:, :, rows, columns], extents=None)


@dataclass(frozen=True)
class Dataset:
    """Images with labels, in parts; notes: how the images were changed, for people to read.

    train: the training images; a validation part may be split off
    validation: None unless the source has a validation part
    fingerprint: SHA-256, in hex, over pixels, labels, ids, parts and class names
    source: the origin of the images, for people to read
    set_aside: the files that could not be used
    seen: side in pixels of the views that networks see where images are stored larger; None where
        they see whole images
    pictures: the training images once more, with what is stored of them beyond their center
        squares; None where the squares are all there is
    split: which groups of images are left out of training at which seed; `train` and `test` then
        both hold all images. None where the parts are those of the source
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split | None
    test: Split
    fingerprint: str
    source: str
    notes: tuple[str, ...]
    set_aside: tuple[SetAside, ...]
    seen: int | None = None
    pictures: Split | None = None
    split: GroupSplit | None = None

    @property
    def channels(self) -> int:
        return int(self.train.images.shape[1])

    @property
    def image_size(self) -> int:
        """Side in pixels of what networks see."""
        return self.stored_size if self.seen is None else self.seen

    @property
    def stored_size(self) -> int:
        """Side in pixels of the images as they are stored."""
        return int(self.train.images.shape[2])

    @property
    def num_classes(self) -> int:
        return len(self.classes)


def check_image_size(image_size: int | None) -> None:
    """Raise InputError unless `image_size` is None or a side in pixels that a study can use."""
    if image_size is not None and not SMALLEST_IMAGE <= image_size <= LARGEST_IMAGE:
        raise InputError(
            f"image size must lie in {SMALLEST_IMAGE}..{LARGEST_IMAGE} pixels, got {image_size}"
        )
