"""Data sets that a function of the user's own makes: "module:attribute".

The function takes no arguments. What it gives is decoded once into the cache, under the hash of its
code: with the same code in later processes the arrays are read from there and nothing is imported.
"""

import inspect

from augury.data.cache import cached
from augury.data.dataset import Dataset, Progress
from augury.data.own.objects import call, dataset_of
from augury.errors import InputError
from augury.own.code_files import origin_of, split_name
from augury.own.kinds import DATASET
from augury.own.loading import load, whole_code_hash

_VERSION = 1  # to be raised whenever what the functions give is decoded in another way


def load_named(name: str, image_size: int | None, progress: Progress | None) -> Dataset:
    """The data set that the function gives, called by the function's own name.

    Raises InputError where its code may not run, and DataError, in one line, for what it gives.
    """
    origin, title = origin_of(name), split_name(name)[1][-1]
    where = {"function": name, "folder": str(origin.root), "image_size": image_size}
    return cached(
        title,
        {**where, "reading": _VERSION},
        {"code": whole_code_hash(name)},
        lambda scratch: dataset_of(
            _made(name), title, f"{name} (a function)", image_size, scratch, progress
        ),
    )


def _made(name: str) -> object:
    found = load(name, DATASET)
    if not callable(found):
        raise InputError(f"{name}: must be a function without arguments that gives a data set")
    try:
        inspect.signature(found).bind()
    except TypeError as error:
        raise InputError(f"{name}: must be callable without arguments ({error})") from error
    except ValueError:  # written in C, and without a signature
        pass
    return call(found, name)
