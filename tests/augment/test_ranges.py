import math

import pytest

from augury.augment.shared.ranges import pair_around, pair_of
from augury.errors import InputError


@pytest.mark.parametrize(
    ("value", "pair"),
    [(0, (0, 0)), (0.5, (0.5, 0.5)), ((0.1, 1), (0.1, 1)), ([0.1, 0.1], (0.1, 0.1))],
)
def test_a_number_is_both_ends(value, pair):
    assert pair_of("x", value, 0, 1) == pair


@pytest.mark.parametrize(
    "value", [-0.1, 1.1, (0.5, 0.4), (-1, 0.5), (0, 2), math.nan, (0, math.nan)]
)
def test_what_is_no_range_is_named(value):
    with pytest.raises(
        InputError, match=r"x: must be a number or a rising pair within \[0, 1\], g"
    ):
        pair_of("x", value, 0, 1)


def test_no_end_is_infinite():
    for value in (math.inf, (1, math.inf)):
        with pytest.raises(InputError, match=r"within \[0, inf\], got"):
            pair_of("x", value, 0, math.inf)


@pytest.mark.parametrize(
    ("value", "pair"),
    [(0, (1, 1)), (0.25, (0.75, 1.25)), (3, (0, 4)), ((0.5, 0.5), (0.5, 0.5))],
)
def test_a_number_is_a_distance_either_way(value, pair):
    assert pair_around("x", value, 1, 0, math.inf) == pair


@pytest.mark.parametrize("value", [-0.1, 0.6, math.nan, math.inf])
def test_a_distance_too_far_is_named(value):
    with pytest.raises(InputError, match=r"x: a number must be at least 0 and at most 0\.5, got"):
        pair_around("x", value, 0, -0.5, 0.5)
