"""verdicts.json: the comparison of each arm with the baseline of its data set and network."""

from dataclasses import dataclass, fields
from pathlib import Path

from augury.inside import is_there
from augury.records.json_file import known_schema, read_json, record_from, to_values, write_json
from augury.records.numbers import Count, Percent, Seconds
from augury.records.rule import rule_values
from augury.stats.comparison import Comparison
from augury.stats.rule import METRICS, Rule

SCHEMA = 1

_OF_RACES = ("e_value", "sequence", "decided_after")


@dataclass(frozen=True, kw_only=True)
class ArmVerdict(Comparison):
    """The verdict on one arm: a `Comparison` with its names.

    unpaired: seeds that only the arm, or only the baseline, has finished.
    """

    dataset: str
    model: str
    augmentation: str
    baseline: str
    unpaired: tuple[int, ...] = ()

    @property
    def arm(self) -> tuple[str, str, str]:
        """Data set, network and augmentation."""
        return self.dataset, self.model, self.augmentation


@dataclass(frozen=True)
class Trained:
    """How far the networks of an arm have learned their own training images.

    runs: finished ones that measured it; steps: of a run; right, rise: means over the runs of the
    share of training images, not augmented, that a network gets right, %, and of what the slope at
    the end comes to in a quarter of the epochs, points (see `augury.records.result.Learned`);
    still_learning: by `augury.stats.is_still_learning`, None where no run tells.
    """

    dataset: str
    model: str
    augmentation: str
    runs: Count
    steps: Count | None = None
    right: Percent | None = None
    rise: float | None = None
    still_learning: bool | None = None

    @property
    def arm(self) -> tuple[str, str, str]:
        """Data set, network and augmentation."""
        return self.dataset, self.model, self.augmentation


@dataclass(frozen=True)
class Verdicts:
    """rule: the rule of the verdicts; comparisons: one per arm, in the order of the plan.

    trained: of each arm that is planned; empty where no run measured it, as in earlier versions.
    next_epochs, next_seconds: what to try next where networks were still learning, and how long all
    of its runs would train, one after the other; None elsewhere.
    """

    rule: Rule
    comparisons: tuple[ArmVerdict, ...]
    trained: tuple[Trained, ...] = ()
    next_epochs: Count | None = None
    next_seconds: Seconds | None = None


def read_verdicts(path: Path) -> Verdicts | None:
    """The verdicts of a study, None if there are none yet.

    Raises InputError, naming the file, if it is damaged.
    """
    if not is_there(path):
        return None
    values = read_json(path)
    known_schema(values, (SCHEMA,), path)
    values.pop("unit", None)
    return record_from(Verdicts, values, path)


def write_verdicts(path: Path, verdicts: Verdicts) -> None:
    """Write atomically, with a checksum."""
    unit = f"percentage points of {verdicts.rule.part} {METRICS[verdicts.rule.metric]}"
    write_json(path, {"schema": SCHEMA, "unit": unit, **verdict_values(verdicts)})


def verdict_values(verdicts: Verdicts) -> dict[str, object]:
    """The verdicts as JSON values: in each arm the names come first, the unpaired seeds last.

    Without how long the networks were trained where no run measured it, and without what only races
    have, as files were before.
    """
    names = ("dataset", "model", "augmentation", "baseline")
    left_out = _OF_RACES if verdicts.rule.design == "fixed" else ()
    found = (f.name for f in fields(Comparison) if f.name not in left_out)
    order = [*names, *found, "unpaired"]
    values: dict[str, object] = {
        "rule": rule_values(verdicts.rule),
        "comparisons": [
            {name: to_values(getattr(one, name)) for name in order} for one in verdicts.comparisons
        ],
    }
    if verdicts.trained:
        later = ("trained", "next_epochs", "next_seconds")
        values |= {name: to_values(getattr(verdicts, name)) for name in later}
    return values
