"""`augury study`, `augury status`, `augury report`."""

from pathlib import Path
from typing import Annotated

import typer

from augury.api.running import check_all_done, judge_shown, run_shown, write_all
from augury.cli.engine import make_engine
from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.cli.study_options import StudyOptions, takes_study_options
from augury.names import check_name
from augury.records.json_file import read_json
from augury.report import verdict_table
from augury.study import CellCounts, StudyFolder, plan_of
from augury.study import status as study_status
from augury.study.cell_states import CellStatus, count_states
from augury.study.engines import ENGINES
from augury.terminal import err, out, status_view

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Folder = Annotated[Path, typer.Argument(help="A study's folder.", metavar="DIR")]


@guarded
@takes_study_options()
def study(given: StudyOptions) -> None:
    """Run a study, or go on with one: data sets × models × augmentations × seeds.

    Running a command again does only what is not done; more seeds or arms run only what is new.
    """
    settings = given.settings()
    path = given.folder(settings)
    check_name(given.engine, ENGINES, "engine")
    reached = run_shown(
        settings,
        path,
        lambda processes: make_engine(given.engine, given.engine_options, processes),
        given.data_dir,
        given.verbose,
    )
    if reached:
        _conclude(path, reached, given.as_json)


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
    """The cell as JSON values; only a failed one has an error."""
    return {
        name: value
        for name, value in vars(cell).items()
        if name != "error" or cell.state == "failed"
    }
