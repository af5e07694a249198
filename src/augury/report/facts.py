"""What a study is, in a few words: how much was compared, and how long it trained."""

from augury.report import words
from augury.report.load import StudyRecords
from augury.report.tables import finished


def facts(study: StudyRecords) -> list[str]:
    """How many data sets, networks, arms, seeds and finished runs, and the time of training."""
    seeds = {run.cell.seed for run in study.runs}
    done = finished(study.runs)
    return [
        words.count(len(study.datasets), "data set"),
        words.count(len(study.models), "network"),
        words.count(len(study.arms), "augmentation"),
        words.count(len(seeds), "seed"),
        f"{len(done)} of {words.count(len(study.runs), 'run')} finished",
        f"{words.duration(sum(result.seconds for result in done))} of training",
        *(dataset.split.words for dataset in study.datasets.values() if dataset.split),
    ]
