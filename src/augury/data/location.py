"""The text that names a data set: a name of `DATASETS`, a path, or an object or function's name.

A path may end in how its folders are to be read, or in its tables of labels:
"photos/*/{class}", "photos?labels=labels.csv".
"""

from pathlib import Path
from typing import TYPE_CHECKING

from augury.data.dataset import Dataset, Progress, check_image_size
from augury.data.folders.archive import without_suffix
from augury.data.folders.labels.names import (
    Labels,
    tables_given,
    with_labels,
    without_labels,
)
from augury.data.folders.own_output import check_outside
from augury.data.folders.pattern import source_of, split_pattern
from augury.data.names import DATASETS
from augury.data.own.names import is_named, is_stored, title_of
from augury.errors import InputError
from augury.names import check_name

if TYPE_CHECKING:
    from augury.data.folders.asked import Asked


def load_dataset(
    name_or_path: str,
    *,
    data_dir: Path | None = None,
    image_size: int | None = None,
    labels: Labels = (),
    whole: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """A data set by its name, or a folder or archive of images by its path.

    Or the function "module:attribute" of the user's own that gives one, or "stored:NAME@DIGITS",
    the name that `own_dataset` has given to a data set.

    data_dir: where a named data set is looked for first; then AUGURY_DATA, the user's cache and
        /usr/share/datasets, and at last it is downloaded
    image_size: the side of all images in pixels, 8..1024; None means the data set's own
    labels: tables (CSV) of names and labels for a folder or archive, "labels.csv" or
        "labels.csv:image,breed" with its columns; of several, each is one part by its name
    whole: keep what lies beyond the center squares of a folder's pictures, as `Dataset.pictures`
    progress: called with (done, total, what) while files are read, decoded or downloaded; total
        is 0 where it is not known
    A path may end in how its folders are to be read, `photos/*/{class}`; see
    docs/how-to/data-folders.md.
    A name of the table wins over a folder of that name, which can be given as ./name.
    Raises InputError for an unknown name or size, DataError where the data cannot be used, and
    DiskError where the cache cannot be written.
    """
    check_image_size(image_size)
    name_or_path = labeled(name_or_path, labels)
    if name_or_path in DATASETS:
        return DATASETS[name_or_path](data_dir, image_size, progress)
    if is_stored(name_or_path):
        from augury.data.own.stored import load_stored

        return load_stored(name_or_path, image_size)
    if is_named(name_or_path):
        from augury.data.own.named import load_named

        return load_named(name_or_path, image_size, progress)
    from augury.data.folders import image_folder

    path, asked = read_path(name_or_path)
    if not path.exists() and len(path.parts) == 1 and without_suffix(path) == name_or_path:
        check_name(name_or_path, DATASETS, "data set (and there is no such folder)")
    return image_folder.load(path, image_size, progress, asked, whole)


def labeled(name_or_path: str, labels: Labels) -> str:
    """The text of a folder or archive with its tables of labels.

    Raises InputError where tables are given for anything else.
    """
    tables = tables_given(labels)
    if tables and not is_path(name_or_path):
        raise InputError(f"labels: are of a folder or archive of images, and not of {name_or_path}")
    return with_labels(name_or_path, tables)


def read_path(path: str) -> "tuple[Path, Asked]":
    """The folder or archive that `path` names, and how it is to be read.

    Raises InputError where it has both a pattern and tables of labels.
    """
    from augury.data.folders.asked import Asked

    images, labels = without_labels(path)
    source, pattern = split_pattern(images)
    if labels and pattern:
        raise InputError(
            f"labels: say the classes, and so does the pattern in {images}: give {source} alone"
        )
    return source, Asked(pattern, tuple(file.resolved(source) for file in labels))


def data_title(name_or_path: str) -> str:
    """Title of a data set before it is loaded: its name, or that of its folder or archive.

    Of "module:attribute" it is the attribute.
    """
    if is_stored(name_or_path):
        return title_of(name_or_path)
    if is_named(name_or_path):
        return name_or_path.rpartition(":")[2].rpartition(".")[2]
    images, _ = without_labels(name_or_path)
    source, pattern = split_pattern(images)
    title = source.stem if pattern or "/" in images else images
    # "." and ".." name a folder, too, but no other folder can be named after them.
    return title if title.strip(".") else source.resolve().stem


def file_names(name_or_path: str) -> dict[int, str]:
    """The path inside the data set of each image file, by its id; empty where there are no files.

    Raises DataError as `load_dataset` does.
    """
    if not is_path(name_or_path):
        return {}
    from augury.data.folders import image_folder

    return image_folder.file_names(*read_path(name_or_path))


def check_output(output: Path, name_or_path: str, what: str, instead: str) -> None:
    """Raise InputError where `output` would lie in a data set's folder; see `check_outside`."""
    if is_path(name_or_path):
        check_outside(output, source_of(name_or_path), what, instead)


def whole_location(name_or_path: str) -> str:
    """The location that a plan keeps: paths are absolute, so a study continues from any folder."""
    if not is_path(name_or_path):
        return name_or_path
    images, labels = without_labels(name_or_path)
    source = split_pattern(images)[0]
    return with_labels(str(Path(images).resolve()), [f.resolved(source).text for f in labels])


def is_path(name_or_path: str) -> bool:
    """Whether it names a folder or an archive, there or not, and nothing else."""
    known = name_or_path in DATASETS or is_stored(name_or_path)
    return not known and not is_named(name_or_path)
