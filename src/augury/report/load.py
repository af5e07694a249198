"""A study's folder, read into frozen dataclasses; nothing here computes or writes."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augury.errors import InputError
from augury.names import check_name

VERDICTS = ("helps", "hurts", "not shown", "cannot say")

Interval = tuple[float, float]


@dataclass(frozen=True)
class Score:
    """loss: mean cross-entropy; accuracy: fraction in [0, 1]."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Epoch:
    """One epoch's line; the validation figures are None where there is no validation part."""

    epoch: int
    loss: float | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class Result:
    """What a finished cell reached. Accuracies are fractions; times are in seconds.

    per_class: (K,) test accuracy; confusion: (K, K) counts, rows true, columns predicted
    step_seconds: mean per training step; augment_seconds: the part of it spent on augmentation
    """

    train: Score
    validation: Score | None
    test: Score
    per_class: np.ndarray
    confusion: np.ndarray
    epochs: int
    chosen_epoch: int
    select: str
    seconds: float
    step_seconds: float
    augment_seconds: float
    teacher: str | None

    @property
    def augment_cost(self) -> float:
        """Time of a step relative to the same step without its augmentation, 1 or more."""
        rest = self.step_seconds - self.augment_seconds
        return self.step_seconds / rest if rest > 0 else math.nan


@dataclass(frozen=True)
class Cell:
    """One training run; `status` is "done", "failed" or "missing" (not finished yet)."""

    name: str
    folder: Path
    dataset: str
    model: str
    augmentation: str
    parameters: Mapping[str, Any]
    seed: int
    status: str
    error: str
    result: Result | None
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class SetAside:
    """A file that could not be used."""

    path: str
    reason: str


@dataclass(frozen=True)
class DatasetInfo:
    """A data set as the plan describes it; train and test are numbers of images."""

    name: str
    fingerprint: str
    source: str
    classes: tuple[str, ...]
    channels: int
    image_size: int
    train: int
    test: int
    notes: tuple[str, ...]
    set_aside: tuple[SetAside, ...]


@dataclass(frozen=True)
class Comparison:
    """One arm against the baseline; accuracies in percent, differences in percentage points."""

    dataset: str
    model: str
    augmentation: str
    baseline: str
    seeds: tuple[int, ...]
    accuracy: float | None
    baseline_accuracy: float | None
    difference: float | None
    interval: Interval | None
    p: float | None
    p_unadjusted: float | None
    p_permutation: float | None
    probability: float | None
    probability_interval: Interval | None
    two_way_interval: Interval | None
    detectable: float | None
    verdict: str
    words: str


@dataclass(frozen=True)
class Rule:
    """What "helps" and "hurts" ask for; min_difference is in percentage points."""

    min_seeds: int
    alpha: float
    min_difference: float
    min_probability: float


@dataclass(frozen=True)
class Speed:
    """The layout and precision chosen for one model, with what the probe measured."""

    subject: str
    layout: str
    precision: str
    milliseconds: Mapping[str, float]


@dataclass(frozen=True)
class Provenance:
    """Where a study comes from."""

    command: str
    created: str
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    git_commit: str | None


@dataclass(frozen=True)
class Study:
    """All that a study's folder says, without its predictions and pictures."""

    folder: Path
    name: str
    baseline: str
    min_difference: float
    settings: Mapping[str, Any]
    cells: tuple[Cell, ...]
    datasets: Mapping[str, DatasetInfo]
    speed: tuple[Speed, ...]
    threads: int | None
    provenance: Provenance
    rule: Rule | None
    comparisons: tuple[Comparison, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """In the plan's order, each once."""
        return tuple(dict.fromkeys(cell.model for cell in self.cells))

    @property
    def arms(self) -> tuple[str, ...]:
        """The augmentations, the baseline first, then in the plan's order."""
        names = dict.fromkeys(cell.augmentation for cell in self.cells)
        return tuple(sorted(names, key=lambda name: name != self.baseline))

    @property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """(dataset, model) pairs in the plan's order: what is compared within itself."""
        return tuple(dict.fromkeys((cell.dataset, cell.model) for cell in self.cells))

    def select(
        self, dataset: str, model: str | None = None, augmentation: str | None = None
    ) -> tuple[Cell, ...]:
        """The cells of a data set, and of a model and an augmentation where given."""
        return tuple(
            cell
            for cell in self.cells
            if cell.dataset == dataset
            and model in (None, cell.model)
            and augmentation in (None, cell.augmentation)
        )


def load_study(folder: Path | str) -> Study:
    """Read a study's folder, finished or not.

    Raises InputError where plan.json is missing, or where a file is damaged, naming it.
    """
    folder = Path(folder)
    path = folder / "plan.json"
    if not path.is_file():
        raise InputError(f"{folder}: no study here (plan.json is missing)")
    plan = _read_json(path)
    try:
        cells = tuple(_cell(folder / "runs", entry) for entry in plan["cells"])
        datasets = {name: _dataset(name, entry) for name, entry in plan["datasets"].items()}
        rule, comparisons = _verdicts(folder / "verdicts.json")
        return Study(
            folder=folder,
            name=plan["name"],
            baseline=plan["baseline"],
            min_difference=float(plan.get("rule", plan)["min_difference"]),
            settings=plan.get("settings", {}),
            cells=cells,
            datasets=datasets,
            speed=tuple(_speed(subject, entry) for subject, entry in plan["speed"].items()),
            threads=plan.get("threads"),
            provenance=_provenance(plan["provenance"]),
            rule=rule,
            comparisons=comparisons,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from error


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    if isinstance(error, InputError):
        return error
    what = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
    return InputError(f"{path}: cannot be read as part of a study: {what}")


def _cell(runs: Path, entry: Mapping[str, Any]) -> Cell:
    folder = runs / entry["name"]
    result, error = _result(folder / "result.json"), _error(folder / "error.json")
    return Cell(
        name=entry["name"],
        folder=folder,
        dataset=entry["dataset"],
        model=entry["model"],
        augmentation=entry["augmentation"],
        parameters=entry.get("parameters", {}),
        seed=int(entry["seed"]),
        status="done" if result else "failed" if error else "missing",
        error="" if result else error,
        result=result,
        epochs=_epochs(folder / "epochs.jsonl"),
    )


def _result(path: Path) -> Result | None:
    if not path.is_file():
        return None
    entry = _read_json(path)
    try:
        return Result(
            train=_score(entry["train"]),
            validation=_score(entry["validation"]) if entry["validation"] else None,
            test=_score(entry["test"]),
            per_class=np.array(entry["test"]["per_class"], dtype=float),
            confusion=np.array(entry["test"]["confusion"], dtype=float),
            epochs=int(entry["epochs"]),
            chosen_epoch=int(entry["chosen_epoch"]),
            select=entry["select"],
            seconds=float(entry["seconds"]),
            step_seconds=float(entry["step_seconds"]),
            augment_seconds=float(entry["augment_seconds"]),
            teacher=entry["teacher"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def _error(path: Path) -> str:
    """The cell's error in one line, or nothing where it has none."""
    if not path.is_file():
        return ""
    entry = _read_json(path)
    try:
        return str(entry["error"]) or "no reason given"
    except (KeyError, TypeError) as error:
        raise _damaged(path, error) from error


def _epochs(path: Path) -> tuple[Epoch, ...]:
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    epochs = []
    for number, line in enumerate(lines, start=1):
        try:
            epochs.append(_epoch(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            # A run that was killed while it wrote leaves half of its last line.
            if number < len(lines):
                raise _damaged(path, error) from error
    return tuple(epochs)


def _epoch(entry: Mapping[str, Any]) -> Epoch:
    return Epoch(
        epoch=int(entry["epoch"]),
        loss=_number(entry["loss"]),
        accuracy=_number(entry["accuracy"]),
        validation_loss=_number(entry["validation_loss"]),
        validation_accuracy=_number(entry["validation_accuracy"]),
    )


def _score(entry: Mapping[str, Any]) -> Score:
    return Score(loss=float(entry["loss"]), accuracy=float(entry["accuracy"]))


def _dataset(name: str, entry: Mapping[str, Any]) -> DatasetInfo:
    return DatasetInfo(
        name=name,
        fingerprint=entry["fingerprint"],
        source=entry["source"],
        classes=tuple(entry["classes"]),
        channels=int(entry["channels"]),
        image_size=int(entry["image_size"]),
        train=int(entry["train"]),
        test=int(entry["test"]),
        notes=tuple(entry.get("notes", ())),
        set_aside=tuple(SetAside(a["path"], a["reason"]) for a in entry.get("set_aside", ())),
    )


def _speed(subject: str, entry: Mapping[str, Any]) -> Speed:
    return Speed(subject, entry["layout"], entry["precision"], entry.get("milliseconds", {}))


def _provenance(entry: Mapping[str, Any]) -> Provenance:
    return Provenance(
        command=entry["command"],
        created=entry["created"],
        versions=entry["versions"],
        machine=entry["machine"],
        git_commit=entry.get("git_commit"),
    )


def _verdicts(path: Path) -> tuple[Rule | None, tuple[Comparison, ...]]:
    if not path.is_file():
        return None, ()
    entry = _read_json(path)
    try:
        rule = entry["rule"]
        return (
            Rule(
                min_seeds=int(rule["min_seeds"]),
                alpha=float(rule["alpha"]),
                min_difference=float(rule["min_difference"]),
                min_probability=float(rule["min_probability"]),
            ),
            tuple(_comparison(comparison) for comparison in entry["comparisons"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def _comparison(entry: Mapping[str, Any]) -> Comparison:
    check_name(entry["verdict"], VERDICTS, "verdict")
    return Comparison(
        dataset=entry["dataset"],
        model=entry["model"],
        augmentation=entry["augmentation"],
        baseline=entry["baseline"],
        seeds=tuple(entry["seeds"]),
        accuracy=_number(entry["accuracy"]),
        baseline_accuracy=_number(entry["baseline_accuracy"]),
        difference=_number(entry["difference"]),
        interval=_interval(entry["interval"]),
        p=_number(entry["p"]),
        p_unadjusted=_number(entry["p_unadjusted"]),
        p_permutation=_number(entry["p_permutation"]),
        probability=_number(entry["probability_of_improvement"]),
        probability_interval=_interval(entry["probability_interval"]),
        two_way_interval=_interval(entry["two_way_interval"]),
        detectable=_number(entry["detectable"]),
        verdict=entry["verdict"],
        words=entry["words"],
    )


def _number(value: float | None) -> float | None:
    """The value, or None where it is absent or not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def _interval(value: list[float | None] | None) -> Interval | None:
    low, high = map(_number, value or (None, None))
    return None if low is None or high is None else (low, high)
