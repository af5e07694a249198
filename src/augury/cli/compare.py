"""`augury compare`."""

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.records.json_file import to_values
from augury.study.compare import ArmChange, compare_studies
from augury.terminal.comparison import comparison_view
from augury.terminal.printer import out


@guarded
def compare(
    first: Annotated[Path, typer.Argument(help="A study's folder.", metavar="FIRST")],
    second: Annotated[Path, typer.Argument(help="Another one.", metavar="SECOND")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what the same augmentation does in two studies: SECOND minus FIRST, paired by seed."""
    changes = compare_studies(first, second)
    if as_json:
        comparisons = [_values(change) for change in changes]
        print_json({"first": first, "second": second, "comparisons": comparisons})
        return
    out.print(comparison_view(changes))


def _values(change: ArmChange) -> dict[str, object]:
    """The comparison as JSON values, its names first."""
    names = {"dataset": change.dataset, "model": change.model, "augmentation": change.augmentation}
    return {**names, **to_values(change)}
