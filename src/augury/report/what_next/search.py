"""Whether arms that help one by one help together."""

from collections.abc import Sequence
from dataclasses import replace

from augury.augment.names import parts_of
from augury.records.search import Search
from augury.report.load import StudyRecords
from augury.report.what_next.prices import Prices
from augury.report.what_next.step import NextStep, study_command
from augury.report.words import listed_or_counted


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

    The price is that of the second step and the test, with as many seeds as the arms took: the
    first step has the runs of the study.
    """
    arms = [each for each in study.comparisons if each.verdict == "helps"]
    helping = [each.augmentation for each in arms]
    # A chain of others is what the search itself would make of them.
    names = [arm for arm in helping if not _made_of(arm, helping)]
    if len(names) < 2 or len(study.groups) > 1 or study.search or not _can_be_searched(study):
        return None
    seeds = max(each.decided_after or len(each.seeds) for each in arms)
    runs = [*names[1:], names[0], study.baseline]
    cells = [
        replace(study.select(*study.groups[0], name)[0].cell, seed=seed)
        for name in runs
        for seed in range(seeds)
    ]
    return NextStep(
        f"search for the combination of {listed_or_counted(names)} that helps most",
        study_command(study, "--search", ",".join(names)),
        prices.of(cells),
        1,
        prices.at_once,
    )
