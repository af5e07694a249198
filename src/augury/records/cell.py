"""A cell, the unit of a study: one training run, named after everything its result depends on."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

from augury.names import bounded
from augury.records.json_file import to_values
from augury.records.recipe import Recipe
from augury.schema import check_fields, option

# In bytes: file systems allow 255, and the lock of a cell is its name plus ".lock".
_LONGEST_NAME = 250


@dataclass(frozen=True)
class NetworkOptions:
    """How the model is built: see `augury.models.ModelSpec`. weights: a file or folder."""

    head: str = option("linear", "linear or original.")
    stem: str | None = option(None, "imagenet or small.")
    pretrained: bool = option(False, "Start from timm's weights.")
    weights: str | None = option(None, "A file or folder with pretrained weights.")

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Cell:
    """One (dataset, model, augmentation, seed) at one recipe.

    dataset: its name; fingerprint: hash of its pixels and labels, so that a changed data set makes
    another cell. parameters: by augmentation. teacher: the network whose saliency is used, "" if
    none is. saliency_revision: the meaning of the kinds of saliency, see `augury.saliency.kind_at`,
    and of the method `salience`, see `augury.augment.earlier`.
    model_code: hash of the code of a model of the user's own, "" for any other. seen: side in
    pixels of what the network sees of images that are stored larger, None where it sees them whole.
    split_by: the groups by which the images are divided into parts, as "subject", "" for the data
    set's own parts; `fingerprint` covers which image is in which group.
    """

    dataset: str
    fingerprint: str
    model: str
    augmentation: str
    seed: int
    recipe: Recipe = field(default_factory=Recipe)
    network: NetworkOptions = field(default_factory=NetworkOptions)
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    teacher: str = ""
    saliency_revision: int = 1
    model_code: str = ""
    seen: int | None = None
    split_by: str = ""

    @cached_property  # needed some twenty times a run; 0.1 ms each time
    def name(self) -> str:
        """Readable and unique: dataset.model.augmentation.seed.hash; also its folder's name."""
        content = json.dumps(identity(self), sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()[:8]
        told = ".".join(map(file_part, (self.dataset, self.model, self.augmentation)))
        end = f".s{self.seed}.{digest}"
        return bounded(told, _LONGEST_NAME - len(end)) + end

    def to_json(self) -> dict[str, object]:
        """The cell as JSON values, with its name."""
        return {"name": self.name, **identity(self)}


def file_part(text: str) -> str:
    """`text` with dashes in place of characters that do not belong in a file name."""
    return re.sub(r"[^\w+-]+", "-", text)


# The fields in the hash of the first version. A later field counts only if it differs from its
# default, so that a new setting does not change the name of any stored run.
FIRST_FIELDS = {
    "Cell": (
        *("dataset", "fingerprint", "model", "augmentation", "seed"),
        *("recipe", "network", "parameters", "teacher"),
    ),
    "Recipe": (
        *("epochs", "batch_size", "optimizer", "lr", "weight_decay", "schedule"),
        *("label_smoothing", "validation", "train_limit", "test_limit", "select", "normalization"),
    ),
    "NetworkOptions": ("head", "stem", "pretrained", "weights"),
}


def identity(record: Any) -> dict[str, object]:
    """The JSON values that a name hashes: the first fields, and others if not at their default."""
    first = FIRST_FIELDS[type(record).__name__]
    return {
        each.name: identity(value) if is_dataclass(value) else to_values(value)
        for each in fields(record)
        if (value := getattr(record, each.name)) != _default(each) or each.name in first
    }


def _default(each: Any) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def as_begun(cells: Iterable[Cell], begun: Iterable[Cell]) -> tuple[Cell, ...]:
    """`cells` with the saliency revisions of the same arms in `begun`, the cells of a study."""
    revisions = {cell.augmentation: cell.saliency_revision for cell in begun}
    return tuple(
        replace(c, saliency_revision=revisions.get(c.augmentation, c.saliency_revision))
        for c in cells
    )
