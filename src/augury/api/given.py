"""Names and objects that a study is given from Python, as the names that settings hold."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from augury.augment.own import own_augmentation
from augury.augment.registry import Description
from augury.data import own_dataset
from augury.errors import InputError
from augury.inside import is_there
from augury.models.own import own_model
from augury.names import shown
from augury.study.store import StudyFolder

Model = str | Callable[..., object]
"""A name, or a callable (num_classes, channels) that gives a torch.nn.Module."""

Arm = str | os.PathLike[str] | Callable[..., object]
"""A name, a file that describes one, an augmentation of ours, or a transform of any library."""


def dataset_names(given: object, image_size: int | None) -> list[str] | None:
    """Names and paths as they are; an object is read now and kept. A list holds several."""
    if given is None:
        return None
    several = given if isinstance(given, list) else [given]
    return [_text(each) or own_dataset(each, image_size=image_size) for each in several]


def model_names(given: object) -> list[str] | None:
    """Names as they are; a callable gets the name that it is kept by."""
    if given is None:
        return None
    found = []
    for each in _several(given):
        name = _text(each)
        if name is None:
            if not callable(each):
                raise InputError(f"models: must be names or callables, got {shown(each)}")
            name = own_model(each)
        found.append(name)
    return found


def augmentation_names(given: object) -> tuple[list[str], dict[str, Description]]:
    """Names and files as they are; an object gets a name, and where it is ours its description.

    None gives no names.
    """
    if given is None:
        return [], {}
    found, descriptions = list[str](), dict[str, Description]()
    for each in _several(given):
        name, described = _text(each), dict[str, Description]()
        if name is None:
            name, described = own_augmentation(each)
        found.append(name)
        descriptions |= described
    return found, descriptions


def study_folder(given: object) -> Path | None:
    """The path where `given` names the folder of a study; None where it is something else."""
    if not isinstance(given, str | os.PathLike):
        return None
    path = given_path(given)
    try:
        return path if path.is_dir() and is_there(StudyFolder(path).plan_file) else None
    except (OSError, ValueError):  # too long for a file's name, or none at all
        return None


def given_path(given: str | os.PathLike[str]) -> Path:
    """A path, with `~` for the user's folder, as a shell would read it."""
    return Path(given).expanduser()


def _several(given: object) -> Iterable[object]:
    return given if isinstance(given, list | tuple) else [given]


def _text(given: object) -> str | None:
    """A name or a path as text; None for any other object."""
    if isinstance(given, os.PathLike):
        return str(given_path(given))
    if isinstance(given, str):
        return os.path.expanduser(given) if given.startswith("~") else given
    return None
