"""`augury study`, `augury status`, `augury report`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from augury.augment import AUGMENTATIONS, EARLIER_NAMES
from augury.cli.guard import guarded
from augury.cli.output import Trust, confirm_code, names, paths_or_names, print_json
from augury.data import DATASETS
from augury.errors import CellsFailed, InputError
from augury.names import check_name
from augury.records.json_file import read_json
from augury.report import load_study, verdict_table, write_report, write_summary
from augury.schema import Within
from augury.study import (
    Outcome,
    Plan,
    StudyFolder,
    StudySettings,
    judge_study,
    open_study,
    outcome,
    plan_of,
    read_settings,
    run_study,
    run_until_decided,
)
from augury.study import status as study_status
from augury.study.engines.ray_cluster import RayOptions, require_ray
from augury.study.engines.torchrun import end, follow
from augury.study.store import default_path
from augury.study.usable_folder import usable_folder
from augury.terminal.data_progress import data_progress, few_of_each_reason
from augury.terminal.printer import err, out, say
from augury.terminal.study_progress import StudyProgress
from augury.training.processes import Processes, started_by_torchrun

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
        str, typer.Option(help="What runs the cells: local (processes of this machine) or ray.")
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
    ray = _ray_options(engine, address, gpus_per_cell)
    with started_by_torchrun() as processes:
        if not processes.first:
            follow(path, processes, data_dir)
            return
        reached = _run(settings, path, workers, data_dir, ray, processes, verbose)
        end(processes)
    _conclude(path, reached, as_json)


def _run(
    settings: StudySettings,
    path: Path,
    workers: int | None,
    data_dir: Path | None,
    ray: RayOptions | None,
    processes: Processes,
    verbose: bool,
) -> Outcome:
    """Plan and run, and show how far it is."""
    if processes.count > 1:
        if ray or workers:
            raise InputError("--engine ray and --workers do not go with torchrun")
        workers = processes.count  # so that each has its share of the cores
    with data_progress() as progress:
        plan = open_study(
            settings, path, workers=workers, data_dir=data_dir, progress=progress, ray=ray
        )
    StudyFolder(path).set_aside_damaged(plan.cells, say)
    for dataset in plan.datasets.values():
        for note in dataset.notes:
            say(note)
        for line in few_of_each_reason(dataset.set_aside):
            say(f"set aside: {line}")

    def run(plan: Plan) -> Outcome:
        with StudyProgress(plan, StudyFolder(path), verbose) as watch:
            return run_study(
                plan,
                path,
                workers=workers,
                data_dir=data_dir,
                on_event=watch,
                progress=watch.judged,
                ray=ray,
                processes=processes,
            )

    if settings.until_decided:
        return run_until_decided(plan, StudyFolder(path), run, settings.max_hours)
    return run(plan)


def _ray_options(
    engine: str, address: str | None, gpus_per_cell: float | None
) -> RayOptions | None:
    """Where Ray runs the cells; None where it is not asked for."""
    check_name(engine, ("local", "ray"), "engine")
    if gpus_per_cell is not None:
        Within(0.01, 1).check("--gpus-per-cell", gpus_per_cell)  # the option lets NaN pass
    options = RayOptions(address, gpus_per_cell)
    if engine == "ray":
        require_ray(options)
        return options
    if options != RayOptions():
        raise InputError("--address and --gpus-per-cell go with --engine ray")
    return None


@guarded
def report(folder: Folder, as_json: Json = False) -> None:
    """Judge what has changed of a study, and write its report."""
    plan = plan_of(folder)
    with data_progress() as progress:
        judge_study(plan, StudyFolder(folder), progress)
    _conclude(folder, outcome(plan, StudyFolder(folder)), as_json)


def _conclude(path: Path, reached: Outcome, as_json: bool) -> None:
    """Write summary and report, print the verdicts, and fail where cells have failed."""
    study = load_study(path)
    write_summary(study)
    page = write_report(study)
    if as_json:
        print_json(
            {"report": page, "cells": vars(reached), "verdicts": read_json(path / "verdicts.json")}
        )
    else:
        out.print(verdict_table(study))
        out.print(f"report: {page}", soft_wrap=True)
    if reached.failed:
        raise CellsFailed(
            f"{reached.failed} of {reached.cells} cells failed; augury status {path} says why, "
            "the same command tries them again"
        )


@guarded
def status(folder: Folder, as_json: Json = False) -> None:
    """Say how far a study is."""
    plan = plan_of(folder)
    cells = study_status(plan, StudyFolder(folder))
    states = [cell["state"] for cell in cells]
    counts = {state: states.count(state) for state in ("done", "begun", "waiting", "failed")}
    if as_json:
        print_json({"study": plan.name, "counts": counts, "cells": cells})
        return
    totals = ", ".join(f"{n} {state}" for state, n in counts.items())
    out.print(f"{plan.name}: {totals}")
    table = Table(box=None, pad_edge=False)
    for heading in ("cell", "state", "epochs", ""):
        table.add_column(heading)
    for cell in cells:
        epochs = f"{cell['epochs']}/{cell['of']}"
        table.add_row(*map(Text, (cell["cell"], cell["state"], epochs, cell.get("error", ""))))
    out.print(table)
    if counts["failed"]:
        err.print(f"{counts['failed']} failed", style="red")
