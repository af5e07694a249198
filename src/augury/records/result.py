"""result.json: the result of a finished cell. If it exists, the cell is done."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from augury.errors import InputError
from augury.records.cell import Cell
from augury.records.json_file import known_schema, read_json, record_from, to_values, write_json
from augury.records.numbers import Count, Device, Fraction, Layout, Precision, Seconds, Share
from augury.records.provenance import Provenance, Resumed
from augury.schema import Within, read_as
from augury.stats.class_metrics import metric_value

SCHEMA = 2  # 1 had no checksums
DRAWS = 2
"""The version of the draws. Since 2, nested compositions share no draws, and geometry does not
resample images that it has not chosen."""


@dataclass(frozen=True)
class Score:
    """loss: mean cross-entropy; accuracy: fraction in [0, 1]. None for NaN."""

    loss: float | None
    accuracy: Share | None


@dataclass(frozen=True)
class TestScore:
    """The scores on the test images.

    per_class: (K,) accuracy of each class, None for a class without images; confusion: (K, K)
    counts, rows true, columns predicted.
    """

    loss: float | None
    accuracy: Fraction | None
    per_class: tuple[Fraction | None, ...]
    confusion: tuple[tuple[Count, ...], ...]

    __test__ = False  # tells pytest that this is no test

    def __post_init__(self) -> None:
        k = len(self.per_class)
        if not k or len(self.confusion) != k or any(len(row) != k for row in self.confusion):
            raise InputError(f"confusion: must have {k} rows and columns, as there are classes")

    def score(self, metric: str) -> float | None:
        """One of `augury.stats.METRICS`, in [0, 1]; None where there is no accuracy."""
        counts = np.array(self.confusion)
        if metric == "accuracy" or self.accuracy is None or not counts.any():
            return self.accuracy
        return metric_value(metric, counts)


@dataclass(frozen=True)
class Learned:
    """How far the tested network has learned its own training images.

    images: so many of them, all or a stratified part, were shown to it as they are, not augmented;
    right: the share that it got right; steps: that were taken; slope: of the training accuracy over
    the last quarter of the epochs, fraction per epoch, None for a single epoch (see
    `augury.stats.final_slope`)
    """

    images: Count
    right: Fraction
    steps: Count
    slope: float | None


@dataclass(frozen=True)
class RunSpeed:
    """Memory layout, precision, threads and device of the run, and how its steps were computed.

    steps: "captured", whole batches were trained on by replaying a captured graph; "eager", each
    step was computed anew; kernels: whether compiled loops were allowed, "on" or "off"; "" in
    results of earlier versions. why_eager: why steps were not captured
    features: of a frozen body, "once", computed once for all epochs, so that a step is one of the
    head alone; "each step", and why_each; "" where the whole network was trained, and in results of
    earlier versions
    """

    layout: Layout
    precision: Precision
    threads: Annotated[int, Within(1, 100_000)]
    device: Device
    steps: Literal["", "captured", "eager"] = ""
    why_eager: str = ""
    kernels: Literal["", "on", "off"] = ""
    features: Literal["", "once", "each step"] = ""
    why_each: str = ""


@dataclass(frozen=True)
class Result:
    """The result of a cell; accuracies are fractions, times are in seconds.

    train, validation: in the epoch that was tested; validation: None if there is no such part
    step_seconds: mean per training step; augment_seconds: the part of it spent on augmentation
    teacher: the network whose saliency was used; parameters_count: of the trained network
    resumed: each interruption after which the run went on with another machine or other versions
    files: SHA-256 of the run's other files, by name
    draws: see `DRAWS`; 1 in results of earlier versions
    seconds: duration of the whole run
    learned: None in results of earlier versions
    """

    cell: Cell
    train: Score
    validation: Score | None
    test: TestScore
    chosen_epoch: Count
    epochs: Count
    select: str
    step_seconds: Seconds
    augment_seconds: Seconds
    speed: RunSpeed
    teacher: str | None
    parameters_count: Count
    data_fingerprint: str
    provenance: Provenance
    resumed: tuple[Resumed, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    draws: Count = 1
    seconds: Seconds = 0.0
    learned: Learned | None = None

    @property
    def augment_cost(self) -> float:
        """Time of a step relative to the same step without augmentation; NaN if unknown."""
        rest = self.step_seconds - self.augment_seconds
        return self.step_seconds / rest if rest > 0 else float("nan")


def read_result(path: Path) -> Result:
    """The result in a run's folder; InputError if it is damaged or belongs to another cell."""
    values = read_json(path, sealed_from=SCHEMA)
    known_schema(values, range(1, SCHEMA + 1), path)
    cell = read_as(dict[str, Any], values.get("cell"), f"{path}: cell")
    if cell.pop("name", path.parent.name) != path.parent.name:
        raise InputError(f"{path}: the result of another cell")
    return record_from(Result, {**values, "cell": cell}, path)


def write_result(path: Path, result: Result) -> None:
    """Write atomically, with a checksum. From then on the cell is done."""
    write_json(path, {"schema": SCHEMA, **to_values(result), "cell": result.cell.to_json()})
