"""Round values along an axis, and the colors of maps, as Matplotlib has them; colors of arms."""

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import MaxNLocator

from augury.report import svg
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


def test_each_of_a_dozen_arms_has_a_color_of_its_own_in_both_schemes():
    folder = Path(svg.__file__).parent
    schemes, css = (folder / "colors.css.jinja").read_text(), (folder / "report.css").read_text()
    numbers = [svg.color(arm) for arm in range(13)]
    assert numbers == list(range(13))
    assert svg.color(13) == 1  # from here on colors come again
    for scheme in schemes.split("{% endset %}")[:2]:
        colors = dict(re.findall(r"--(arm\d+): (#[0-9a-f]{6});", scheme))
        assert {f"arm{n}" for n in numbers} == colors.keys()
        assert len({*colors.values()}) == len(colors)
    for n in numbers:
        assert f".arm{n} {{ color: var(--arm{n}); }}" in css
