"""Whether arms that help one by one help together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from augury.augment.names import parts_of
from augury.records.search import Search
from augury.records.verdicts import ArmVerdict
from augury.report.load import StudyRecords
from augury.report.what_next.pairs import paired_differences
from augury.report.what_next.prices import Prices
from augury.report.what_next.step import NextStep, study_command
from augury.report.words import listed_or_counted
from augury.stats.e_process import anytime_p
from augury.stats.race import FEWEST_PAIRS
from augury.study.racing.outlook import seeds_until_decided


def search_options(search: Search) -> tuple[str, str]:
    """What a study's command goes on with a search by."""
    return "--search", ",".join(search.candidates)


def go_on(study: StudyRecords) -> NextStep | None:
    """Go on with a search that is not over, or whose winner is not tested."""
    search = study.search
    if search is None or (search.ended and not search.untested):
        return None
    command = study_command(study, *search_options(search))
    return NextStep("go on with the search for a combination", command, None, 1)


def _can_be_searched(study: StudyRecords) -> bool:
    """Whether there are validation images, and test images that are none of them at other seeds."""
    held_out = all(run.cell.recipe.validation > 0 for run in study.runs)
    datasets = study.datasets.values()
    own = all(dataset.own_validation for dataset in datasets)
    return (held_out or own) and not any(dataset.split for dataset in datasets)


def _made_of(arm: str, others: Sequence[str]) -> bool:
    """Whether an arm is a chain whose parts are all among the others."""
    parts = parts_of(arm)
    return len(parts) > 1 and all(part in others for part in parts)


def search(study: StudyRecords, prices: Prices) -> NextStep | None:
    """Of two or more arms that help on one data set with one network, where none was made.

    The price is that of the second step and the test, and of the seeds that the first step needs
    beyond the study's runs. None where it would find nothing: validation images are fewer than test
    images, and show less.
    """
    arms = [each for each in study.comparisons if each.verdict == "helps"]
    helping = [each.augmentation for each in arms]
    # A chain of others is what the search itself would make of them.
    names = [arm for arm in helping if not _made_of(arm, helping)]
    if len(names) < 2 or len(study.groups) > 1 or study.search or not _can_be_searched(study):
        return None
    seeds = _seeds(study, [each for each in arms if each.augmentation in names])
    if seeds is None:
        return None
    there = {run.cell.name for run in study.runs if run.result}
    cells = [
        replace(study.select(*study.groups[0], name)[0].cell, seed=seed)
        for name in (study.baseline, *names)
        for seed in range(study.plan.first_seed, study.plan.first_seed + seeds)
    ]
    again = [*cells[2 * seeds :], *cells[: 2 * seeds]]  # all but one on top of it; then the test
    return NextStep(
        f"search for the combination of {listed_or_counted(names)} that helps most",
        study_command(study, "--search", ",".join(names)),
        prices.of([*again, *(cell for cell in cells if cell.name not in there)]),
        1,
        prices.at_once,
    )


def _seeds(study: StudyRecords, arms: Sequence[ArmVerdict]) -> int | None:
    """Seeds with which the best of the arms is shown to help on validation images; None if more
    than the study's bound would be needed."""
    best = max(arms, key=lambda each: each.difference or 0.0)
    seen = paired_differences(study, best, "validation")
    if len(seen) < FEWEST_PAIRS or not np.isfinite(seen).all():
        return max(len(each.seeds) for each in arms)  # nothing is known of them
    rule = study.rule
    most = max(int(study.plan.settings.get("max_seeds", 0)), len(seen) + 1)
    if seen.mean() <= 0:
        return None
    level = rule.alpha / len(arms)
    shown = np.flatnonzero(anytime_p(seen, mixing=rule.mixing) <= level)
    if len(shown):
        return int(shown[0]) + 1
    return seeds_until_decided(seen, level, rule.min_difference, rule.mixing, most)
