"""`augury status`."""

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.records.plan import plan_of
from augury.study.cell_states import CellStatus, count_states
from augury.study.cell_states import status as study_status
from augury.study.store import StudyFolder
from augury.terminal.printer import err, out
from augury.terminal.status import status_view


@guarded
def status(
    folder: Annotated[Path, typer.Argument(help="A study's folder.", metavar="DIR")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Say how far a study is."""
    plan = plan_of(folder)
    cells = study_status(plan, StudyFolder(folder))
    counts = count_states(cells)
    if as_json:
        print_json(
            {
                "study": plan.name,
                "metric": plan.rule.metric,
                "counts": counts,
                "cells": [*map(_values, cells)],
            }
        )
        return
    out.print(status_view(plan.name, cells, plan.rule.metric))
    if counts["failed"]:
        err.print(f"{counts['failed']} failed", style="red")


def _values(cell: CellStatus) -> dict[str, object]:
    """The cell as JSON values; only a failed one has an error."""
    return {
        name: value
        for name, value in vars(cell).items()
        if name != "error" or cell.state == "failed"
    }
