"""verdicts.json: the comparison of each arm with the baseline of its data set and network."""

from dataclasses import dataclass, fields
from pathlib import Path

from augury.inside import is_there
from augury.records.json_file import known_schema, read_json, record_from, to_values, write_json
from augury.records.rule import rule_values
from augury.stats.rule import METRICS, Rule
from augury.stats.verdict import Comparison

SCHEMA = 1


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
class Verdicts:
    """rule: the rule of the verdicts; comparisons: one per arm, in the order of the plan."""

    rule: Rule
    comparisons: tuple[ArmVerdict, ...]


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
    unit = f"percentage points of test {METRICS[verdicts.rule.metric]}"
    write_json(path, {"schema": SCHEMA, "unit": unit, **verdict_values(verdicts)})


def verdict_values(verdicts: Verdicts) -> dict[str, object]:
    """The verdicts as JSON values: in each arm the names come first, the unpaired seeds last."""
    names = ("dataset", "model", "augmentation", "baseline")
    order = [*names, *(f.name for f in fields(Comparison)), "unpaired"]
    return {
        "rule": rule_values(verdicts.rule),
        "comparisons": [
            {name: to_values(getattr(one, name)) for name in order} for one in verdicts.comparisons
        ],
    }
