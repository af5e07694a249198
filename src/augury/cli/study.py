"""`augury study`."""

from augury.cli.guard import guarded
from augury.cli.study_options import StudyOptions, takes_study_options


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
    reached = run_shown(
        settings,
        path,
        lambda processes: make_engine(given.engine, given.engine_options, processes),
        given.data_dir,
        given.verbose,
    )
    if reached:
        conclude(path, reached, given.as_json)
