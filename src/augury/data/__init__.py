"""Data sets: found or downloaded, decoded once, split, and served in batches.

One file per named data set; image folders are in `folders`, objects of the user in `own`.
"""

from collections.abc import Callable
from pathlib import Path

from augury.data import cifar10, digits, fashion_mnist
from augury.data.cache import cache_folder
from augury.data.dataset import Dataset, Progress, Split, check_image_size
from augury.data.folders import image_folder
from augury.data.folders.archive import without_suffix
from augury.data.folders.own_output import check_outside
from augury.data.folders.pattern import split_pattern
from augury.data.loader import batches, epoch_order, one_hot
from augury.data.own.named import is_named, load_named, named_sources
from augury.data.own.objects import from_arrays, from_hugging_face, from_torch, own_dataset
from augury.data.own.stored import is_stored, load_stored, title_of
from augury.data.split import limit_train, split_validation
from augury.names import check_name
from augury.records.set_aside import SetAside

__all__ = [
    "DATASETS",
    "Dataset",
    "Progress",
    "SetAside",
    "Split",
    "batches",
    "cache_folder",
    "check_output",
    "data_title",
    "epoch_order",
    "file_names",
    "from_arrays",
    "from_hugging_face",
    "from_torch",
    "is_path",
    "limit_train",
    "load_dataset",
    "named_sources",
    "one_hot",
    "own_dataset",
    "split_validation",
    "whole_location",
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

    Or the function "module:attribute" of the user's own that gives one, or "stored:NAME@DIGITS",
    the name that `own_dataset` has given to a data set.

    data_dir: where a named data set is looked for first; then AUGURY_DATA, the user's cache and
        /usr/share/datasets, and at last it is downloaded
    image_size: the side of all images in pixels, 8..1024; None means the data set's own
    progress: called with (done, total, what) while files are read, decoded or downloaded; total
        is 0 where it is not known
    A path may end in how its folders are to be read, `photos/*/{class}`; see
    docs/how-to/data-folders.md.
    A name of the table wins over a folder of that name, which can be given as ./name.
    Raises InputError for an unknown name or size, DataError where the data cannot be used, and
    DiskError where the cache cannot be written.
    """
    check_image_size(image_size)
    if name_or_path in DATASETS:
        return DATASETS[name_or_path](data_dir, image_size, progress)
    if is_stored(name_or_path):
        return load_stored(name_or_path, image_size)
    if is_named(name_or_path):
        return load_named(name_or_path, image_size, progress)
    path, pattern = split_pattern(name_or_path)
    if not path.exists() and len(path.parts) == 1 and without_suffix(path) == name_or_path:
        check_name(name_or_path, DATASETS, "data set (and there is no such folder)")
    return image_folder.load(path, image_size, progress, pattern)


def data_title(name_or_path: str) -> str:
    """Title of a data set before it is loaded: its name, or that of its folder or archive.

    Of "module:attribute" it is the attribute.
    """
    if is_stored(name_or_path):
        return title_of(name_or_path)
    if is_named(name_or_path):
        return name_or_path.rpartition(":")[2].rpartition(".")[2]
    source, pattern = split_pattern(name_or_path)
    title = source.stem if pattern or "/" in name_or_path else name_or_path
    # "." and ".." name a folder, too, but no other folder can be named after them.
    return title if title.strip(".") else source.resolve().stem


def file_names(name_or_path: str) -> dict[int, str]:
    """The path inside the data set of each image file, by its id; empty where there are no files.

    Raises DataError as `load_dataset` does.
    """
    if not is_path(name_or_path):
        return {}
    source, pattern = split_pattern(name_or_path)
    return image_folder.file_names(source, pattern)


def check_output(output: Path, name_or_path: str, what: str, instead: str) -> None:
    """Raise InputError where `output` would lie in a data set's folder; see `check_outside`."""
    if is_path(name_or_path):
        check_outside(output, split_pattern(name_or_path)[0], what, instead)


def whole_location(name_or_path: str) -> str:
    """The location that a plan keeps: paths are absolute, so a study continues from any folder."""
    return str(Path(name_or_path).resolve()) if is_path(name_or_path) else name_or_path


def is_path(name_or_path: str) -> bool:
    """Whether it names a folder or an archive, there or not, and nothing else."""
    known = name_or_path in DATASETS or is_stored(name_or_path)
    return not known and not is_named(name_or_path)
