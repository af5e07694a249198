"""`augury list`."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from rich.table import Table

from augury.augment.names import AUGMENTATIONS
from augury.augment.recipes.published import PUBLISHED
from augury.augment.strength import STRENGTHS
from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.data.names import DATASETS
from augury.models.named import MODELS
from augury.names import either, lookup
from augury.saliency.kinds import KINDS
from augury.study.planning.recipes import RECIPES
from augury.terminal.printer import out

_TABLES: Mapping[str, Callable[[], dict[str, str]]] = {
    "augmentations": lambda: AUGMENTATIONS.titles,
    "strengths": lambda: {f"{name}@s": meaning for name, meaning in STRENGTHS.items()},
    "published": lambda: {name: str(recipe) for name, recipe in PUBLISHED.items()},
    "recipes": lambda: {name: str(recipe) for name, recipe in RECIPES.items()},
    "saliency": lambda: {n: kind.title for n, kind in KINDS.items()},
    "models": lambda: (
        {n: m.title for n, m in MODELS.items()}
        | {"timm:NAME": "any other network of timm"}
        | {"module:function": "a network of your own: (num_classes, channels) -> nn.Module"}
    ),
    "datasets": lambda: (
        DATASETS.titles
        | {"PATH": "a folder or archive of images: class/image, train|val|test/class/image, …"}
        | {"module:function": "a data set of your own, which the function gives"}
    ),
}


@guarded
def list_names(
    what: Annotated[str, typer.Argument(help=f"{either(_TABLES)}.")],
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
