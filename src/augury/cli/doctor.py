"""`augury doctor`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from augury.augment import AUGMENTATIONS, EARLIER_NAMES
from augury.cli.guard import guarded
from augury.cli.output import (
    Trust,
    confirm_code,
    names,
    paths_or_names,
    print_json,
)
from augury.data import DATASETS
from augury.study import read_settings
from augury.study.doctor import Diagnosis, examine
from augury.study.store import default_path
from augury.study.usable_folder import usable_folder
from augury.terminal.data_progress import data_progress
from augury.terminal.diagnosis import diagnosis_view
from augury.terminal.printer import out

_PROBLEM = 3


@guarded
def doctor(
    file: Annotated[Path | None, typer.Argument(help="A study file.", metavar="FILE.toml")] = None,
    preset: Annotated[str | None, typer.Option(help="Start from a preset.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Names or paths, with commas. Default: digits.")
    ] = None,
    models: Annotated[str | None, typer.Option(help="Names. Default: small.")] = None,
    augment: Annotated[str | None, typer.Option(help="Names, as for augury study.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Paired seeds an arm. Default: 6.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    train_limit: Annotated[int | None, typer.Option(help="Training images at most.")] = None,
    test_limit: Annotated[int | None, typer.Option(help="Test images at most.")] = None,
    out_dir: Annotated[
        Path | None,
        typer.Option("--out", help="The study's folder. Default: studies/NAME.", metavar="DIR"),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data", help="Where data sets lie.", metavar="DIR")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Cells run at once. Default: one a core.")
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(help="Deviation of paired differences, points. Default: of finished runs."),
    ] = None,
    trust: Trust = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Before a study runs: what is wrong with its data, what it costs, what it can show.

    Nothing is trained, and nothing is written in the study's folder.
    """
    overrides: dict[str, Any] = {
        "datasets": paths_or_names(dataset, DATASETS),
        "models": names(models),
        "augmentations": paths_or_names(augment, {**AUGMENTATIONS, **EARLIER_NAMES}),
        "seeds": seeds,
        "recipe": {"epochs": epochs, "train_limit": train_limit, "test_limit": test_limit},
    }
    confirm_code(trust)
    settings = read_settings(file, preset, overrides)
    path = usable_folder(out_dir or default_path(settings.title))
    with data_progress() as progress:
        found = examine(
            settings,
            path=path,
            data_dir=data_dir,
            workers=workers,
            spread=spread,
            progress=progress,
        )
    if as_json:
        print_json(_values(found))
    else:
        out.print(diagnosis_view(found))
    if found.problems:
        raise typer.Exit(_PROBLEM)


def _values(found: Diagnosis) -> dict[str, Any]:
    return {"schema": 1, "problems": found.problems, **asdict(found)}
