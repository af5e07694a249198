"""What became of decided arms under other conditions, as a table for the terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from augury.printable import printable
from augury.report.lasting import lasting_groups
from augury.report.load import StudyRecords
from augury.report.words import level, signed, span
from augury.study.confirming.conditions import CONDITIONS

_STYLES = {"holds": "bold green", "flips": "bold red", "failed": "red", "not decided": "yellow"}


def lasting_table(study: StudyRecords) -> Table | None:
    """A row for each arm and condition, 80 columns wide; None where nothing was asked again."""
    groups = lasting_groups(study)
    if not groups:
        return None
    table = Table(title="Does it last?", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("augmentation", overflow="fold")
    table.add_column("condition", overflow="fold")
    for heading in ("points", f"{level(study.rule.confidence)} interval", "seeds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for group in groups:
        if len(study.groups) > 1:
            table.add_row(Group(_text(group.model, "bold"), _text(f"on {group.dataset}", "bold")))
        for row in group.rows:
            own = row.comparison
            figures = (signed(own.difference), span(own.interval), str(len(own.seeds)))
            verdict = _text(own.verdict)
            table.add_row(*map(_text, (own.augmentation, "this study", *figures)), verdict)
            for name, condition in CONDITIONS.items():
                if each := row.found.get(name):
                    figures = (signed(each.difference), span(each.interval), str(each.seeds))
                    finding = _text(each.finding, _STYLES.get(each.finding, ""))
                    table.add_row("", *map(_text, (condition.title, *figures)), finding)
            table.add_section()
    return table


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style)
