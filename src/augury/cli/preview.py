"""`augury preview`."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import confirm_code, print_json
from augury.cli.study_options import StudyOptions, takes_study_options
from augury.data.dataset import Dataset
from augury.data.location import check_output
from augury.errors import InputError
from augury.names import bounded, shown
from augury.own.kinds import MODEL
from augury.own.trust import names_in_arm, point_to
from augury.records.cell import Cell, file_part
from augury.records.plan import Plan, plan_of
from augury.schema import Within
from augury.study.planning.settings import arm_name
from augury.terminal.loading_progress import data_progress
from augury.terminal.printer import out

if TYPE_CHECKING:
    from augury.study.preview import Preview

_LONGEST_NAME = 200  # bytes; a file's name may have 255, and some systems use the rest
_ARM = "normal"  # where none is asked for

# A cell with its plan and its data.
Loaded = tuple[Cell, Plan, Dataset]
# Data set, model and augmentation; the model is None where any one of the study's will do.
Wanted = tuple[str, str | None, str]


@guarded
@takes_study_options(without=("file", "out_dir"))
def preview(
    given: StudyOptions,
    source: Annotated[
        str | None,
        typer.Argument(
            help="A data set's name or path, or a study file.", metavar="DATASET|FILE.toml"
        ),
    ] = None,
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
    sheet: Annotated[
        str | None,
        typer.Option(
            metavar="ROWSxCOLUMNS", help="A contact sheet of an epoch's first batch, as 8x8."
        ),
    ] = None,
) -> None:
    """Write original beside augmented images, exactly as training sees them.

    Saliency of the network in training depends on its weights: its epochs up to the one that is
    asked for are trained again. Takes the options of augury study, and draws a figure for each of
    several data sets, models or augmentations; without --augment or a study file, for normal.
    """
    from augury.cli.engine import make_engine
    from augury.report.figures import preview_figure
    from augury.report.sheet import read_sheet_size, write_sheet
    from augury.study.preview import first_batch
    from augury.terminal.preview_progress import show_with_progress
    from augury.training.processes import ALONE

    shown_ids = _numbers(ids)
    size = read_sheet_size(sheet) if sheet is not None else None
    if size and shown_ids is not None:
        raise InputError("--ids and --sheet exclude each other: a sheet shows a batch")
    make_engine(given.engine, given.engine_options, ALONE)  # refuses what augury study would
    given = _with_source(given, source, model)
    grid, load = _in_study(given, study, seed) if study else _in_new_study(given, seed)
    if out_file and len(grid) > 1:
        raise InputError(f"--out {out_file}: names one figure, and {len(grid)} are asked for")
    several_models = len({model for _, model, _ in grid}) > 1
    found = []
    for wanted in grid:
        cell, plan, data = load(wanted)
        path = out_file or Path(_file_name(cell, several_models, "-sheet" if size else ""))
        check_output(path, plan.datasets[data.name].location, f"the figure {path}", path.name)
        if size:
            shown_ids = first_batch(cell, data, epoch, size.pictures)
        drawn = show_with_progress(cell, plan, data, shown_ids, epoch)
        if size:
            write_sheet(drawn, size, path)
        else:
            preview_figure(drawn, path)
        found.append(_values(drawn, path, seed))
        if not given.as_json:
            out.print(f"figure: {path}", soft_wrap=True)
    if given.as_json:
        print_json(found[0] if len(found) == 1 else {"figures": found})


def _with_source(given: StudyOptions, source: str | None, model: str | None) -> StudyOptions:
    """`given` with what `source` names, a data set or a study file, and with `model`."""
    overrides = dict(given.overrides)
    if model:
        overrides["models"] = [model]
    if source and source.endswith(".toml"):
        return replace(given, file=Path(source), overrides=overrides)
    if source:
        overrides["datasets"] = [source]
    return replace(given, overrides=overrides)


def _in_new_study(
    given: StudyOptions, seed: int
) -> tuple[list[Wanted], Callable[[Wanted], Loaded]]:
    """The figures wanted of a study that does not exist yet, and a function that makes a cell."""
    from augury.study.preview import preview_new

    settings = given.settings()
    named = given.file or given.preset or "augmentations" in given.overrides
    arms = settings.augmentations if named else (_ARM,)

    def load(wanted: Wanted) -> Loaded:
        dataset, model, arm = wanted
        one = replace(
            settings,
            datasets=(dataset,),
            models=(model,) if model else settings.models,
            augmentations=(arm,),
            baseline="",
            seeds=seed + 1,
            until_decided=False,
        )
        with data_progress() as progress:
            return preview_new(one, given.data_dir, progress)

    return list(product(settings.datasets, settings.models, arms)), load


def _in_study(
    given: StudyOptions, study: Path, seed: int
) -> tuple[list[Wanted], Callable[[Wanted], Loaded]]:
    """The figures wanted of a stored study, and a function that reads a cell."""
    from augury.models import own_names
    from augury.study.preview import preview_of_study

    others = given.flags(without=("datasets", "models", "augmentations"))
    if others:
        raise InputError(f"--study {study}: has settings of its own, without {', '.join(others)}")
    confirm_code(given.trust)
    datasets = _texts(given, "datasets") or list(plan_of(study).datasets)
    models: list[str | None] = [*_texts(given, "models")] or [None]
    arms = _texts(given, "augmentations") or [_ARM]

    def load(wanted: Wanted) -> Loaded:
        dataset, model, arm = wanted
        point_to(names_in_arm(arm))
        point_to(own_names([model] if model else []), MODEL)
        return preview_of_study(study, dataset, model, arm_name(arm), seed, given.data_dir)

    return list(product(datasets, models, arms)), load


def _texts(given: StudyOptions, name: str) -> list[str]:
    """A setting that is a list of names; empty where it was not given."""
    value = given.overrides.get(name)
    return list(value) if isinstance(value, list) else []


def _file_name(cell: Cell, with_model: bool, ending: str) -> str:
    model = f"-{file_part(cell.model)}" if with_model else ""
    name = f"{cell.dataset}{model}-{file_part(cell.augmentation)}"
    return f"{bounded(name, _LONGEST_NAME - len(ending))}{ending}.png"


def _values(drawn: "Preview", path: Path, seed: int) -> dict[str, object]:
    return {
        "figure": path,
        "epoch": drawn.epoch,
        "seed": seed,
        "ids": drawn.arrays["ids"].tolist(),
        "classes": drawn.class_names,
        "targets": drawn.arrays["targets"].tolist(),
    }


def _numbers(ids: str | None) -> list[int] | None:
    try:
        found = None if ids is None else [int(i) for i in ids.split(",")]
    except ValueError as error:
        raise InputError(f"ids: must be whole numbers with commas, got {shown(ids)}") from error
    for number in found or ():
        Within(0, 2**63 - 1).check("ids", number)
    return found
