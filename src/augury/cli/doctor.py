"""`augury doctor`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.cli.study_options import StudyOptions, takes_study_options
from augury.terminal.printer import out

if TYPE_CHECKING:
    from augury.study.doctor import Diagnosis

_PROBLEM = 3


@guarded
@takes_study_options()
def doctor(
    given: StudyOptions,
    spread: Annotated[
        float | None,
        typer.Option(help="Deviation of paired differences, points. Default: of finished runs."),
    ] = None,
) -> None:
    """Before a study runs: what is wrong with its data, what it costs, what it can show.

    Takes the options of augury study, so that any such command can be given to it first. Nothing
    is trained, and nothing is written in the study's folder.
    """
    from augury.cli.engine import make_engine
    from augury.study.doctor import examine
    from augury.terminal.diagnosis import diagnosis_view
    from augury.terminal.loading_progress import data_progress
    from augury.training.processes import ALONE

    settings = given.settings()
    path = given.folder(settings)
    # Refuses the options that augury study would.
    engine = make_engine(given.engine, given.engine_options, ALONE)
    with data_progress() as progress:
        found = examine(
            settings,
            path=path,
            data_dir=given.data_dir,
            engine=engine,
            spread=spread,
            progress=progress,
        )
    if given.as_json:
        print_json(_values(found))
    else:
        out.print(diagnosis_view(found))
    if found.problems:
        raise typer.Exit(_PROBLEM)


def _values(found: "Diagnosis") -> dict[str, object]:
    return {"schema": 1, "problems": found.problems, **asdict(found)}
