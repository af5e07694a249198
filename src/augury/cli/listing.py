"""`augury list`."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from augury.augment import AUGMENTATIONS
from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.data import DATASETS
from augury.models import MODELS
from augury.names import lookup
from augury.saliency import KINDS
from augury.terminal.printer import out

_TABLES = {
    "augmentations": lambda: {n: _first_line(c) for n, c in AUGMENTATIONS.items()},
    "saliency": lambda: {n: kind.title for n, kind in KINDS.items()},
    "models": lambda: (
        {n: m.title for n, m in MODELS.items()}
        | {"timm:NAME": "any other network of timm"}
        | {"module:function": "a network of your own: (num_classes, channels) -> nn.Module"}
    ),
    "datasets": lambda: (
        {n: _module_line(load) for n, load in DATASETS.items()}
        | {"PATH": "a folder or archive of images: class/image, train|val|test/class/image, …"}
        | {"module:function": "a data set of your own, which the function gives"}
    ),
}


@guarded
def list_names(
    what: Annotated[str, typer.Argument(help="models, augmentations, saliency or datasets.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what there is."""
    entries = lookup(_TABLES, what, "list")()
    if as_json:
        print_json(entries)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, description in entries.items():
        table.add_row(name, description)
    out.print(table)


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


def _module_line(load: object) -> str:
    return _first_line(sys.modules[load.__module__])
