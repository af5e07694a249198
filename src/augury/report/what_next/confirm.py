"""Whether what is decided still holds at twice the epochs."""

from dataclasses import replace

from augury.records.cell import Cell
from augury.report.load import StudyRecords
from augury.report.what_next.prices import Prices
from augury.report.what_next.step import NextStep, study_command
from augury.report.words import listed_or_counted
from augury.study.confirming.reading import decided_arms

_CONDITION = "twice-epochs"


def confirm(study: StudyRecords, prices: Prices) -> NextStep | None:
    """Of the arms that help or hurt, where this has not been asked, as many seeds as they took.

    Not where networks were still learning: then all of the study is worth more epochs.
    """
    asked = {each.arm for each in study.confirmations if each.condition == _CONDITION}
    arms = [each for each in decided_arms(study.comparisons) if each.arm not in asked]
    if not arms or study.next_epochs is not None:
        return None
    cells: dict[str, Cell] = {}
    for each in arms:
        dataset, model, name = each.arm
        for side in (name, study.baseline):
            first = study.select(dataset, model, side)[0].cell
            for seed in range(each.decided_after or len(each.seeds)):
                cell = replace(first, seed=seed)
                cells[cell.name] = cell
    seconds = prices.of(cells.values())
    verbs = "helps or hurts" if len(arms) == 1 else "help or hurt"
    names = listed_or_counted([each.augmentation for each in arms])
    return NextStep(
        f"see whether {names} still {verbs} at twice the epochs",
        study_command(study, "--confirm", "--conditions", _CONDITION),
        None if seconds is None else 2 * seconds,
        len(arms),
        prices.at_once,
    )
