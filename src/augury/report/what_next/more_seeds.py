"""More seeds for arms that are not decided, as many as would decide them at their spread so far."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.records.cell import Cell
from augury.records.verdicts import ArmVerdict
from augury.report.load import StudyRecords
from augury.report.what_next.pairs import paired_differences
from augury.report.what_next.prices import Prices
from augury.report.what_next.step import NextStep, study_command
from augury.report.words import count, listed_or_counted
from augury.stats import Rule
from augury.stats.race import terms
from augury.stats.seeds_needed import rule_seeds
from augury.study.racing.outlook import seeds_until_decided

_MOST = 200  # nobody runs more of them
_FEWEST = 3  # pairs that tell something of a spread
_MANY = 10  # arms that are looked at: a study may have a thousand


class _Needed(NamedTuple):
    """How many seeds an arm has in all when it is decided."""

    arm: ArmVerdict
    seeds: int


def more_seeds(study: StudyRecords, prices: Prices) -> NextStep | None:
    """For those arms with which a minute decides most, the nearest first."""
    needed = sorted(_needed(study), key=lambda each: each.seeds)[:_MANY]
    steps = [_step(study, prices, needed[: n + 1]) for n in range(len(needed))]
    return max(steps, key=_worth, default=None)


def _worth(step: NextStep) -> float:
    return step.verdicts / step.seconds if step.seconds else 0.0


def _step(study: StudyRecords, prices: Prices, needed: Sequence[_Needed]) -> NextStep:
    arms = listed_or_counted([each.arm.augmentation for each in needed])
    seeds = max(each.seeds for each in needed)
    cells = _cells(study, needed)
    return NextStep(
        f"{count(seeds, 'seed')} an arm {_would(study, seeds)} {arms}",
        study_command(study, *_options(study, seeds, cells)),
        prices.of(cells),
        len(needed),
        prices.at_once,
    )


def _would(study: StudyRecords, seeds: int) -> str:
    """What so many seeds do for some arms."""
    rule = study.rule
    if rule.design == "race":
        return "would decide, by the spread so far,"
    if seeds == rule.min_seeds:
        return "are the fewest with which there is a verdict on"
    return "would show a difference as large as the measured one of"


def _options(study: StudyRecords, seeds: int, more: Sequence[Cell]) -> list[str]:
    """The seeds; of a race only the bounds that would stop it before."""
    if study.rule.design != "race":
        return ["--seeds", str(seeds)]
    settings = study.plan.settings
    options = []
    if seeds > int(settings.get("max_seeds", 0)):
        options += ["--max-seeds", str(seeds)]
    # Of those to come some are planned already.
    bound, cells = settings.get("cells"), len({each.name for each in (*study.plan.cells, *more)})
    if bound is not None and cells > int(bound):
        options += ["--cells", str(cells)]
    return options


def _needed(study: StudyRecords) -> list[_Needed]:
    names = [each.augmentation for each in study.comparisons]
    levels = [each.level for each in terms([1.0] * len(names), names, study.rule)]
    ways = [(arm, level, paired_differences(study, arm)) for arm, level in _likely(study, levels)]
    found = [(arm, _seeds_of(study, arm, level, gained)) for arm, level, gained in ways]
    return [_Needed(arm, n) for arm, n in found if n is not None and n > len(arm.seeds)]


def _likely(study: StudyRecords, levels: Sequence[float]) -> list[tuple[ArmVerdict, float]]:
    """The arms with their levels; without a race few, of the smallest p, as each takes time."""
    arms = list(zip(study.comparisons, levels, strict=True))
    if study.rule.design == "race":
        return arms
    open_ones = [i for i, (arm, _) in enumerate(arms) if arm.verdict in ("not shown", "cannot say")]
    first = sorted(open_ones, key=lambda i: arms[i][0].p_unadjusted or 0.0)[:_MANY]
    return [arms[i] for i in sorted(first)]


def _seeds_of(
    study: StudyRecords, arm: ArmVerdict, level: float, differences: NDArray[np.float64]
) -> int | None:
    rule = study.rule
    if rule.design == "fixed" and len(arm.seeds) < rule.min_seeds:
        return rule.min_seeds
    if len(differences) < _FEWEST or not np.isfinite(differences).all():
        return None
    if arm.verdict == "not decided" and arm.decided_after is None:
        return seeds_until_decided(differences, level, rule.min_difference, rule.mixing, _MOST)
    size, spread = abs(float(differences.mean())), float(differences.std(ddof=1))
    if arm.verdict == "not shown" and size > 0 and spread > 0:
        # Where seeds test different groups, what images add is part of the spread.
        by_group = study.datasets[arm.dataset].split is not None
        error = 0.0 if by_group else _image_error(arm, spread, rule)
        return rule_seeds(size, spread, len(study.comparisons), rule, error)
    return None


def _image_error(arm: ArmVerdict, spread: float, rule: Rule) -> float:
    """Points by which the choice of test images lets a difference vary.

    What the interval over seeds and images is wider than S seeds of that spread would make it.
    """
    if arm.two_way_interval is None:
        return 0.0
    low, high = arm.two_way_interval
    error = (high - low) / 2 / float(scipy.special.ndtri((1 + rule.confidence) / 2))
    seeds = len(arm.seeds)
    return math.sqrt(max(0.0, error**2 - (seeds - 1) / seeds**2 * spread**2))


def _cells(study: StudyRecords, needed: Sequence[_Needed]) -> list[Cell]:
    """The runs that are not there yet, those of the baseline once; without a race, of all arms."""
    race = study.rule.design == "race"
    there = {run.cell.name for run in study.runs if run.result}
    begin = study.plan.first_seed
    found: dict[str, Cell] = {}
    for each in needed:
        dataset, model, name = each.arm.arm
        for side in (name, study.baseline) if race else study.arms:
            first = study.select(dataset, model, side)[0].cell
            for seed in range(begin, begin + each.seeds):
                cell = replace(first, seed=seed)
                if cell.name not in there:
                    found[cell.name] = cell
    return list(found.values())
