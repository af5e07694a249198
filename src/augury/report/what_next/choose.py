"""Which of a study's possible next steps are told."""

from augury.report.load import StudyRecords
from augury.report.what_next.confirm import confirm
from augury.report.what_next.longer import train_longer
from augury.report.what_next.more_seeds import more_seeds
from augury.report.what_next.other_arms import other_arms
from augury.report.what_next.prices import Prices
from augury.report.what_next.search import go_on, search
from augury.report.what_next.step import NextStep
from augury.report.what_next.take_home import take_home
from augury.report.what_next.unfinished import finish

_MOST = 2


def next_steps(study: StudyRecords) -> list[NextStep]:
    """One or two steps; none where nothing offers itself, and in a study's own confirmations and
    searches, whose next steps are that study's.

    What is not finished comes first. The others are ordered by how many verdicts they could change
    in an hour; one without runs comes last.
    """
    if (study.folder.parent.parent / "plan.json").is_file():
        return []
    prices = Prices(study)
    if (rest := finish(study, prices) or go_on(study)) is not None:
        return [rest]
    kinds = (train_longer, more_seeds, confirm, search, other_arms)
    found = [step for kind in kinds if (step := kind(study, prices)) is not None]
    found.sort(key=lambda step: -step.verdicts / step.seconds if step.seconds else 0.0)
    if (home := take_home(study)) is not None:
        found.append(home)
    return found[:_MOST]
