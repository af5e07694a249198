"""What the same augmentations do in two studies, as the terminal shows it."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from augury.report.words import fixed, p_value, signed, span
from augury.stats import METRICS
from augury.study.compare import ArmChange


def comparison_view(changes: Sequence[ArmChange]) -> Table:
    """A row for each arm that both studies have."""
    metrics = {METRICS[change.metric] for change in changes} - {METRICS["accuracy"]}
    title = f"by {' and '.join(metrics)} on the test images" if metrics else None
    table = Table(title=title, title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("augmentation", overflow="fold")
    for heading in ("first %", "second %", "points", "interval", "p", "seeds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for c in changes:
        values = (fixed(c.baseline_accuracy), fixed(c.accuracy), signed(c.difference))
        numbers = (*values, span(c.interval), p_value(c.p), str(len(c.seeds)))
        name = Group(Text(c.augmentation), Text(f"{c.model} on {c.dataset}"))
        table.add_row(name, *map(Text, (*numbers, c.words)))
    return table
