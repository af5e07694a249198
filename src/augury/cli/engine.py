"""The engine that a command's options ask for."""

from collections.abc import Mapping
from inspect import signature

from augury.errors import InputError
from augury.names import lookup
from augury.study.engines import ENGINES, Engine, Torchrun
from augury.training.processes import Processes

Options = Mapping[str, int | float | str | None]
"""Arguments of an engine by name; None for those that were not given."""


def make_engine(name: str, options: Options, processes: Processes) -> Engine:
    """The engine of `ENGINES` that is called `name`, configured; under torchrun its own.

    Raises InputError for an unknown name and for an option that the engine does not take.
    """
    kind = lookup(ENGINES, name, "engine")
    given = {option: value for option, value in options.items() if value is not None}
    if processes.count > 1:
        if name not in ("local", "torchrun") or given:
            other = "ray" if name in ("local", "torchrun") else name
            raise InputError(f"--engine {other} and --workers do not go with torchrun")
        return Torchrun(processes)
    for option in given:
        if option not in signature(kind).parameters:
            raise InputError(_belongs_to(option, options, name))
    return kind(**given)


def _belongs_to(option: str, options: Options, name: str) -> str:
    """With which engines `option` goes, and what else goes with them but not with `name`."""
    takes = {engine: signature(kind).parameters for engine, kind in ENGINES.items()}
    engines = [engine for engine in takes if option in takes[engine]]
    theirs = [other for other in options if all(other in takes[engine] for engine in engines)]
    words = [f"--{other.replace('_', '-')}" for other in theirs if other not in takes[name]]
    go = "go" if len(words) > 1 else "goes"
    return f"{' and '.join(words)} {go} with --engine {' or '.join(engines)}"
