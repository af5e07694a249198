from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Literal

import pytest

from augury.errors import InputError
from augury.names import shown
from augury.schema import DEEPEST, Within, check_fields, option, read_as, read_changes, replaced


@dataclass(frozen=True)
class Part:
    size: Annotated[int, Within(1, 1_000)]
    share: Annotated[float, Within(0, 1, under=True)] | None = None
    kind: Literal["a", "b"] = "a"

    def __post_init__(self) -> None:
        if self.size == 7:
            raise ValueError("size: never 7")


@dataclass(frozen=True)
class Whole:
    name: str
    parts: tuple[Part, ...]
    pair: tuple[int, float] = (1, 2.0)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    first: Part = field(default_factory=lambda: Part(1))


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def test_tables_become_dataclasses_and_lists_tuples():
    table = {"name": "n", "parts": [{"size": 3, "share": 0}], "pair": [4, 5], "first": {"size": 2}}
    found = read_as(Whole, table, "f.json")
    assert found == Whole("n", (Part(3, 0),), (4, 5), {}, Part(2))
    # An integer stays one: names of cells are hashes of values as they were written.
    assert type(found.pair[1]) is int
    deep = {"x": {"y": nested(DEEPEST - 1)}}
    assert read_as(Whole, table | {"notes": deep}, "f.json").notes == deep


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": 1}, "f.json: name must be str, got 1"),
        ({"name": "a\0"}, r"f.json: name: must not hold the character NUL, got 'a\x00'"),
        ({"name": "\udcff"}, r"f.json: name: must be valid Unicode, got '\udcff'"),
        ({"nam": "n"}, "f.json: unknown field 'nam'. Did you mean 'name'?"),
        ({"parts": 5}, "f.json: parts must be a list of tables, got 5"),
        ({"parts": "abc"}, "f.json: parts must be a list of tables, got 'abc'"),
        ({"parts": [{}]}, "f.json: parts[0].size is missing"),
        ({"parts": [{"size": 1}, 5]}, "f.json: parts[1] must be a table, got 5"),
        ({"parts": [{"size": 0}]}, "f.json: parts[0].size: must be at least 1, got 0"),
        ({"parts": [{"size": 1001}]}, "f.json: parts[0].size: must be at most 1000, got 1001"),
        ({"parts": [{"size": True}]}, "f.json: parts[0].size must be int, got True"),
        ({"parts": [{"size": 1.0}]}, "f.json: parts[0].size must be int, got 1.0"),
        ({"parts": [{"size": 7}]}, "f.json: parts[0]: size: never 7"),
        ({"parts": [{"size": 1, "share": 1}]}, "f.json: parts[0].share: must be under 1, got 1"),
        (
            {"parts": [{"size": 1, "share": float("nan")}]},
            "f.json: parts[0].share: must be finite, got nan",
        ),
        (
            {"parts": [{"size": 1, "kind": "c"}]},
            "f.json: parts[0].kind must be 'a' or 'b', got 'c'",
        ),
        ({"pair": [1]}, "f.json: pair must be a list of 2, got [1]"),
        ({"pair": [1, None]}, "f.json: pair[1] must be float, got None"),
        ({"pair": [2**63, 1]}, "f.json: pair[0]: must be at most 9,223,372,036,854,775,807, got"),
        ({"notes": {"x": 5}}, "f.json: notes.x must be a table, got 5"),
        ({"notes": {"x": {"y": float("inf")}}}, "f.json: notes.x.y: must be finite, got inf"),
        ({"notes": {"x": {"y": nested(300)}}}, "f.json: notes.x.y: nested more than 100 deep"),
        ({"notes": {"x": {1: 2}}}, "f.json: notes.x: a name must be str, got 1"),
        ({"first": {"share": 0.5}}, "f.json: first.size is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(change, message):
    with pytest.raises(InputError) as caught:
        read_as(Whole, {"name": "n", "parts": []} | change, "f.json")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "value", [None, 5, [], "x", nested(900), 16**9000], ids=["null", "5", "[]", "x", "deep", "long"]
)
def test_what_is_no_table_is_said_briefly(value):
    with pytest.raises(InputError, match=r"^f\.json: must be a table, got ") as caught:
        read_as(Whole, value, "f.json")
    assert len(str(caught.value)) < 120
    assert len(shown(value)) <= 80


def test_changes_are_made_in_what_is_there():
    whole = Whole("n", (), first=Part(2, 0.5))
    changes = read_changes(whole, {"first": {"size": 3}, "pair": [8, 9]}, "f.toml")
    assert replaced(whole, changes, "f.toml") == Whole("n", (), (8, 9), {}, Part(3, 0.5))
    for change, message in (
        ({"first": 5}, r"f.toml: \[first\] must be a table, got 5"),
        ({"first": {"size": 7}}, r"f.toml: \[first\]: size: never 7"),
        (
            {"first": {"siz": 7}},
            r"unknown setting in f.toml: \[first\]: 'siz'. Did you mean",
        ),
        ({"nme": "x"}, "unknown setting in f.toml: 'nme'. Did you mean 'name'"),
        ([], r"f.toml must be a table, got \[\]"),
    ):
        with pytest.raises(InputError, match=message):
            read_changes(whole, change, "f.toml")


def test_what_is_built_by_hand_is_held_against_the_same_types():
    check_fields(Part(3, 0.5))
    with pytest.raises(InputError, match="size: must be at least 1, got 0"):
        check_fields(Part(0))


@dataclass(frozen=True)
class WithOptions:
    size: Annotated[int, Within(1, 10)] = option(3, "Of the thing.", "--how-large")
    name: str | None = option(None, "Its name.")


def test_an_option_is_a_field_with_its_default_and_its_line_of_help():
    size, name = fields(WithOptions)
    assert WithOptions() == WithOptions(3, None)
    assert (size.default, size.metadata["help"], size.metadata["flag"]) == (
        3,
        "Of the thing.",
        "--how-large",
    )
    assert (name.default, name.metadata["flag"]) == (None, "")
    with pytest.raises(InputError, match="size: must be at most 10, got 11"):
        read_as(WithOptions, {"size": 11}, "here")
