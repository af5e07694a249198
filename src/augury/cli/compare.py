"""`augury compare`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from augury.cli.guard import guarded
from augury.cli.output import out, print_json
from augury.report.words import fixed, p_value, signed, span
from augury.study.compare import compare_studies


@guarded
def compare(
    first: Annotated[Path, typer.Argument(help="A study's folder.", metavar="FIRST")],
    second: Annotated[Path, typer.Argument(help="Another one.", metavar="SECOND")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what the same augmentation does in two studies: SECOND minus FIRST, paired by seed."""
    comparisons = compare_studies(first, second)
    if as_json:
        print_json({"first": first, "second": second, "comparisons": comparisons})
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("augmentation", overflow="fold")
    for heading in ("first %", "second %", "points", "interval", "p", "seeds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for c in comparisons:
        values = (fixed(c["baseline_accuracy"]), fixed(c["accuracy"]), signed(c["difference"]))
        numbers = (*values, span(c["interval"]), p_value(c["p"]), str(len(c["seeds"])))
        name = Group(Text(c["augmentation"]), Text(f"{c['model']} on {c['dataset']}"))
        table.add_row(name, *map(Text, (*numbers, c["words"])))
    out.print(table)
