"""The verdicts as a table for the terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from augury.printable import printable
from augury.report.features_words import features_lines
from augury.report.load import StudyRecords
from augury.report.pairing_words import pairing_lines
from augury.report.search_words import search_lines
from augury.report.subgroup_words import subgroup_lines
from augury.report.tables import VerdictRow, verdict_rows
from augury.report.training_words import training_lines
from augury.report.words import at_least, count, fixed, level, p_value, signed, span, warnings

_STYLES = {
    "helps": "bold green",
    "hurts": "bold red",
    "no difference": "",
    "not decided": "yellow",
    "not shown": "",
    "cannot say": "dim",
    "baseline": "dim",
}

# As narrow as the table needs.
_HEADINGS = {
    "accuracy": "test %",
    "balanced-accuracy": "balanced %",
    "macro-f1": "macro-F1 %",
}


def verdict_table(study: StudyRecords) -> Group:
    """Each arm against the baseline, a section for every data set and network; 80 columns wide.

    Under it: which classes and groups of test images are hurt, whether networks were still
    learning, whose features were computed once, who is left out and tested, how many runs are not
    there, and how many test images leak.
    """
    several = len(study.groups) > 1
    dataset, model = study.groups[0]
    title = None if several else _text(f"{model} on {dataset}")
    table = Table(title=title, title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("augmentation", overflow="fold")
    for heading in (
        metric_heading(study),
        "points",
        f"{level(study.rule.confidence)} interval",
        "p",
        "seeds",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for dataset, model in study.groups:
        if several:
            table.add_row(Group(_text(model, "bold"), _text(f"on {dataset}", "bold")))
        for row in verdict_rows(study, dataset, model):
            table.add_row(*_row(row, "groups" if study.datasets[dataset].split else "images"))
        table.add_section()
    hurt = (_text(line, "red") for line in subgroup_lines(study, ("hurts",)))
    training = (_text(line, "yellow") for line in training_lines(study))
    once = (_text(line, "dim") for line in features_lines(study))
    together = (_text(line, "dim") for line in pairing_lines(study))
    search = (_text(line) for line in (search_lines(study.search) if study.search else ()))
    missing = (_text(warning, "red") for warning in warnings(study))
    splits = (dataset.split for dataset in study.datasets.values())
    tested = (_text(split.words, "dim") for split in splits if split)
    return Group(table, *hurt, *training, *once, *together, *tested, *missing, *search)


def metric_heading(study: StudyRecords) -> str:
    """The heading of the arms' accuracies: "test %"."""
    return _HEADINGS[study.rule.metric].replace("test", study.part)


def _row(row: VerdictRow, tested: str) -> list[RenderableType]:
    comparison = row.comparison
    figures = ["", "", ""]
    if comparison:
        figures = [signed(comparison.difference), span(comparison.interval), p_value(comparison.p)]
    cells = [row.augmentation, fixed(row.accuracy), *figures, str(row.seeds)]
    verdict = (_text(line, _STYLES[row.verdict]) for line in _verdict(row, tested))
    return [*map(_text, cells), Group(*verdict)]


def _verdict(row: VerdictRow, tested: str) -> list[str]:
    comparison = row.comparison
    if comparison and comparison.decided_after and row.verdict == "not decided":
        return [row.verdict, f"too few {tested}"]
    if comparison and comparison.decided_after:
        return [row.verdict, f"after {count(comparison.decided_after, 'seed')}"]
    if row.verdict != "not shown" or not comparison or comparison.detectable is None:
        return [row.verdict]
    return [row.verdict, "could see", f"≥ {at_least(comparison.detectable)}"]


def _text(text: str, style: str = "") -> Text:
    """Names come from whoever made the study, and this is printed on anybody's console."""
    return Text(printable(text), style)
