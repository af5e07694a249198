"""`augury study`, `augury status`, `augury report`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from augury.cli.engine import make_engine
from augury.cli.guard import guarded
from augury.cli.output import (
    data_progress,
    err,
    few_of_each_reason,
    out,
    print_json,
    say,
)
from augury.cli.progress import StudyProgress
from augury.cli.study_options import StudyOptions, takes_study_options
from augury.errors import CellsFailed
from augury.names import check_name
from augury.records.json_file import read_json
from augury.report import load_study, verdict_table, write_report, write_summary
from augury.study import (
    CellCounts,
    Plan,
    StudyFolder,
    StudySettings,
    count_cells,
    judge_study,
    open_study,
    plan_of,
    run_study,
    run_until_decided,
)
from augury.study import status as study_status
from augury.study.engines import ENGINES, Engine
from augury.study.engines.torchrun import end, follow
from augury.training.processes import started_by_torchrun

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
    with started_by_torchrun() as processes:
        if not processes.first:
            follow(path, processes, given.data_dir)
            return
        engine = make_engine(given.engine, given.engine_options, processes)
        reached = _run(settings, path, engine, given.data_dir, given.verbose)
        end(processes)
    _conclude(path, reached, given.as_json)


def _run(
    settings: StudySettings, path: Path, engine: Engine, data_dir: Path | None, verbose: bool
) -> CellCounts:
    """Plan and run, and show how far it is."""
    with data_progress() as progress:
        plan = open_study(settings, path, engine=engine, data_dir=data_dir, progress=progress)
    StudyFolder(path).set_aside_damaged(plan.cells, say)
    for dataset in plan.datasets.values():
        for note in dataset.notes:
            say(note)
        for line in few_of_each_reason(dataset.set_aside):
            say(f"set aside: {line}")

    def run(plan: Plan) -> CellCounts:
        with StudyProgress(plan, StudyFolder(path), verbose) as shown:
            return run_study(
                plan,
                path,
                engine=engine,
                data_dir=data_dir,
                on_event=shown,
                progress=shown.judged,
            )

    if settings.until_decided:
        return run_until_decided(plan, StudyFolder(path), run, settings.max_hours)
    return run(plan)


@guarded
def report(folder: Folder, as_json: Json = False) -> None:
    """Judge what has changed of a study, and write its report."""
    plan = plan_of(folder)
    with data_progress() as progress:
        judge_study(plan, StudyFolder(folder), progress)
    _conclude(folder, count_cells(plan, StudyFolder(folder)), as_json)


def _conclude(path: Path, reached: CellCounts, as_json: bool) -> None:
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
    states = [cell.state for cell in cells]
    counts = {state: states.count(state) for state in ("done", "begun", "waiting", "failed")}
    if as_json:
        entries = [
            {name: value for name, value in vars(cell).items() if (name, value) != ("error", "")}
            for cell in cells
        ]
        print_json({"study": plan.name, "counts": counts, "cells": entries})
        return
    totals = ", ".join(f"{n} {state}" for state, n in counts.items())
    out.print(f"{plan.name}: {totals}")
    table = Table(box=None, pad_edge=False)
    for heading in ("cell", "state", "epochs", ""):
        table.add_column(heading)
    for cell in cells:
        epochs = f"{cell.epochs}/{cell.of}"
        table.add_row(*map(Text, (cell.cell, cell.state, epochs, cell.error)))
    out.print(table)
    if counts["failed"]:
        err.print(f"{counts['failed']} failed", style="red")
