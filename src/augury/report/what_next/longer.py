"""More epochs, where networks were still learning."""

from augury.report.load import StudyRecords
from augury.report.what_next.prices import Prices
from augury.report.what_next.step import NextStep, study_command


def train_longer(study: StudyRecords, prices: Prices) -> NextStep | None:
    """The study once more with the next budget, in a folder of its own."""
    epochs = study.next_epochs
    learning = [each for each in study.trained if each.still_learning]
    if epochs is None or not learning:
        return None
    now = study.plan.cells[0].recipe.epochs
    seconds = prices.of([run.cell for run in study.runs])
    folder = f"{study.folder}-{epochs}-epochs"
    baseline = any(each.augmentation == study.baseline for each in learning)
    return NextStep(
        f"train {epochs} epochs in place of {now}, as networks were still learning",
        study_command(study, "--epochs", str(epochs), "--out", folder),
        None if seconds is None else seconds * epochs / now,
        len(study.comparisons) if baseline else len(learning),
        prices.at_once,
    )
