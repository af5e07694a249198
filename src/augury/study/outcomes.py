"""What a finished run has left, read and held against itself before anything is made of it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InputError, UnreadableError
from augury.files import UNREADABLE
from augury.inside import is_there, open_plain, read_plain
from augury.study.cell import Cell
from augury.study.store import RunFolder, StudyFolder, read_json

# Accuracies are shares of whole images: a float32 and a float64 mean differ by less.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Predictions:
    """Of one part, in the order of the images' ids: ids, labels (N,) and logits (N, K).

    correct: (N,) bool, which images were called by their class.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    logits: NDArray[np.float64]
    correct: NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """A finished cell: its result, its predictions where they are there, and what is odd.

    epochs: the lines of epochs.jsonl; robustness: accuracies on corrupted test images, None where
    none were tried; problem: why its figures must not be believed, "" where nothing contradicts
    them.
    """

    cell: Cell
    result: dict[str, Any]
    test: Predictions | None
    validation: Predictions | None
    epochs: list[dict[str, Any]]
    robustness: dict[str, Any] | None
    problem: str

    @property
    def accuracy(self) -> float:
        """On the test images, in [0, 1]; NaN where the result has none."""
        value = self.result["test"]["accuracy"]
        return float("nan") if value is None else float(value)

    def without_logits(self) -> "Outcome":
        """The same less what takes the most memory: the test logits and the validation part."""
        test = self.test and replace(self.test, logits=np.empty((len(self.test.ids), 0)))
        return replace(self, test=test, validation=None)


def read_outcome(folder: StudyFolder, cell: Cell) -> Outcome:
    """The outcome of a cell that is done.

    Raises InputError where its result cannot be read, or a file beside it is there and cannot.
    """
    run = folder.run(cell)
    result = run.read_result()
    robustness: dict[str, Any] | None = None
    epochs: list[dict[str, Any]] = []
    try:
        for file in (run.epochs, run.predictions, run.corruptions):
            run.check(file, result)
        epochs = _epochs(run.epochs)
        test, validation = _predictions(run)
        robustness = read_json(run.corruptions) if is_there(run.corruptions) else None
        problem = _contradiction(result, test) or _picked(epochs, result, cell)
    except UnreadableError:
        raise
    except InputError as error:
        test, validation, problem = None, None, str(error)
    except (KeyError, TypeError) as error:
        raise InputError(f"{run.result}: not a cell's result: {error!r}") from error
    return Outcome(cell, result, test, validation, epochs, robustness, problem)


def _predictions(run: RunFolder) -> tuple[Predictions | None, Predictions | None]:
    """Of test and validation; None where the file or the part is missing."""
    if not is_there(run.predictions):
        return None, None
    # Opened here, as NumPy leaves a damaged file open.
    with open_plain(run.predictions) as file:
        try:
            with np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            return _part(arrays, "test"), _part(arrays, "validation")
        except UNREADABLE as error:
            raise InputError(f"{_short(run.predictions)} is damaged") from error


def _part(arrays: dict[str, NDArray[Any]], part: str) -> Predictions | None:
    if f"{part}_ids" not in arrays:
        return None
    ids, labels, logits = (arrays[f"{part}_{name}"] for name in ("ids", "labels", "logits"))
    if not len(ids) == len(labels) == len(logits) or logits.ndim != 2:
        raise ValueError(f"{part}: ids, labels and logits differ in length")
    order = np.argsort(ids)
    ids, labels, logits = ids[order], labels[order], logits[order].astype(np.float64)
    return Predictions(ids, labels, logits, correct=logits.argmax(axis=1) == labels)


def _contradiction(result: dict[str, Any], test: Predictions | None) -> str:
    """Where the stored accuracy is not that of the stored predictions."""
    told = result["test"]["accuracy"]
    if test is None or told is None:
        return ""
    found = float(test.correct.mean())
    if abs(found - told) <= _ROUNDING:
        return ""
    return f"result.json says {100 * told:.2f} % where the predictions say {100 * found:.2f} %"


def _picked(epochs: list[dict[str, Any]], result: dict[str, Any], cell: Cell) -> str:
    """Where another epoch was tested than the recipe names, or other weights than that epoch's."""
    epochs = [line for line in epochs if line.get("validation_accuracy") is not None]
    chosen, named = result["chosen_epoch"], cell.recipe.epochs - 1
    if cell.recipe.select == "validation":
        if not epochs:
            return ""
        best = max(line["validation_accuracy"] for line in epochs)
        named = next(line["epoch"] for line in epochs if line["validation_accuracy"] == best)
    if chosen != named:
        return f"epoch {chosen + 1} was tested where the recipe names epoch {named + 1}"
    at_the_time = [line["validation_accuracy"] for line in epochs if line["epoch"] == chosen]
    if result["validation"] and at_the_time:
        now = result["validation"]["accuracy"]
        if abs(now - at_the_time[0]) > _ROUNDING:
            return (
                f"the tested weights are not those of epoch {chosen + 1}: they get "
                f"{100 * now:.2f} % of the validation images right, and that epoch got "
                f"{100 * at_the_time[0]:.2f} %"
            )
    return ""


def _epochs(path: Path) -> list[dict[str, Any]]:
    if not is_there(path):
        return []
    content = read_plain(path)
    try:
        return [json.loads(line) for line in content.decode().splitlines()]
    except ValueError as error:
        raise InputError(f"{_short(path)} is damaged") from error


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
