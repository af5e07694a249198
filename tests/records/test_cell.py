"""Names of runs: stored ones must never change."""

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import pytest

from augury.records import cell as module
from augury.records.cell import FIRST_FIELDS, Cell, NetworkOptions, identity
from augury.records.plan import read_plan
from augury.records.recipe import Recipe

SCHEMA_1 = Path(__file__).parents[1] / "study" / "schema-1"
CELL = Cell("digits", "1ef5", "small", "cutout", 3, parameters={"cutout": {"length": 0.25}})


def test_a_name_is_what_it_has_been():
    # Computed by the version that first made names: the digest of all fields, sorted, as JSON.
    assert CELL.name == "digits.small.cutout.s3.a66c76e3"
    assert replace(CELL, recipe=Recipe(sampling="balanced")).name != CELL.name


def test_the_names_of_a_stored_study_are_those_of_its_folders():
    plan = read_plan(SCHEMA_1 / "plan.json")
    written = json.loads((SCHEMA_1 / "plan.json").read_text())["cells"]
    assert [cell.name for cell in plan.cells] == [cell["name"] for cell in written]
    assert {cell.name for cell in plan.cells} == {p.name for p in (SCHEMA_1 / "runs").iterdir()}


@pytest.mark.parametrize("cls", [Cell, Recipe, NetworkOptions])
def test_no_first_field_is_gone(cls):
    names = [each.name for each in fields(cls)]
    assert set(FIRST_FIELDS[cls.__name__]) <= set(names)


def test_a_new_setting_at_its_default_leaves_names_as_they_were(monkeypatch):
    """A recipe of a later version: with a field more, of which older files say nothing."""

    @dataclass(frozen=True)
    class LaterRecipe(Recipe):
        ema: float = 0.0
        milestones: list[int] = field(default_factory=list)

    monkeypatch.setitem(module.FIRST_FIELDS, "LaterRecipe", FIRST_FIELDS["Recipe"])
    later = replace(CELL, recipe=LaterRecipe())
    assert later.name == CELL.name
    assert identity(later) == identity(CELL)
    for changed in (LaterRecipe(ema=0.1), LaterRecipe(milestones=[3])):
        assert replace(CELL, recipe=changed).name != CELL.name


@pytest.mark.parametrize("change", [{"seed": 4}, {"teacher": "self"}, {"recipe": Recipe(lr=0.2)}])
def test_whatever_a_result_depends_on_is_in_its_name(change):
    assert replace(CELL, **change).name != CELL.name
