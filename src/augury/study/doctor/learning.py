"""Whether the networks will be trained for long enough, as far as that can be known beforehand."""

from collections.abc import Iterator

from augury.records.cell import Cell
from augury.records.plan import Plan, pair_name
from augury.stats import next_epochs
from augury.study.doctor.notice import Level, Notice
from augury.study.judging.pairs import FinishedRuns
from augury.study.judging.trained import arm_trained
from augury.study.planning.parts import count_steps

FEWEST_STEPS = 36
"""Training steps that taught `small` 99 % of the digits, the easiest images; 18 taught 94 %."""


def learning_notices(plan: Plan, finished: FinishedRuns) -> Iterator[Notice]:
    """Of each data set and network: by finished runs of the baseline, or else by planned steps."""
    for cell in {(cell.dataset, cell.model): cell for cell in plan.cells}.values():
        arm = cell.dataset, cell.model, plan.baseline
        trained = arm_trained(arm, [run.result for run in finished.get(arm, {}).values()])
        if trained.right is None:
            yield from _by_steps(plan, cell)
            continue
        level: Level = "fine"
        words = (
            f"{plan.baseline} gets {trained.right:.1f} % of its own training images right after "
            f"{cell.recipe.epochs} epochs"
        )
        if trained.still_learning:
            level, more = "warning", next_epochs(cell.recipe.epochs, trained.right / 100)
            words = f"still learning: {words}; the next budget to try: {more} epochs"
        yield Notice(level, pair_name(cell), "trained", trained.runs, words)


def _by_steps(plan: Plan, cell: Cell) -> Iterator[Notice]:
    steps, from_scratch = count_steps(plan, cell), not cell.network.pretrained
    if from_scratch and steps < FEWEST_STEPS:
        words = (
            f"{steps} training steps: the digits, the easiest images here, took {FEWEST_STEPS}, so "
            "that a network from scratch will still be learning: verdicts hold for this budget only"
        )
        yield Notice("warning", pair_name(cell), "few-steps", steps, words)
