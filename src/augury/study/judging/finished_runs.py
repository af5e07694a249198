"""Read a finished run and check that its files agree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from augury.errors import InputError, UnreadableError
from augury.files import UNREADABLE
from augury.inside import is_there, open_plain
from augury.records.cell import Cell
from augury.records.epochs import Epoch, read_epochs
from augury.records.result import Result, TestScore
from augury.records.robustness import Robustness, read_robustness
from augury.stats import confusion_matrix, metric_value
from augury.study.store import RunFolder, StudyFolder

Part = Literal["test", "validation"]

# Accuracies are shares of whole images: a float32 and a float64 mean differ by less.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Predictions:
    """A network's predictions on one part, the images in the order of their ids.

    ids, labels: (N,); logits: (N, K); called: (N,), the class of the largest logit.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    logits: NDArray[np.float64]
    called: NDArray[np.int64]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(N,): whether an image is called by its label."""
        correct: NDArray[np.bool_] = self.called == self.labels
        return correct


@dataclass(frozen=True)
class FinishedRun:
    """A cell with a result, and what its folder holds beside it.

    test, validation: None where there are no predictions, or where a file is damaged.
    robustness: accuracies on corrupted test images, None where none were tried.
    problem: why the run must not be compared, "" where its files agree.
    """

    cell: Cell
    result: Result
    test: Predictions | None
    validation: Predictions | None
    epochs: tuple[Epoch, ...]
    robustness: Robustness | None
    problem: str

    @property
    def accuracy(self) -> float:
        """On the test images, in [0, 1]; NaN where the result has none."""
        value = self.result.test.accuracy
        return float("nan") if value is None else float(value)

    def score(self, metric: str) -> float:
        """The metric on the test images, in [0, 1], by the predictions where they are there.

        NaN where the result has no accuracy.
        """
        if metric == "accuracy" or self.result.test.accuracy is None:
            return self.accuracy
        if self.test is None:
            value = self.result.test.score(metric)
            return float("nan") if value is None else value
        return metric_value(metric, confusion_matrix(self.test.labels, self.test.called))

    def without_logits(self) -> "FinishedRun":
        """A copy without what takes the most memory: test logits and validation predictions."""
        test = self.test and replace(self.test, logits=np.empty((len(self.test.ids), 0)))
        return replace(self, test=test, validation=None)


def read_finished_run(folder: StudyFolder, cell: Cell, part: Part = "test") -> FinishedRun:
    """The run of a cell that is done.

    part: the images that a study compares. In a search these are the validation images, which then
    stand in the place of the test images: what the test images say is not looked at. Damage to a
    file beside the result becomes the run's `problem`. Raises InputError where the
    result itself is damaged, and UnreadableError for a file that cannot be opened.
    """
    run = folder.run(cell)
    result = run.read_result()
    robustness: Robustness | None = None
    epochs: tuple[Epoch, ...] = ()
    problem = ""
    try:
        for file in (run.epochs, run.predictions, run.corruptions):
            run.check(file, result)
        epochs = read_epochs(run.epochs)
        test, validation = _predictions(run)
        robustness = read_robustness(run.corruptions)
    except UnreadableError:
        raise
    except InputError as error:
        test, validation, problem = None, None, str(error)
    if part == "validation":
        result = replace(result, test=_validation_score(result, validation))
        test, validation, robustness = validation, None, None
    if not problem:
        problem = _contradiction(result, test) or _wrong_epoch(epochs, result, cell)
    return FinishedRun(cell, result, test, validation, epochs, robustness, problem)


def _predictions(run: RunFolder) -> tuple[Predictions | None, Predictions | None]:
    """(test, validation); None where the file or the part is missing."""
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
    return Predictions(ids, labels, logits, called=logits.argmax(axis=1))


def _validation_score(result: Result, validation: Predictions | None) -> TestScore:
    """The score on the validation images, without a value where there are none.

    By class it is known from the predictions alone.
    """
    classes = len(result.test.per_class)
    score = result.validation
    counts = np.zeros((classes, classes), dtype=np.int64)
    if validation and max(validation.labels.max(), validation.called.max()) < classes:
        np.add.at(counts, (validation.labels, validation.called), 1)
    return TestScore(
        loss=score.loss if score else None,
        accuracy=score.accuracy if score else None,
        per_class=tuple(
            float(row[place] / row.sum()) if row.sum() else None for place, row in enumerate(counts)
        ),
        confusion=tuple(map(tuple, counts.tolist())),
    )


def _contradiction(result: Result, test: Predictions | None) -> str:
    """A sentence where the stored accuracy is not that of the stored predictions, else ""."""
    told = result.test.accuracy
    if test is None or told is None:
        return ""
    found = float(test.correct.mean())
    if abs(found - told) <= _ROUNDING:
        return ""
    return f"result.json says {100 * told:.2f} % where the predictions say {100 * found:.2f} %"


def _wrong_epoch(epochs: Sequence[Epoch], result: Result, cell: Cell) -> str:
    """A sentence where another epoch or other weights were tested than the recipe says, else ""."""
    validated = {e.epoch: a for e in epochs if (a := e.validation_accuracy) is not None}
    chosen, named = result.chosen_epoch, cell.recipe.epochs - 1
    if cell.recipe.select == "validation":
        if not validated:
            return ""
        named = max(validated, key=lambda epoch: validated[epoch])
    if chosen != named:
        return f"epoch {chosen + 1} was tested where the recipe names epoch {named + 1}"
    now = result.validation.accuracy if result.validation else None
    then = validated.get(chosen)
    if now is None or then is None or abs(now - then) <= _ROUNDING:
        return ""
    return (
        f"the tested weights are not those of epoch {chosen + 1}: they get {100 * now:.2f} % of "
        f"the validation images right, and that epoch got {100 * then:.2f} %"
    )


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
