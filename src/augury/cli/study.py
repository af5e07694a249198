"""`augury study`, `augury status`, `augury report`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from augury.api.running import check_all_done, judge_shown, run_shown, write_all
from augury.augment import AUGMENTATIONS, EARLIER_NAMES
from augury.cli.engine import make_engine
from augury.cli.guard import guarded
from augury.cli.output import Trust, confirm_code, names, paths_or_names, print_json
from augury.data import DATASETS
from augury.names import check_name
from augury.records.json_file import read_json
from augury.report import verdict_table
from augury.study import CellCounts, StudyFolder, plan_of, read_settings
from augury.study import status as study_status
from augury.study.cell_states import CellStatus, count_states
from augury.study.engines import ENGINES
from augury.study.store import default_path
from augury.study.usable_folder import usable_folder
from augury.terminal import err, out, status_view

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Folder = Annotated[Path, typer.Argument(help="A study's folder.", metavar="DIR")]


@guarded
def study(
    file: Annotated[Path | None, typer.Argument(help="A study file.", metavar="FILE.toml")] = None,
    preset: Annotated[
        str | None, typer.Option(help="Start from a preset; original is the report's study.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Names or paths, with commas. Default: digits.")
    ] = None,
    models: Annotated[str | None, typer.Option(help="Names. Default: small.")] = None,
    augment: Annotated[
        str | None,
        typer.Option(help="Names; a+b is a, then b. Default: none,normal,random-erasing,salience."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Paired seeds an arm. Default: 6.")] = None,
    baseline: Annotated[
        str | None, typer.Option(help="The arm to compare with. Default: none, or the first.")
    ] = None,
    min_difference: Annotated[
        float | None, typer.Option(help="Smallest difference that matters, points. Default: 0.2.")
    ] = None,
    until_decided: Annotated[
        bool | None, typer.Option("--until-decided", help="Add seeds until all is decided.")
    ] = None,
    max_seeds: Annotated[
        int | None, typer.Option(help="Seeds at most, with --until-decided. Default: 24.")
    ] = None,
    max_hours: Annotated[
        float | None, typer.Option(help="Hours after which no seeds are added.")
    ] = None,
    corruptions: Annotated[
        int | None, typer.Option(help="Test images also seen corrupted; 0: none. Default: 200.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd or adamw.")] = None,
    lr: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Weight decay.")] = None,
    schedule: Annotated[
        str | None, typer.Option(help="onecycle, cosine, plateau or constant.")
    ] = None,
    label_smoothing: Annotated[float | None, typer.Option(help="In [0, 1).")] = None,
    validation: Annotated[
        float | None, typer.Option(help="Share of the training part held out. Default: 0.3.")
    ] = None,
    train_limit: Annotated[int | None, typer.Option(help="Training images at most.")] = None,
    test_limit: Annotated[int | None, typer.Option(help="Test images at most.")] = None,
    select: Annotated[
        str | None, typer.Option(help="Which epoch is tested: last, or best on validation.")
    ] = None,
    normalization: Annotated[str | None, typer.Option(help="train, pretrained or unit.")] = None,
    head: Annotated[str | None, typer.Option(help="linear or original.")] = None,
    stem: Annotated[str | None, typer.Option(help="imagenet or small.")] = None,
    pretrained: Annotated[
        bool | None, typer.Option("--pretrained/--no-pretrained", help="Start from timm's weights.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="A file or folder with pretrained weights.")
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            help="Whose saliency is used: self, self:STEPS, live, live:half, NAME, NAME=WEIGHTS, "
            "or a file."
        ),
    ] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the images, pixels.")] = None,
    name: Annotated[str | None, typer.Option(help="The study's name.")] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Its folder. Default: studies/NAME.", metavar="DIR")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Cells run at once. Default: one a core.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data", help="Where data sets lie.", metavar="DIR")
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            help="What runs the cells: local (processes of this machine), ray, or in-process."
        ),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="A Ray cluster's address, or auto. Default: one on this machine."),
    ] = None,
    gpus_per_cell: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=1.0,
            help="Share of a GPU, with Ray. Default: 0.25 small networks, 1 others.",
        ),
    ] = None,
    trust: Trust = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="A line for each epoch.")] = False,
    as_json: Json = False,
) -> None:
    """Run a study, or go on with one: data sets × models × augmentations × seeds.

    Running a command again does only what is not done; more seeds or arms run only what is new.
    """
    overrides: dict[str, Any] = {
        "name": name,
        "datasets": paths_or_names(dataset, DATASETS),
        "models": names(models),
        "augmentations": paths_or_names(augment, {**AUGMENTATIONS, **EARLIER_NAMES}),
        "seeds": seeds,
        "baseline": baseline,
        "min_difference": min_difference,
        "until_decided": until_decided,
        "max_seeds": max_seeds,
        "max_hours": max_hours,
        "corruptions": corruptions,
        "teacher": teacher,
        "image_size": image_size,
        "recipe": {
            "epochs": epochs,
            "batch_size": batch_size,
            "optimizer": optimizer,
            "lr": lr,
            "weight_decay": weight_decay,
            "schedule": schedule,
            "label_smoothing": label_smoothing,
            "validation": validation,
            "train_limit": train_limit,
            "test_limit": test_limit,
            "select": select,
            "normalization": normalization,
        },
        "network": {
            "head": head,
            "stem": stem,
            "pretrained": pretrained,
            "weights": str(weights.resolve()) if weights else None,
        },
    }
    confirm_code(trust)
    settings = read_settings(file, preset, overrides)
    path = usable_folder(out_dir or default_path(settings.title))
    engine_options = {"workers": workers, "address": address, "gpus_per_cell": gpus_per_cell}
    check_name(engine, ENGINES, "engine")
    reached = run_shown(
        settings,
        path,
        lambda processes: make_engine(engine, engine_options, processes),
        data_dir,
        verbose,
    )
    if reached:
        _conclude(path, reached, as_json)


@guarded
def report(folder: Folder, as_json: Json = False) -> None:
    """Judge what has changed of a study, and write its report."""
    _conclude(folder, judge_shown(folder), as_json)


def _conclude(path: Path, reached: CellCounts, as_json: bool) -> None:
    """Write summary and report, print the verdicts, and fail where cells have failed."""
    records, page = write_all(path)
    if as_json:
        print_json(
            {"report": page, "cells": vars(reached), "verdicts": read_json(path / "verdicts.json")}
        )
    else:
        out.print(verdict_table(records))
        out.print(f"report: {page}", soft_wrap=True)
    check_all_done(reached, path)


@guarded
def status(folder: Folder, as_json: Json = False) -> None:
    """Say how far a study is."""
    plan = plan_of(folder)
    cells = study_status(plan, StudyFolder(folder))
    counts = count_states(cells)
    if as_json:
        print_json({"study": plan.name, "counts": counts, "cells": [*map(_values, cells)]})
        return
    out.print(status_view(plan.name, cells))
    if counts["failed"]:
        err.print(f"{counts['failed']} failed", style="red")


def _values(cell: CellStatus) -> dict[str, object]:
    """As JSON values; only a cell that failed has an error."""
    return {
        name: value
        for name, value in vars(cell).items()
        if name != "error" or cell.state == "failed"
    }
