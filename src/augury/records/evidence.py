"""evidence.json: measures, costs and robustness, shown beside the verdicts."""

from dataclasses import dataclass
from pathlib import Path

from augury.errors import InputError
from augury.inside import is_there
from augury.records.json_file import known_schema, read_json, record_from, to_values, write_json
from augury.records.numbers import Count, Percent, Seconds, check_severities
from augury.stats.pairing import Pairing
from augury.stats.subgroups import SubgroupEffect

SCHEMA = 1

Interval = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """The mean over an arm's runs, and the paired difference to the baseline, in the same unit."""

    mean: float | None
    difference: float | None
    interval: Interval | None


@dataclass(frozen=True)
class RunCounts:
    """Numbers of runs of an arm."""

    planned: Count
    done: Count
    failed: Count

    @property
    def missing(self) -> int:
        """Planned runs that are neither done nor failed."""
        return self.planned - self.done - self.failed


@dataclass(frozen=True)
class Budget:
    """Epochs and steps of a run, and the time it took; seconds and cost are medians over the runs.

    cost: time of a step relative to the same step without its augmentation.
    features_once: whether a step is one of the head alone, as a frozen body saw each image once.
    """

    epochs: Count
    steps: Count
    step_seconds: Seconds | None
    seconds: Seconds | None
    cost: float | None
    features_once: bool = False


@dataclass(frozen=True)
class Corruptions:
    """Accuracy, %, on `images` test images, mean over `runs`; accuracy: severities 1 to 5."""

    images: Count
    runs: Count
    clean: Percent | None
    accuracy: dict[str, tuple[Percent | None, ...]]

    def __post_init__(self) -> None:
        check_severities(self.accuracy)


@dataclass(frozen=True)
class EqualTime:
    """Validation accuracy, %, after the `epochs` (out of `of`) that fit the baseline's time."""

    epochs: Count
    of: Count
    mean: float | None
    difference: float | None
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class NamedEffect(SubgroupEffect):
    """The effect on one class or group of test images, with its name."""

    name: str


@dataclass(frozen=True)
class TurnedImage:
    """A test image that the arm turned.

    id, label: its number and class; called: the wrong class that it is called most often, by the
    arm where it was lost and by the baseline where it was won; right_without, right_with: in how
    many of the paired seeds the baseline and the arm get it right.
    """

    id: Count
    label: Count
    called: Count
    right_without: Count
    right_with: Count


@dataclass(frozen=True)
class Turned:
    """Test images that most of the paired seeds get right with one of arm and baseline only.

    lost: right without the arm, wrong with it; won: the other way round; both: numbers of images.
    most_lost, most_won: the first few of each, those that turned in the most seeds first.
    """

    seeds: Count
    images: Count
    lost: Count
    won: Count
    most_lost: tuple[TurnedImage, ...]
    most_won: tuple[TurnedImage, ...]


@dataclass(frozen=True)
class ArmEvidence:
    """The evidence of one arm; optimism is in percentage points.

    measures: those that are known of "balanced_accuracy", "macro_f1" and "corrupted_accuracy" (%),
    "nll", "brier", "calibration_error", each also with "_scaled" (after a temperature fitted on
    validation), and "temperature".
    classes, groups: its effect on each class, and on each group that a table names, of the test
    images; turned: the images that it turned. Empty and None for the baseline, without predictions,
    and in files of earlier versions.
    pairing: how the arm's accuracies go with its baseline's, by the metric that decides; None of
    the baseline, under 4 shared seeds, and in files of earlier versions.
    """

    dataset: str
    model: str
    augmentation: str
    runs: RunCounts
    budget: Budget | None
    optimism: float | None
    measures: dict[str, Measured]
    corruptions: Corruptions | None
    equal_time: EqualTime | None
    classes: tuple[NamedEffect, ...] = ()
    groups: tuple[NamedEffect, ...] = ()
    turned: Turned | None = None
    pairing: Pairing | None = None


@dataclass(frozen=True)
class Ranks:
    """Friedman's test over several problems; mean_ranks: in the order of the arms, 1 is best."""

    mean_ranks: tuple[float, ...]
    statistic: float | None
    p: float | None
    iman_davenport_p: float | None
    critical_difference: float | None


@dataclass(frozen=True)
class InterquartileMean:
    """The interquartile mean of one arm, %; interval: None for a single seed."""

    mean: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Overall:
    """All arms over all problems (pairs of data set and network).

    ranks: None for two arms, and if all arms are equal everywhere; interquartile_means: in the
    order of the arms.
    """

    arms: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]
    ranks: Ranks | None
    interquartile_means: tuple[InterquartileMean, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.interquartile_means)}
        lengths |= {len(self.ranks.mean_ranks)} if self.ranks else set()
        if lengths != {len(self.arms)}:
            raise InputError(f"one mean and one rank for each of {len(self.arms)} arms are needed")


@dataclass(frozen=True)
class Evidence:
    """The content of evidence.json."""

    baseline: str
    arms: tuple[ArmEvidence, ...]
    overall: Overall | None

    def of(self, dataset: str, model: str) -> dict[str, ArmEvidence]:
        """The arms of one data set and network, by augmentation."""
        return {
            arm.augmentation: arm
            for arm in self.arms
            if (arm.dataset, arm.model) == (dataset, model)
        }


def read_evidence(path: Path) -> Evidence | None:
    """The evidence of a study; None if the file is missing, InputError if it is damaged."""
    if not is_there(path):
        return None
    values = read_json(path)
    known_schema(values, (SCHEMA,), path)
    return record_from(Evidence, values, path)


def write_evidence(path: Path, evidence: Evidence) -> None:
    """Write atomically, with a checksum."""
    write_json(path, {"schema": SCHEMA, **to_values(evidence)})
