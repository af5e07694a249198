"""The text that names a data set: a name of `DATASETS`, a path, or an object or function's name."""

from pathlib import Path

from augury.data.dataset import Dataset, Progress, check_image_size
from augury.data.folders.archive import without_suffix
from augury.data.folders.own_output import check_outside
from augury.data.folders.pattern import split_pattern
from augury.data.names import DATASETS
from augury.data.own.names import is_named, is_stored, title_of
from augury.names import check_name


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
        from augury.data.own.stored import load_stored

        return load_stored(name_or_path, image_size)
    if is_named(name_or_path):
        from augury.data.own.named import load_named

        return load_named(name_or_path, image_size, progress)
    from augury.data.folders import image_folder

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
    from augury.data.folders import image_folder

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
