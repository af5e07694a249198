"""summary.csv: a row for every cell of a study."""

import csv
import io
from pathlib import Path

from augury.printable import printable
from augury.report.files import write_text
from augury.report.load import Run, StudyRecords

COLUMNS = (
    "dataset",
    "model",
    "augmentation",
    "seed",
    "train_accuracy",
    "validation_accuracy",
    "test_accuracy",
    "test_loss",
    "step_seconds",
    "augment_cost",
    "seconds",
    "status",
    "error",
)
# First characters of a formula in a spreadsheet, also the full-width ones; and the apostrophe, so
# that no two texts become equal.
_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")


def write_summary(study: StudyRecords) -> Path:
    """Write summary.csv into the study's folder and return its path.

    Accuracies are fractions, times are in seconds, `augment_cost` is the time of a step relative
    to the same step without augmentation; missing values are empty. A text that a spreadsheet would
    read as a formula gets an apostrophe in front (see `as_text`).
    Raises DiskError if it cannot be written.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for run in study.runs:
        writer.writerow([as_text(v) if isinstance(v, str) else v for v in _row(run)])
    return write_text(study.folder / "summary.csv", buffer.getvalue())


def as_text(value: str) -> str:
    """`value`, with an apostrophe in front if it begins like a formula or with an apostrophe.

    To read it back, remove one apostrophe from each text that begins with one.
    """
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _row(run: Run) -> list[str | int | float | None]:
    cell, result = run.cell, run.result
    head: list[str | int | float | None] = [cell.dataset, cell.model, cell.augmentation, cell.seed]
    if result is None:
        return [*head, *[""] * 7, run.status, run.error]
    return [
        *head,
        result.train.accuracy,
        result.validation.accuracy if result.validation else "",
        result.test.accuracy,
        result.test.loss,
        result.step_seconds,
        result.augment_cost,
        result.seconds,
        run.status,
        run.error,
    ]
