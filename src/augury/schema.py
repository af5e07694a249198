"""Checks the values of a TOML or JSON file against the annotations of frozen dataclasses.

A field's annotation holds its type and bounds: `epochs: Annotated[int, Within(1, 1_000_000)]`.
Supported are bool, int, float (also takes an int), str, None, Literal, unions, list[X],
tuple[X, ...], tuple[X, Y], dict[str, X], other dataclasses, and Any for any JSON value. Each error
is one InputError that names field, bound and value.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from augury.errors import InputError
from augury.names import check_name, shown

T = TypeVar("T")

# Nesting of lists and tables; real files have a few levels. Python stops at about 1,000.
DEEPEST = 100
_LARGEST = 2**63 - 1  # of integers, in TOML and in NumPy
_LONGEST_PATH = 80  # characters of a field's path that an error repeats


@dataclass(frozen=True)
class Within:
    """The bounds of a number.

    over: `low` itself is not allowed; under: `high` itself is not allowed.
    """

    low: float
    high: float
    over: bool = False
    under: bool = False

    def check(self, name: str, value: float) -> None:
        """Raise InputError, naming the bound that `value` breaks."""
        if value < self.low or (self.over and value == self.low):
            bound = f"{'over' if self.over else 'at least'} {_number(self.low)}"
        elif value > self.high or (self.under and value == self.high):
            bound = f"{'under' if self.under else 'at most'} {_number(self.high)}"
        elif value != value:
            bound = "a number"
        else:
            return
        raise InputError(f"{name}: must be {bound}, got {shown(value)}")


def option(default: T, help: str, flag: str = "") -> T:
    """A field of settings that is also an option of the command line; help: its line in `--help`.

    flag: the option's name if it differs from the field's, as "--dataset" for `datasets`.
    """
    return field(default=default, metadata={"help": help, "flag": flag})


def read_as(hint: Any, value: object, where: str) -> Any:
    """`value`, from TOML or JSON, converted to the type `hint`.

    where: the beginning of the error, for instance the file. Lists become tuples and tables become
    dataclasses where `hint` says so; a table must have every field without a default, and no
    unknown ones.
    Raises InputError with the field's path: "plan.json: cells[3].seed must be int, got 'x'".
    """
    try:
        return _read(hint, value, "")
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def read_changes(instance: Any, changes: object, where: str) -> dict[str, Any]:
    """A table of `changes` to `instance`, converted to arguments of `dataclasses.replace`.

    If a field is a dataclass, its table may hold only some of its fields. Raises InputError, as
    `read_as` does, for an unknown field or a wrong type.
    """
    if not isinstance(changes, Mapping):
        raise InputError(f"{where} must be a table, got {shown(changes)}")
    hints = _hints(instance.__class__)
    found = {}
    for key, value in changes.items():
        check_name(key, hints, f"setting in {where}:")
        old = getattr(instance, key)
        if is_dataclass(old):
            inside = f"{where}: [{key}]"
            found[key] = replaced(old, read_changes(old, value, inside), inside)
        else:
            try:
                found[key] = _read(hints[key], value, key)
            except InputError as error:
                raise InputError(f"{where}: {error}") from error
    return found


def replaced(instance: Any, changes: Mapping[str, Any], where: str) -> Any:
    """`dataclasses.replace`; an InputError of the class gets `where` in front."""
    try:
        return replace(instance, **changes)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error


def check_fields(instance: Any) -> None:
    """Raise InputError if a field of a dataclass does not fit its annotation."""
    for name, hint in _hints(instance.__class__).items():
        _read(hint, getattr(instance, name), name)


def _number(value: float) -> str:
    return f"{value:,}" if abs(value) >= 10_000 else f"{value}"


@cache
def _hints(cls: Any) -> dict[str, object]:
    return get_type_hints(cls, include_extras=True)


def _read(hint: Any, value: Any, name: str) -> Any:
    """`value` converted to `hint`; name: the field's path, "" for the whole value."""
    kind, arguments = get_origin(hint), get_args(hint)
    if kind is Annotated:
        found = _read(arguments[0], value, name)
        if found is not None:
            arguments[1].check(name, found)
        return found
    if kind in (Union, UnionType):
        return _read_union(hint, value, name)
    if kind is Literal:
        if value not in arguments:
            raise _refused(hint, value, name)
        return value
    if hint is Any:
        _check_json(value, name, DEEPEST)
        return value
    if is_dataclass(hint):
        return _read_dataclass(hint, value, name)
    if kind is dict:
        _check_type(Mapping, hint, value, name)
        return {
            _read(str, key, f"{name}: a name"): _read(arguments[1], each, _inside(name, key))
            for key, each in value.items()
        }
    if kind in (list, tuple):
        return _read_sequence(hint, value, name)
    return _read_plain(hint, value, name)


def _read_union(hint: Any, value: Any, name: str) -> Any:
    """`value` as the first type of a union that accepts it; the bounds of that type apply."""
    choices = [choice for choice in get_args(hint) if choice is not NoneType]
    if value is None and len(choices) < len(get_args(hint)):
        return None
    if len(choices) == 1:
        return _read(choices[0], value, name)
    for choice in choices:
        bare = get_args(choice)[0] if get_origin(choice) is Annotated else choice
        try:
            _read(bare, value, name)
        except InputError:
            continue
        return _read(choice, value, name)
    raise _refused(hint, value, name)


def _read_sequence(hint: Any, value: Any, name: str) -> Any:
    _check_type((list, tuple), hint, value, name)
    kind, arguments = get_origin(hint), get_args(hint)
    hints = [arguments[0]] * len(value) if kind is list or Ellipsis in arguments else arguments
    if len(hints) != len(value):
        raise _refused(hint, value, name)
    pairs = zip(hints, value, strict=True)
    return kind(_read(hint, each, f"{name}[{i}]") for i, (hint, each) in enumerate(pairs))


def _read_dataclass(cls: Any, value: Any, name: str) -> Any:
    if isinstance(value, cls):
        return value
    _check_type(Mapping, cls, value, name)
    hints = _hints(cls)
    for key in value:
        check_name(key, hints, f"field of {name}:" if name else "field")
    for each in fields(cls):
        if each.default is each.default_factory is MISSING and each.name not in value:
            raise InputError(f"{_inside(name, each.name)} is missing")
    found = {key: _read(hints[key], it, _inside(name, key)) for key, it in value.items()}
    try:
        return cls(**found)
    except ValueError as error:
        raise InputError(f"{name}: {error}" if name else str(error)) from error


def _read_plain(hint: Any, value: Any, name: str) -> Any:
    allowed = (float, int) if hint is float else NoneType if hint is None else hint
    _check_type(allowed, hint, value, name)
    if isinstance(value, bool) and hint is not bool:
        raise _refused(hint, value, name)
    if isinstance(value, str):
        _check_text(value, name)
    elif isinstance(value, int):
        Within(-_LARGEST, _LARGEST).check(name, value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name}: must be finite, got {value}")
    return value


def _check_json(value: Any, name: str, depth: int) -> None:
    """Raise InputError for a value that is not JSON, or nested too deeply."""
    if not depth:
        raise InputError(f"{name}: nested more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        for key, each in value.items():
            _read_plain(str, key, f"{name}: a name")
            _check_json(each, _inside(name, key), depth - 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_json(each, name, depth - 1)
    elif value is not None:
        plain = next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), None)
        if plain is None:
            raise InputError(
                f"{name}: must be made of numbers, texts, true, false, lists and tables, "
                f"got {shown(value)}"
            )
        _read_plain(plain, value, name)


def _check_text(value: str, name: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{name}: must be valid Unicode, got {shown(value)}") from error
    if "\0" in value:
        raise InputError(f"{name}: must not hold the character NUL, got {shown(value)}")


def _inside(name: str, key: str) -> str:
    """The path of a field, shortened if it is too long to read."""
    return f"{name}.{key[:_LONGEST_PATH]}".lstrip(".")


def _check_type(allowed: Any, hint: Any, value: object, name: str) -> None:
    if not isinstance(value, allowed):
        raise _refused(hint, value, name)


def _refused(hint: Any, value: object, name: str) -> InputError:
    return InputError(f"{name} must be {_title(hint)}, got {shown(value)}".lstrip())


def _title(hint: Any) -> str:
    """An annotation in words."""
    kind, arguments = get_origin(hint), get_args(hint)
    if kind is Annotated:
        return _title(arguments[0])
    if kind in (Union, UnionType):
        return " or ".join(_title(each) for each in arguments if each is not NoneType)
    if kind is Literal:
        return " or ".join(map(repr, arguments))
    if kind in (list, tuple):
        if kind is tuple and Ellipsis not in arguments:
            return f"a list of {len(arguments)}"
        one = _title(arguments[0])
        return "a list of tables" if one == "a table" else f"a list of {one}"
    if kind is dict or is_dataclass(hint):
        return "a table"
    return "anything" if hint is Any else "null" if hint is None else str(hint.__name__)
