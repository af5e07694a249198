"""epochs.jsonl: a line for each epoch of a run."""

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
    """What one epoch came to: accuracies in [0, 1], times in seconds.

    loss, accuracy: mean over the training images as augmented, while the weights change; an image
    of mixed targets counts by the share of the class that it is called. validation_loss,
    validation_accuracy: None where there is no validation part.
    step_seconds: mean per training step, augmentation included; augment_seconds: its share.
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
    """The epochs of a run, none where the file is missing.

    A last line that a killed process left half written is left out. Raises InputError, naming the
    file, where another line is not an epoch's.
    """
    if not is_there(path):
        return ()
    return tuple(record_from(Epoch, line, path) for line in read_lines(path))


def write_epochs(path: Path, epochs: Iterable[Epoch]) -> None:
    """Write all epochs so far, atomically."""
    lines = "".join(json.dumps(to_values(epoch)) + "\n" for epoch in epochs)
    write_atomically(path, lines.encode())
