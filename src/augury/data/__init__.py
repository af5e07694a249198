"""Data sets: found or downloaded, decoded once, split, and served in batches.

One file per named data set, and a row of `DATASETS`; image folders are in `folders`, objects of the
user in `own`.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.data.dataset import Dataset, Progress, Split
    from augury.data.loader import batches, epoch_order, one_hot
    from augury.data.location import (
        check_output,
        data_title,
        file_names,
        is_path,
        labeled,
        load_dataset,
        whole_location,
    )
    from augury.data.names import DATASETS
    from augury.data.own.names import named_sources
    from augury.data.own.objects import from_arrays, from_hugging_face, from_torch, own_dataset
    from augury.data.split import limit_train, split_validation
    from augury.files import cache_folder
    from augury.records.set_aside import SetAside
else:
    __getattr__, __dir__ = lazily(__name__)

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
    "labeled",
    "limit_train",
    "load_dataset",
    "named_sources",
    "one_hot",
    "own_dataset",
    "split_validation",
    "whole_location",
]
