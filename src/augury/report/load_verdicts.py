"""verdicts.json, and the rule that it was written by, read into frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augury.inside import is_there
from augury.names import check_name
from augury.report.reading import Interval, damaged, interval, number, read_json

VERDICTS = ("helps", "hurts", "not shown", "cannot say")

# Plans of schema 1 name the difference alone; the rest of their rule could not be chosen.
_RULE_OF_SCHEMA_1 = {
    "min_seeds": 6,
    "alpha": 0.05,
    "min_probability": 0.75,
    "confidence": 0.95,
    "power": 0.8,
}


@dataclass(frozen=True)
class Comparison:
    """One arm against the baseline; accuracies in percent, differences in percentage points.

    unpaired: seeds that only one of the two has finished; decided: whether more seeds are not
    needed, None where an earlier version did not say
    """

    dataset: str
    model: str
    augmentation: str
    baseline: str
    seeds: tuple[int, ...]
    unpaired: tuple[int, ...]
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
    decided: bool | None
    verdict: str
    words: str


@dataclass(frozen=True)
class Rule:
    """What "helps" and "hurts" ask for; min_difference is in percentage points.

    confidence: of the intervals; power: that `detectable` is told for; looks: the numbers of seeds
    at which the study is judged, none or one where it is judged once
    """

    min_seeds: int
    alpha: float
    min_difference: float
    min_probability: float
    confidence: float
    power: float
    looks: tuple[int, ...]


def planned_rule(plan: Mapping[str, Any]) -> Rule:
    """The rule of plan.json's content, of schema 1 or 2; KeyError where it has none."""
    if plan["schema"] == 1:
        return _rule(_RULE_OF_SCHEMA_1 | {"min_difference": plan["min_difference"]})
    return _rule(plan["rule"])


def load_verdicts(path: Path) -> tuple[Rule, tuple[Comparison, ...]] | None:
    """The rule and the comparisons of verdicts.json, None where the file is missing.

    Raises InputError where it is damaged, naming it.
    """
    if not is_there(path):
        return None
    entry = read_json(path)
    try:
        return _rule(entry["rule"]), tuple(_comparison(one) for one in entry["comparisons"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(path, error) from error


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(
        min_seeds=int(entry["min_seeds"]),
        alpha=float(entry["alpha"]),
        min_difference=float(entry["min_difference"]),
        min_probability=float(entry["min_probability"]),
        confidence=float(entry["confidence"]),
        power=float(entry["power"]),
        looks=tuple(map(int, entry.get("looks", ()))),
    )


def _comparison(entry: Mapping[str, Any]) -> Comparison:
    check_name(entry["verdict"], VERDICTS, "verdict")
    return Comparison(
        dataset=entry["dataset"],
        model=entry["model"],
        augmentation=entry["augmentation"],
        baseline=entry["baseline"],
        seeds=tuple(entry["seeds"]),
        unpaired=tuple(entry.get("unpaired", ())),
        accuracy=number(entry["accuracy"]),
        baseline_accuracy=number(entry["baseline_accuracy"]),
        difference=number(entry["difference"]),
        interval=interval(entry["interval"]),
        p=number(entry["p"]),
        p_unadjusted=number(entry["p_unadjusted"]),
        p_permutation=number(entry["p_permutation"]),
        probability=number(entry["probability_of_improvement"]),
        probability_interval=interval(entry["probability_interval"]),
        two_way_interval=interval(entry["two_way_interval"]),
        detectable=number(entry["detectable"]),
        decided=entry.get("decided"),
        verdict=entry["verdict"],
        words=entry["words"],
    )
