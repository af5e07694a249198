"""How far a study is, as the terminal shows it."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from augury.stats import METRICS
from augury.study.cell_states import CellStatus, count_states


def status_view(name: str, cells: Sequence[CellStatus], metric: str = "accuracy") -> Group:
    """How many cells are in each state, and a row for each cell.

    name: the study's; metric: that its arms are compared by
    """
    totals = ", ".join(f"{number} {state}" for state, number in count_states(cells).items())
    table = Table(box=None, pad_edge=False)
    for heading in ("cell", "state", "epochs", ""):
        table.add_column(heading)
    for cell in cells:
        epochs = f"{cell.epochs}/{cell.of}"
        table.add_row(*map(Text, (cell.cell, cell.state, epochs, cell.error)))
    compared = "" if metric == "accuracy" else f"; compared by {METRICS[metric]}"
    return Group(Text(f"{name}: {totals}{compared}"), table)
