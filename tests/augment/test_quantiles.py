import math

import numpy as np
import pytest
import torch

from augury.augment.shared.quantiles import grid, logarithms, middle, place


def test_a_draw_stands_for_the_middle_of_its_step():
    u = torch.tensor([0.0, 2.0**-24, 0.5, 1 - 2.0**-24])
    steps = [0, 1, 2**23, 2**24 - 1]
    assert middle(u).tolist() == [(2 * step + 1) / 2**25 for step in steps]


def test_the_grid_has_as_many_points_in_each_octave():
    found = grid(4)
    assert len(found) == 24 * 4 + 1
    assert found[::4].tolist() == [2.0**-k for k in range(25, 0, -1)]
    np.testing.assert_allclose(found[1:] / found[:-1], 2**0.25)


@pytest.mark.parametrize("points", [1, 6, 512])
def test_a_place_is_found_from_the_nearer_end(points):
    """A linear search in the grid; between points the way is measured in the logarithm."""
    inside = np.array([2.0**-25, 2.0**-24, 3e-7, 0.001, 0.125, 0.2, 0.4999, 0.5])
    v = np.concatenate((inside, 1 - inside))
    left, way = place(torch.from_numpy(v), points)
    points_of = grid(points)
    for one, i, share in zip(v, left.tolist(), way.tolist(), strict=True):
        low = min(one, 1 - one)
        expected = max(k for k in range(len(points_of) - 1) if k == 0 or points_of[k] <= low)
        between = math.log(low / points_of[expected]) / math.log(2) * points
        # A grid point may be reached from either side.
        assert i + share == pytest.approx(expected + between, abs=1e-9 * points)
        assert 0 <= share <= 1
        assert 0 <= i < len(points_of) - 1


def test_logarithms_of_numbers_too_small_for_them():
    found = logarithms(np.array([1.0, math.e, 0.0, 1e-310]))
    assert found.tolist() == pytest.approx([0, 1, math.log(1e-300), math.log(1e-300)])
