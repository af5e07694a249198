"""Data sets: found or downloaded, decoded once, split, and served in batches."""

from collections.abc import Callable
from pathlib import Path

from augury.data import cifar10, digits, fashion_mnist, image_folder
from augury.data.archive import without_suffix
from augury.data.cache import cache_folder
from augury.data.dataset import Dataset, Progress, SetAside, Split, check_image_size
from augury.data.loader import batches, epoch_order, one_hot
from augury.data.split import limit_train, split_validation
from augury.names import check_name

__all__ = [
    "DATASETS",
    "Dataset",
    "Progress",
    "SetAside",
    "Split",
    "batches",
    "cache_folder",
    "epoch_order",
    "limit_train",
    "load_dataset",
    "one_hot",
    "split_validation",
]

DATASETS: dict[str, Callable[[Path | None, int | None, Progress | None], Dataset]] = {
    "digits": digits.load,
    "fashion-mnist": fashion_mnist.load,
    "cifar10": cifar10.load,
}


def load_dataset(
    name_or_path: str,
    *,
    data_dir: Path | None = None,
    image_size: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A data set by its name, or a folder or archive of images by its path.

    data_dir: where a named data set is looked for first; then AUGURY_DATA, the user's cache and
        /usr/share/datasets, and at last it is downloaded
    image_size: the side of all images in pixels, 8..1024; None means the data set's own
    progress: called with (done, total, what) while files are read, decoded or downloaded; total
        is 0 where it is not known
    A name of the table wins over a folder of that name, which can be given as ./name.
    Raises InputError for an unknown name or size, DataError where the data cannot be used, and
    DiskError where the cache cannot be written.
    """
    check_image_size(image_size)
    if name_or_path in DATASETS:
        return DATASETS[name_or_path](data_dir, image_size, progress)
    path = Path(name_or_path)
    if not path.exists() and len(path.parts) == 1 and without_suffix(path) == name_or_path:
        check_name(name_or_path, DATASETS, "data set (and there is no such folder)")
    return image_folder.load(path, image_size, progress)
