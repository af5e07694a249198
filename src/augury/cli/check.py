"""`augury check`."""

from dataclasses import asdict
from typing import Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.terminal.printer import out

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
    from augury.checks import check as run_checks
    from augury.checks import subject
    from augury.terminal.findings import findings_view

    found = run_checks(subject(name, per_batch), p, samples)
    faults = sum(finding.verdict == "FAULT" for finding in found)
    if as_json:
        print_json(
            {"augmentation": name, "faults": faults, "findings": [asdict(each) for each in found]}
        )
    else:
        out.print(findings_view(name, found))
    if faults:
        raise typer.Exit(_FAULT)
