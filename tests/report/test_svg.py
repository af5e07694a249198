"""Round values along an axis, and the colors of maps: as Matplotlib has them."""

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import MaxNLocator

from augury.report.inferno import INFERNO
from augury.report.svg import Axis


def test_ticks_are_those_of_matplotlib():
    rng = np.random.default_rng(0)
    for _ in range(2000):
        low = rng.normal() * 10 ** rng.uniform(-3, 3)
        high = low + 10 ** rng.uniform(-2, 3)
        n = int(rng.integers(1, 9))
        with mpl.rc_context(mpl.rcParamsDefault):
            values = MaxNLocator(n, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        slack = 1e-9 * (high - low)
        expected = [v for v in values if low - slack <= v <= high + slack]
        np.testing.assert_allclose(Axis(low, high, 0, 1).ticks(n), expected, atol=slack)


def test_ticks_by_hand():
    assert Axis(0, 100, 0, 1).ticks(5) == [0, 20, 40, 60, 80, 100]
    assert Axis(1, 20, 0, 1).ticks(8) == [2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20]
    assert Axis(-0.6, 0.2, 0, 1).ticks(4) == [-0.6000000000000001, -0.4, -0.2, 0, 0.2]


def test_maps_have_the_colors_of_inferno():
    expected = mpl.colormaps["inferno"](np.arange(256), bytes=True)[:, :3]
    np.testing.assert_array_equal(INFERNO, expected)
