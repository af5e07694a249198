"""`augury preview`."""

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import Trust, confirm_code, names, print_json
from augury.data import check_output
from augury.errors import InputError
from augury.models import own_names
from augury.names import bounded, shown
from augury.own.kinds import MODEL
from augury.own.trust import names_in_arm, point_to
from augury.records.cell import file_part
from augury.report import preview_figure
from augury.schema import Within
from augury.study.planning.settings import arm_name, read_settings
from augury.study.preview import preview_new, preview_of_study
from augury.terminal import data_progress, out, show_with_progress

_LONGEST_NAME = 200  # bytes; a file's name may have 255, and some systems use the rest


@guarded
def preview(
    dataset: Annotated[str, typer.Argument(help="A data set's name or path.")],
    augment: Annotated[str, typer.Option(help="The augmentation.")] = "normal",
    ids: Annotated[
        str | None, typer.Option(help="Ids with commas. Default: five of the training images.")
    ] = None,
    epoch: Annotated[int, typer.Option(help="Which epoch, from 0.")] = 0,
    seed: Annotated[int, typer.Option(min=0, max=9_999, help="Which seed.")] = 0,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.png", help="Default: DATASET-AUGMENT.png.")
    ] = None,
    study: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A study: its recipe, model and precision.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model. Default: small.")] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            help="Whose saliency is used: self, self:STEPS, live, live:half, NAME, NAME=WEIGHTS, "
            "or a file."
        ),
    ] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the images, pixels.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Where data sets lie.")
    ] = None,
    trust: Trust = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write original beside augmented images, exactly as training sees them.

    Saliency of the network in training depends on its weights: its epochs up to the one that is
    asked for are trained again.
    """
    wanted = _numbers(ids)
    confirm_code(trust)
    if study:
        point_to(names_in_arm(augment))
        point_to(own_names(names(model) or ()), MODEL)
        cell, plan, data = preview_of_study(
            study, dataset, model, arm_name(augment), seed, data_dir
        )
    else:
        overrides = {
            "datasets": [dataset],
            "augmentations": [augment],
            "models": names(model),
            "teacher": teacher,
            "image_size": image_size,
            "seeds": seed + 1,
        }
        settings = read_settings(None, None, overrides)
        with data_progress() as progress:
            cell, plan, data = preview_new(settings, data_dir, progress)
    name = bounded(f"{data.name}-{file_part(cell.augmentation)}", _LONGEST_NAME)
    path = out_file or Path(f"{name}.png")
    check_output(path, plan.datasets[data.name].location, f"the figure {path}", path.name)
    shown = show_with_progress(cell, plan, data, wanted, epoch)
    preview_figure(shown, path)
    if as_json:
        found = {
            "ids": shown.arrays["ids"].tolist(),
            "classes": shown.class_names,
            "targets": shown.arrays["targets"].tolist(),
        }
        print_json({"figure": path, "epoch": epoch, "seed": seed, **found})
    else:
        out.print(f"figure: {path}", soft_wrap=True)


def _numbers(ids: str | None) -> list[int] | None:
    try:
        found = None if ids is None else [int(i) for i in ids.split(",")]
    except ValueError as error:
        raise InputError(f"ids: must be whole numbers with commas, got {shown(ids)}") from error
    for number in found or ():
        Within(0, 2**63 - 1).check("ids", number)
    return found
