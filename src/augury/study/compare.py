"""Compare the arms that two studies share: does an arm do better in the second?"""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from augury.errors import InputError
from augury.records.cell import Cell
from augury.records.plan import Plan, plan_of
from augury.stats import Comparison, judge
from augury.study.judging.pairs import Arm, make_pair, read_finished
from augury.study.store import StudyFolder

# The recipe's fields that decide which images a seed trains on and which are tested.
_SPLIT = ("validation", "train_limit", "test_limit")


@dataclass(frozen=True, kw_only=True)
class ArmChange(Comparison):
    """An arm in the second study against the same arm in the first; see `Comparison`.

    metric: that they are compared by, the second study's.
    """

    dataset: str
    model: str
    augmentation: str
    metric: str = "accuracy"


def compare_studies(first: Path, second: Path) -> list[ArmChange]:
    """Each arm that both have, `second` minus `first`, judged by the rule of `second`.

    In a step of a search that is by the validation images. Seeds are paired: the arm must have been
    trained and tested on the same images, or the verdict is "cannot say". All comparisons are one
    family for Holm's correction.
    Raises InputError where a folder holds no study, or where no arm is in both.
    """
    plans = [plan_of(path) for path in (first, second)]
    part = plans[1].rule.part
    old, new = (
        read_finished(plan.cells, StudyFolder(path), part)
        for plan, path in zip(plans, (first, second), strict=True)
    )
    arms = [arm for arm in new if arm in old]
    if not arms:
        raise InputError(f"{first} and {second}: no data set, network and augmentation is in both")
    pairs = [
        replace(pair, obstacle=_split_apart(plans[0], plans[1], arm) or pair.obstacle)
        for arm in arms
        for pair in [make_pair(new[arm], old[arm], plans[1].rule.metric, part)]
    ]
    rule = replace(plans[1].rule, looks=(), batches=())
    named = zip(arms, judge(pairs, rule), strict=True)
    return [_named(arm, comparison, rule.metric) for arm, comparison in named]


def _named(arm: Arm, comparison: Comparison, metric: str) -> ArmChange:
    values = {field.name: getattr(comparison, field.name) for field in fields(comparison)}
    dataset, model, augmentation = arm
    return ArmChange(
        dataset=dataset, model=model, augmentation=augmentation, metric=metric, **values
    )


def _split_apart(first: Plan, second: Plan, arm: Arm) -> str:
    """How images or splits of the two studies differ, "" where they do not."""
    one, other = _cell(first, arm), _cell(second, arm)
    if one.split_by != other.split_by:
        return f"the studies split {arm[0]} differently (split_by)"
    if one.fingerprint != other.fingerprint:
        what = "groups" if one.split_by else "images"
        return f"the {what} of {arm[0]} are not the same in the two studies"
    for name in _SPLIT:
        was, now = getattr(one.recipe, name), getattr(other.recipe, name)
        if was != now:
            return f"the studies split {arm[0]} differently ({name}: {was} and {now})"
    return ""


def _cell(plan: Plan, arm: Arm) -> Cell:
    return next(c for c in plan.cells if (c.dataset, c.model, c.augmentation) == arm)
