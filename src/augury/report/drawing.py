"""Matplotlib with its default settings.

When it is imported, Matplotlib reads a `matplotlibrc` in the working folder or the user's. Neither
may change a figure, and a file in the working folder may come from anyone.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from augury.startup import away_from_working_folder

with away_from_working_folder():
    import matplotlib as mpl
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

__all__ = ["Axes", "Figure", "colormaps", "round_values", "usual_style"]


@contextmanager
def usual_style() -> Iterator[None]:
    """A context manager and decorator: figures drawn inside have Matplotlib's defaults."""
    defaults = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    with mpl.rc_context(defaults):
        yield


def round_values(low: float, high: float, n: int) -> list[float]:
    """About `n` round values that span [low, high]; the outermost may lie outside."""
    with mpl.rc_context({"axes.autolimit_mode": "data"}):
        values = MaxNLocator(n, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(value) for value in values]
