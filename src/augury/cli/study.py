"""`augury study`."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import names
from augury.cli.study_options import StudyOptions, takes_study_options

if TYPE_CHECKING:
    from augury.study.engines import Engine
    from augury.study.planning.settings import StudySettings
    from augury.training.processes import Processes


@guarded
@takes_study_options()
def study(
    given: StudyOptions,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Then ask what helps or hurts again: does it last?")
    ] = False,
    conditions: Annotated[
        str | None,
        typer.Option(
            help="With --confirm, under which conditions: twice-epochs, half-data, full-data, "
            "half-strength, twice-strength. Default: all."
        ),
    ] = None,
) -> None:
    """Run a study, or go on with one: data sets × models × augmentations × seeds.

    Running a command again does only what is not done; more seeds or arms run only what is new.
    """
    from augury.api.running import run_shown
    from augury.cli.conclusion import conclude
    from augury.cli.engine import make_engine
    from augury.errors import InputError
    from augury.names import check_name
    from augury.study.engines import ENGINES

    settings = given.settings()
    path = given.folder(settings)
    check_name(given.engine, ENGINES, "engine")
    if conditions is not None and not confirm:
        raise InputError("--conditions goes with --confirm")
    if confirm and given.search is not None:
        raise InputError("--confirm does not go with --search: give it once the search is over")

    def engine_for(processes: "Processes") -> "Engine":
        return make_engine(given.engine, given.engine_options, processes)

    if given.search is not None:
        _search(given, settings, path, engine_for)
    elif confirm:
        _confirm(given, settings, path, engine_for, conditions)
    elif reached := run_shown(settings, path, engine_for, given.data_dir, given.verbose):
        conclude(path, reached, given.as_json)


def _confirm(
    given: StudyOptions,
    settings: "StudySettings",
    path: Path,
    engine_for: "Callable[[Processes], Engine]",
    conditions: str | None,
) -> None:
    from augury.api.confirming import (
        check_alone,
        check_conditions_done,
        confirm_shown,
        without_budget,
    )
    from augury.api.running import run_shown
    from augury.cli.conclusion import conclude
    from augury.study.confirming.conditions import chosen_conditions

    began, chosen = time.monotonic(), chosen_conditions(names(conditions))
    check_alone()
    own, data_dir = without_budget(settings, path), given.data_dir
    if reached := run_shown(own, path, engine_for, data_dir, given.verbose):
        asked = confirm_shown(
            settings, path, lambda *_: engine_for, data_dir, given.verbose, chosen, began
        )
        conclude(path, reached, given.as_json)
        check_conditions_done(asked)


def _search(
    given: StudyOptions,
    settings: "StudySettings",
    path: Path,
    engine_for: "Callable[[Processes], Engine]",
) -> None:
    from augury.api.concluding import check_all_done, judge_shown
    from augury.api.searching import search_shown
    from augury.cli.conclusion import conclude

    searched = search_shown(settings, path, engine_for, given.data_dir, given.verbose)
    conclude(path, judge_shown(path), given.as_json)
    for folder, reached in searched.counts.items():
        check_all_done(reached, folder)
