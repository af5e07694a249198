"""`augury report`."""

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.guard import guarded


@guarded
def report(
    folder: Annotated[Path, typer.Argument(help="A study's folder.", metavar="DIR")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Judge what has changed of a study, and write its report."""
    from augury.api.concluding import judge_shown
    from augury.cli.conclusion import conclude

    conclude(folder, judge_shown(folder), as_json)
