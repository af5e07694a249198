"""What the checks of an augmentation found, as the terminal shows it."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from augury.checks import Finding

_STYLES = {"ok": "green", "FAULT": "bold red", "note": "dim"}


def findings_view(name: str, found: Sequence[Finding]) -> Group:
    """A row for each check, and how many found a fault. name: the augmentation's."""
    table = Table(title=Text(name), title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("check", "expected", "found"):
        table.add_column(heading, overflow="fold")
    table.add_column("", no_wrap=True)
    for each in found:
        verdict = Text(each.verdict, _STYLES[each.verdict])
        table.add_row(*map(Text, (each.name, each.expected, each.measured)), verdict)
    faults = sum(each.verdict == "FAULT" for each in found)
    words = f"{faults} of {len(found)} checks found a fault"
    return Group(table, Text(words, "bold red" * bool(faults)))
