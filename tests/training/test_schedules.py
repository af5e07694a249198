import math

import pytest

from augury.errors import InputError
from augury.records.recipe import FOLLOW_VALIDATION, SCHEDULES, Recipe
from augury.training import schedules
from augury.training.schedules import Plateau, build_schedule


def test_the_table_holds_what_a_recipe_may_name():
    assert tuple(schedules.SCHEDULES) == SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_recipe_knows_which_schedules_need_a_validation_part(name):
    """Those whose rate an endless loss without progress changes."""
    schedule = build_schedule(Recipe(lr=0.4, schedule=name))
    before = schedule.rate(0.5)
    for _ in range(20):
        schedule.update(1.0)
    assert (schedule.rate(0.5) != before) == (name in FOLLOW_VALIDATION)
    if name in FOLLOW_VALIDATION:
        with pytest.raises(InputError, match=f"over 0 for .*schedule={name}"):
            Recipe(schedule=name, validation=0.0)
    else:
        Recipe(schedule=name, validation=0.0)


@pytest.mark.parametrize(
    ("schedule", "progress", "expected"),
    [
        ("onecycle", 0.0, 0.0),
        ("onecycle", 0.125, 0.2),
        ("onecycle", 0.25, 0.4),
        ("onecycle", 0.625, 0.2),
        ("onecycle", 1.0, 0.0),
        ("cosine", 0.0, 0.4),
        ("cosine", 1 / 3, 0.3),
        ("cosine", 0.5, 0.2),
        ("cosine", 1.0, 0.0),
        ("constant", 0.7, 0.4),
        ("plateau", 0.7, 0.4),
    ],
)
def test_learning_rate_by_hand(schedule, progress, expected):
    found = build_schedule(Recipe(lr=0.4, schedule=schedule)).rate(progress)
    assert found == pytest.approx(expected, abs=1e-12)


def test_plateau_waits_then_reduces():
    plateau = Plateau(1.0, factor=0.1, patience=3)
    for loss in (2.0, 1.0, 1.0, 0.99995):  # better by less than 1e-4 is not better
        plateau.update(loss)
    assert plateau.rate(0.5) == 1.0
    plateau.update(1.5)
    assert plateau.rate(0.5) == pytest.approx(0.1)
    for loss in (0.5, 0.6, 0.6):
        plateau.update(loss)
    assert plateau.rate(0.5) == pytest.approx(0.1)
    plateau.update(math.nan)
    assert plateau.rate(0.5) == pytest.approx(0.01)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_on_from_its_state(name):
    recipe = Recipe(lr=0.4, schedule=name)
    losses = [1.0, *[0.9] * 12, 0.5, *[0.8] * 12]
    straight, first, second = (build_schedule(recipe) for _ in range(3))
    for loss in losses:
        straight.update(loss)
    for loss in losses[:8]:
        first.update(loss)
    second.restore(first.state())
    for loss in losses[8:]:
        second.update(loss)
    assert second.rate(0.3) == straight.rate(0.3)


def test_checkpoints_of_every_schedule_once_held_a_plateau():
    schedule = build_schedule(Recipe(lr=0.4, schedule="constant"))
    schedule.restore(Plateau(0.1).state())
    assert schedule.rate(0.5) == 0.4


def test_no_unknown_schedule_becomes_a_constant_one():
    recipe = Recipe()
    object.__setattr__(recipe, "schedule", "onecyle")  # past the recipe's own check
    with pytest.raises(InputError, match=r"unknown schedule 'onecyle'\. Did you mean 'onecycle'"):
        build_schedule(recipe)
