"""The engine of a study that is run from Python."""

from collections.abc import Callable
from pathlib import Path

from augury.augment import parts_of
from augury.errors import InputError
from augury.inside import is_there
from augury.names import lookup
from augury.own.here import is_here
from augury.records.plan import read_plan
from augury.study import StudyFolder, StudySettings
from augury.study.cell_states import pending_cells
from augury.study.engines import ENGINES, LOCAL, Engine, InProcess, Torchrun
from augury.training.processes import Processes


def engine_for(
    given: Engine | str | None, settings: StudySettings, path: Path
) -> Callable[[Processes], Engine]:
    """A function that makes the engine from the processes that torchrun has started.

    given: an engine, the name of one, or None for `Local`; where torchrun has started this process,
    for `Torchrun`; and where cells are made of objects that no other process has, for `InProcess`.
    Raises InputError for an unknown name, and where an engine cannot run the cells.
    """
    kind = lookup(ENGINES, given, "engine") if isinstance(given, str) else type(given or LOCAL)
    here = _things_here(settings, path)
    if here and given is not None and kind is not InProcess:
        raise InputError(
            f"{here[0]}: only this process has it, so that its cells run with engine InProcess(). "
            "What lies in a module of its own runs with any engine"
        )

    def make(processes: Processes) -> Engine:
        if processes.count > 1:
            if here or (given is not None and kind is not Torchrun):
                raise InputError("cells that torchrun's processes share run with engine Torchrun")
            return Torchrun(processes)
        if given is None:
            return InProcess() if here else LOCAL
        return kind() if isinstance(given, str) else given

    return make


def _things_here(settings: StudySettings, path: Path) -> list[str]:
    """The names of objects that only this process has, of the cells that are to run."""
    named = {*settings.models, *(p for arm in settings.augmentations for p in parts_of(arm))}
    folder = StudyFolder(path)
    if is_there(folder.plan_file):
        for cell in pending_cells(read_plan(folder.plan_file), folder):
            named |= {cell.model, *parts_of(cell.augmentation)}
    return sorted(filter(is_here, named))
