"""The verdicts as a table for the terminal."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from augury.report.load import Study
from augury.report.tables import VerdictRow, verdict_rows
from augury.report.words import at_least, count, fixed, leaked, level, p_value, signed, span

_STYLES = {
    "helps": "bold green",
    "hurts": "bold red",
    "not shown": "",
    "cannot say": "dim",
    "baseline": "dim",
}


def verdict_table(study: Study) -> Table:
    """Each arm against the baseline, a section for every data set and network; 80 columns wide.

    Under it: how many runs are not there, and how many test images leak.
    """
    several = len(study.groups) > 1
    dataset, model = study.groups[0]
    title = None if several else Text(f"{model} on {dataset}")
    table = Table(title=title, title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    if warnings := _warnings(study):
        table.caption = Text("\n".join(warnings), "red", justify="left")
    table.add_column("augmentation", overflow="fold")
    for heading in ("test %", "points", f"{level(study.rule.confidence)} interval", "p", "seeds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for dataset, model in study.groups:
        if several:
            table.add_row(Text(f"{model}\non {dataset}", "bold"))
        for row in verdict_rows(study, dataset, model):
            table.add_row(*_row(row))
        table.add_section()
    return table


def _warnings(study: Study) -> list[str]:
    states = [cell.status for cell in study.cells]
    found = []
    if not_done := len(states) - states.count("done"):
        kinds = [(states.count("failed"), "failed"), (states.count("missing"), "not finished")]
        told = ", ".join(f"{number} {kind}" for number, kind in kinds if number)
        found.append(f"{not_done} of {count(len(states), 'run')} left out: {told}")
    for name, dataset in study.datasets.items():
        if dataset.leakage and dataset.leakage.images:
            where = f"{name}: " if len(study.datasets) > 1 else ""
            found.append(f"{where}{leaked(dataset.leakage)}")
    return found


def _row(row: VerdictRow) -> list[Text]:
    comparison = row.comparison
    figures = ["", "", ""]
    if comparison:
        figures = [signed(comparison.difference), span(comparison.interval), p_value(comparison.p)]
    cells = [row.augmentation, fixed(row.accuracy), *figures, str(row.seeds)]
    return [*map(Text, cells), Text(_verdict(row), _STYLES[row.verdict])]


def _verdict(row: VerdictRow) -> str:
    if row.verdict != "not shown" or not row.comparison or row.comparison.detectable is None:
        return row.verdict
    return f"{row.verdict}\ncould see\n≥ {at_least(row.comparison.detectable)}"
