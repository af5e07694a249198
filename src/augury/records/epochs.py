"""epochs.jsonl: one line per epoch of a run."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from augury.files import write_atomically
from augury.inside import is_there
from augury.records.json_file import read_lines, record_from, to_values
from augury.records.numbers import Count, Fraction, Seconds, Share


@dataclass(frozen=True)
class Epoch:
    """The results of one epoch: accuracies in [0, 1], times in seconds.

    loss, accuracy: mean over the augmented training images, while the weights change; with mixed
    targets an image counts by the target of the predicted class. validation_loss,
    validation_accuracy: None if there is no validation part, and in epochs without a look at it
    (`validate_every`).
    step_seconds: mean per training step, with augmentation; augment_seconds: the part of it spent
    on augmentation.
    """

    epoch: Count
    loss: float
    accuracy: Share
    validation_loss: float | None
    validation_accuracy: Fraction | None
    learning_rate: float
    seconds: Seconds
    step_seconds: Seconds
    augment_seconds: Seconds


def read_epochs(path: Path) -> tuple[Epoch, ...]:
    """The epochs of a run; none if the file is missing.

    An incomplete last line, from a killed process, is ignored. Raises InputError, naming the file,
    if another line is not a valid epoch.
    """
    if not is_there(path):
        return ()
    return tuple(record_from(Epoch, line, path) for line in read_lines(path))


def write_epochs(path: Path, epochs: Iterable[Epoch]) -> None:
    """Write all epochs so far, atomically."""
    lines = "".join(json.dumps(to_values(epoch)) + "\n" for epoch in epochs)
    write_atomically(path, lines.encode())
