"""Matplotlib with its default settings.

When it is imported, Matplotlib reads a `matplotlibrc` in the working folder or the user's. Neither
may change a figure, and a file in the working folder may come from anyone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.startup import away_from_working_folder

with away_from_working_folder():
    import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["Axes", "Figure", "rgba_of", "usual_style"]


def rgba_of(figure: Figure) -> npt.NDArray[np.uint8]:
    """The pixels of a figure, (H, W, 4)."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), dtype=np.uint8)


@contextmanager
def usual_style() -> Iterator[None]:
    """A context manager and decorator: figures drawn inside have Matplotlib's defaults."""
    defaults = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    with mpl.rc_context(defaults):
        yield
