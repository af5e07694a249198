"""Runs that are planned and have not ended, or have failed."""

from augury.report.load import StudyRecords
from augury.report.what_next.prices import Prices
from augury.report.what_next.search import search_options
from augury.report.what_next.step import NextStep, study_command
from augury.report.words import count, listed


def finish(study: StudyRecords, prices: Prices) -> NextStep | None:
    """Run them: the same command tries failed ones again."""
    runs = [run for run in study.runs if run.status != "done"]
    if not runs:
        return None
    states = [run.status for run in runs]
    told = [
        count(states.count(status), noun, plural)
        for status, noun, plural in (
            ("missing", "run is not finished", "runs are not finished"),
            ("failed", "run has failed", "runs have failed"),
        )
        if status in states
    ]
    cells = [run.cell for run in runs]
    arms = {(cell.dataset, cell.model, cell.augmentation) for cell in cells}
    alone = any(arm[2] == study.baseline for arm in arms)
    verdicts = len(study.comparisons) if alone else len(arms)
    # What the study of a search alone lacks comes from its first step.
    options = search_options(study.search) if study.search and study.search.alone else ()
    return NextStep(
        f"go on: {listed(told)}",
        study_command(study, *options),
        prices.of(cells),
        max(1, verdicts),
        prices.at_once,
    )
