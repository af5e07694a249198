"""The options that describe a study and how it is run, the same for all commands that take one.

Those of a study's settings are made from the fields of `StudySettings`, `Recipe`, `NetworkOptions`
and `Rule` that are declared with `augury.schema.option`. A new field needs nothing here.
"""

import functools
import inspect
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import typer

from augury.augment.names import AUGMENTATIONS, EARLIER_NAMES
from augury.cli.output import confirm_code, names, paths_or_names
from augury.data.folders.labels.names import split_labels
from augury.data.groups import whole_groups
from augury.data.names import DATASETS
from augury.errors import InputError
from augury.study.planning.settings import StudySettings, read_settings
from augury.study.store import default_path
from augury.study.usable_folder import usable_folder

_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_ANNOTATED: Any = Annotated  # for annotations that are made as the program runs


@dataclass(frozen=True)
class Setting:
    """A setting of a study that has an option.

    table: of the study file that it stands in, "" for the top; name: its key there, and the name
    of the command's parameter; kind: what typer reads; help: the option's line in `--help`
    """

    table: str
    name: str
    kind: type
    flag: str
    help: str

    def parameter(self) -> inspect.Parameter:
        """The option as a parameter of the command's function; None means that it is not given."""
        option = typer.Option(self.flag, help=self.help)
        return _parameter(self.name, _ANNOTATED[self.kind | None, option], None)


# Where the command line gives text that is no value of the study file yet.
_READ: dict[str, Callable[[Any], object]] = {
    "datasets": lambda text: paths_or_names(text, DATASETS),
    "labels": split_labels,
    "groups": whole_groups,
    "models": names,
    "log": names,
    "augmentations": lambda text: paths_or_names(text, [*AUGMENTATIONS, *EARLIER_NAMES]),
    "weights": lambda path: str(path.resolve()),
}
_KINDS: dict[str, type] = {"weights": Path}


def study_settings() -> Iterator[Setting]:
    """All settings of a study that have an option, in the order of their fields."""
    yield from _settings_of(StudySettings, "")


def _settings_of(cls: type, table: str) -> Iterator[Setting]:
    hints = get_type_hints(cls)
    for each in fields(cls):
        if is_dataclass(hints[each.name]):
            yield from _settings_of(hints[each.name], each.name)
        elif "help" in each.metadata:
            kind = _KINDS.get(each.name) or _kind(hints[each.name])
            flag = each.metadata.get("flag") or _flag(each.name, kind)
            yield Setting(table, each.name, kind, flag, each.metadata["help"])


def _kind(hint: Any) -> type:
    """The type that typer reads for a field; a list is read as one text with commas."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    found: type = str if get_origin(hint) is tuple else hint
    return found


def _flag(name: str, kind: type) -> str:
    flag = name.replace("_", "-")
    return f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}"


@dataclass(frozen=True)
class StudyOptions:
    """The options of a study that a command was given, in the order of `--help`.

    overrides: the settings that were given, as a study file has them
    """

    file: Annotated[Path | None, typer.Argument(help="A study file.", metavar="FILE.toml")] = None
    preset: Annotated[
        str | None, typer.Option(help="Start from a preset; original is the report's study.")
    ] = None
    overrides: Mapping[str, object] = field(default_factory=dict)
    search: Annotated[
        str | None,
        typer.Option(
            help="Find the best combination of these, with commas, in order.", metavar="ARMS"
        ),
    ] = None
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Its folder. Default: studies/NAME.", metavar="DIR")
    ] = None
    workers: Annotated[
        int | None, typer.Option(min=1, help="Cells run at once. Default: one a core.")
    ] = None
    data_dir: Annotated[
        Path | None, typer.Option("--data", help="Where data sets lie.", metavar="DIR")
    ] = None
    engine: Annotated[
        str,
        typer.Option(
            help="What runs the cells: local (processes of this machine), ray, or in-process."
        ),
    ] = "local"
    address: Annotated[
        str | None,
        typer.Option(help="A Ray cluster's address, or auto. Default: one on this machine."),
    ] = None
    gpus_per_cell: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=1.0,
            help="Share of a GPU, with Ray. Default: 0.25 small networks, 1 others.",
        ),
    ] = None
    trust: Annotated[
        bool,
        typer.Option(
            "--trust", help="Confirm the code that the study names, and remember it by its content."
        ),
    ] = False
    verbose: Annotated[bool, typer.Option("--verbose", help="A line for each epoch.")] = False
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False

    def settings(self) -> StudySettings:
        """Settings from preset, study file and command line; `--trust` applies from here on."""
        confirm_code(self.trust)
        given = self.overrides if self.search is None else self._searched(self.search)
        return read_settings(self.file, self.preset, given)

    def _searched(self, candidates: str) -> Mapping[str, object]:
        """The settings that were given, with the arms of a search: baseline and candidates.

        Arms that `--augment` names are those of the study, which a search leaves as they are.
        """
        for name in ("seeds", "until_decided"):
            # In a study file they are those of the study that is there.
            if self.overrides.get(name):
                flag = f"--{name.replace('_', '-')}"
                raise InputError(f"search: adds seeds as they are needed; leave {flag} out")
        stored = read_settings(self.file, self.preset, {}).baseline
        baseline = self.overrides.get("baseline") or stored or "none"
        found = paths_or_names(candidates, [*AUGMENTATIONS, *EARLIER_NAMES]) or []
        if baseline in found:
            raise InputError(f"search: {baseline} is the baseline, and no candidate")
        return {**self.overrides, "augmentations": [baseline, *found]}

    def folder(self, settings: StudySettings) -> Path:
        """The study's folder; InputError where it cannot be one."""
        return usable_folder(self.out_dir or default_path(settings.title))

    def flags(self, without: Container[str] = ()) -> list[str]:
        """The flags given that describe the study, except for the settings `without`."""
        given = {"a study file": self.file, "--preset": self.preset, "--search": self.search}
        found = [flag for flag, value in given.items() if value is not None]
        for setting in study_settings():
            table = self.overrides.get(setting.table) if setting.table else self.overrides
            if isinstance(table, Mapping) and setting.name in table and setting.name not in without:
                found.append(setting.flag.partition("/")[0])
        return found

    @property
    def engine_options(self) -> dict[str, int | float | str | None]:
        """Arguments for the engine; None for those that were not given."""
        return {
            "workers": self.workers,
            "address": self.address,
            "gpus_per_cell": self.gpus_per_cell,
        }


def takes_study_options(
    without: Container[str] = (),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator: the command as typer reads it, with a study's options for its first parameter.

    Its other parameters are options of its own, and come first in `--help`. without: fields of
    `StudyOptions` that it does not take, as it has others of the same name.
    """
    shared = [each for each in _parameters() if each.name not in without]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[1:]

        @functools.wraps(command)
        def run(**values: Any) -> None:
            given = _gathered(**{each.name: values.pop(each.name) for each in shared})
            command(given, **values)

        parameters = [each.replace(kind=_KEYWORD) for each in own] + shared
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate


def _parameters() -> Iterator[inspect.Parameter]:
    hints = get_type_hints(StudyOptions, include_extras=True)
    for each in fields(StudyOptions):
        if each.name == "overrides":
            yield from (setting.parameter() for setting in study_settings())
        else:
            yield _parameter(each.name, hints[each.name], each.default)


def _parameter(name: str, hint: Any, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, _KEYWORD, default=default, annotation=hint)


def _gathered(**values: Any) -> StudyOptions:
    """The options from the command's arguments."""
    top: dict[str, object] = {}
    tables: dict[str, dict[str, object]] = {}
    for setting in study_settings():
        value = values.pop(setting.name)
        if value is not None:
            table = tables.setdefault(setting.table, {}) if setting.table else top
            table[setting.name] = _READ.get(setting.name, _as_it_is)(value)
    return StudyOptions(overrides={**top, **tables}, **values)


def _as_it_is(value: object) -> object:
    return value
