"""`augury export`."""

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import confirm_code, print_json
from augury.terminal.printer import out


@guarded
def export(
    what: Annotated[
        str,
        typer.Argument(
            help="A study's folder, for its winner; or an augmentation: a name, a+b, a file.",
            metavar="STUDY|ARM",
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            help="torchvision, albumentations, kornia, keras, timm, ultralytics, or python: "
            "augury's own library."
        ),
    ],
    arm: Annotated[
        str | None, typer.Option(help="An arm of the study, in place of its winner.")
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Side of the images, pixels. Default: of the study.")
    ] = None,
    num_classes: Annotated[
        int | None, typer.Option("--classes", help="Of the data. Default: of the study.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there, too.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Confirm the code that the study names.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the winner of a study, or any augmentation, as code for another library.

    Each difference in meaning is a comment. What the library cannot express is one line and exit
    code 2; it is never approximated.
    """
    from augury.api.exporting import export_arm, write_code

    confirm_code(trust)
    found = export_arm(what, to, arm, image_size, num_classes)
    if out_file:
        write_code(out_file, found.code)
    if as_json:
        print_json({"arm": found.arm, "to": to, "file": out_file, "code": found.code})
        return
    if out_file:
        out.print(f"written: {out_file}", soft_wrap=True)
        return
    for line in found.code.splitlines():
        out.print(line, soft_wrap=True)
