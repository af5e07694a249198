"""The unit of a study: one training run, named by everything that its result depends on."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from augury.names import bounded
from augury.schema import check_fields
from augury.training.recipe import Recipe

# In bytes: file systems take 255, and a lock is called as its cell is, with ".lock" behind it.
_LONGEST_NAME = 250


@dataclass(frozen=True)
class NetworkOptions:
    """How the model is built: see `augury.models.ModelSpec`. weights: a file or folder."""

    head: str = "linear"
    stem: str | None = None
    pretrained: bool = False
    weights: str | None = None

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Cell:
    """One (dataset, model, augmentation, seed) at one recipe.

    dataset: its name; fingerprint: of its pixels and labels, so that a changed data set is another
    cell. parameters: by augmentation. teacher: whose saliency it uses, "" where it uses none.
    saliency_revision: which maps its kinds of saliency stand for, see `augury.saliency.kind_at`.
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

    def to_json(self) -> dict[str, Any]:
        """As JSON values, with the cell's name."""
        return {"name": self.name, **self._values()}

    def _values(self) -> dict[str, Any]:
        """As JSON values. What was added later is left out at its default: names stay."""
        values = asdict(self)
        if self.saliency_revision == 1:
            del values["saliency_revision"]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Cell":
        """The cell that `to_json` described."""
        values = {k: v for k, v in values.items() if k != "name"}
        values["recipe"] = Recipe(**values["recipe"])
        values["network"] = NetworkOptions(**values["network"])
        return cls(**values)

    @cached_property  # asked for some twenty times a run, and 0.1 ms each time
    def name(self) -> str:
        """Readable and unique: dataset.model.augmentation.seed.hash; also its folder's name."""
        content = json.dumps(self._values(), sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()[:8]
        told = ".".join(map(file_part, (self.dataset, self.model, self.augmentation)))
        end = f".s{self.seed}.{digest}"
        return bounded(told, _LONGEST_NAME - len(end)) + end


def file_part(text: str) -> str:
    """`text` with a dash for whatever does not belong into the name of a file."""
    return re.sub(r"[^\w+-]+", "-", text)


def as_begun(cells: Iterable[Cell], begun: Iterable[Cell]) -> tuple[Cell, ...]:
    """`cells` with the maps that their arms have among those of a study, `begun`."""
    revisions = {cell.augmentation: cell.saliency_revision for cell in begun}
    return tuple(
        replace(c, saliency_revision=revisions.get(c.augmentation, c.saliency_revision))
        for c in cells
    )
