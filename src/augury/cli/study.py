"""`augury study`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from augury.cli.guard import guarded
from augury.cli.study_options import StudyOptions, takes_study_options

if TYPE_CHECKING:
    from augury.study.engines import Engine
    from augury.study.planning.settings import StudySettings
    from augury.training.processes import Processes


@guarded
@takes_study_options()
def study(given: StudyOptions) -> None:
    """Run a study, or go on with one: data sets × models × augmentations × seeds.

    Running a command again does only what is not done; more seeds or arms run only what is new.
    """
    from augury.api.running import run_shown
    from augury.cli.conclusion import conclude
    from augury.cli.engine import make_engine
    from augury.names import check_name
    from augury.study.engines import ENGINES

    settings = given.settings()
    path = given.folder(settings)
    check_name(given.engine, ENGINES, "engine")

    def engine_for(processes: "Processes") -> "Engine":
        return make_engine(given.engine, given.engine_options, processes)

    if given.search is not None:
        _search(given, settings, path, engine_for)
    elif reached := run_shown(settings, path, engine_for, given.data_dir, given.verbose):
        conclude(path, reached, given.as_json)


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
