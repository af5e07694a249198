"""corruptions.json: accuracies of a trained network on corrupted test images."""

from dataclasses import dataclass
from pathlib import Path

from augury.inside import is_there
from augury.records.json_file import read_json, record_from, to_values, write_json
from augury.records.numbers import Count, Fraction, check_severities


@dataclass(frozen=True)
class Robustness:
    """Accuracies in [0, 1] on the same `images` test images, clean and corrupted.

    accuracy: by corruption, for the severities 1 to 5.
    """

    images: Count
    clean: Fraction
    accuracy: dict[str, tuple[Fraction, ...]]

    def __post_init__(self) -> None:
        check_severities(self.accuracy)


def read_robustness(path: Path) -> Robustness | None:
    """The accuracies of a run, None if no image was corrupted; InputError for a damaged file."""
    return record_from(Robustness, read_json(path), path) if is_there(path) else None


def write_robustness(path: Path, robustness: Robustness) -> None:
    """Write atomically, with a checksum."""
    write_json(path, to_values(robustness))
