"""`augury check`."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from augury.checks import Finding, subject
from augury.checks import check as run_checks
from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.terminal.printer import out

_STYLES = {"ok": "green", "FAULT": "bold red", "note": "dim"}
_FAULT = 3


@guarded
def check(
    name: Annotated[
        str,
        typer.Argument(
            help="One of ours, a chain such as normal+cutmix, or module:attribute.",
            metavar="NAME|MODULE:ATTRIBUTE",
        ),
    ],
    p: Annotated[
        float | None, typer.Option("--p", help="Documented probability. Default: its attribute p.")
    ] = None,
    per_batch: Annotated[
        bool, typer.Option("--per-batch", help="Call another library's transform once a batch.")
    ] = False,
    samples: Annotated[int, typer.Option(help="Images augmented for each rate.")] = 40_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check any augmentation: drawn per image, as often as documented, repeatable, labels right.

    Methods that follow saliency are given random maps.
    """
    found = run_checks(subject(name, per_batch), p, samples)
    faults = sum(finding.verdict == "FAULT" for finding in found)
    if as_json:
        print_json(
            {"augmentation": name, "faults": faults, "findings": [asdict(each) for each in found]}
        )
    else:
        out.print(_table(name, found))
        out.print(f"{faults} of {len(found)} checks found a fault", style="bold red" * bool(faults))
    if faults:
        raise typer.Exit(_FAULT)


def _table(name: str, found: list[Finding]) -> Table:
    table = Table(title=Text(name), title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("check", "expected", "found"):
        table.add_column(heading, overflow="fold")
    table.add_column("", no_wrap=True)
    for each in found:
        verdict = Text(each.verdict, _STYLES[each.verdict])
        table.add_row(*map(Text, (each.name, each.expected, each.measured)), verdict)
    return table
