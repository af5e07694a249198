"""The picture of the atlas: arms × places, differences with intervals, colored by verdict."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.atlas.comparing import Column, Outcome, signed, span, why_missing
from benchmarks.atlas.places import BASELINE, arms, kind_of

from augury.files import atomic_file
from augury.report.drawing import Axes, Figure, usual_style

COLORS: dict[Outcome, str] = {
    "helps": "#86c9a1",
    "likely helps": "#d3ecdc",
    "hurts": "#eb9c89",
    "likely hurts": "#f8dcd5",
    "no difference": "#d9e3f0",
    "not shown": "#ececea",
    "not decided": "#f4ecc9",
    "cannot say": "#ffffff",
}
_ROW, _COLUMN, _NAMES, _HEAD = 0.2, 1.35, 1.8, 1.75  # inches
_INK, _SOFT_INK, _SOFT = "#1d2126", "#4b525b", "#8a929c"
_TEXT: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7}


@usual_style()
def draw_atlas(table: Sequence[Column], path: Path) -> None:
    """Write a PNG with a row for each arm and a column for each place."""
    rows = [arm for arm in arms() if arm != BASELINE]
    size = _NAMES + _COLUMN * len(table), _HEAD + _ROW * len(rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    for y, arm in enumerate(rows):
        for x, column in enumerate(table):
            _cell(axes, x, y, column, arm)
    _kinds(axes, rows, len(table))
    axes.set_xlim(0, len(table))
    axes.set_ylim(len(rows), 0)
    heads = [_head(column) for column in table]
    axes.set_xticks([x + 0.5 for x in range(len(table))], heads, fontsize=8)
    axes.set_yticks([y + 0.5 for y in range(len(rows))], rows, fontsize=8)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    _key(figure)
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=130)


def _head(column: Column) -> str:
    """For instance CIFAR-10, full, 4,000 images, 5 epochs, on four lines."""
    trained = f"{column.trained_on} images, {column.recipe.get('epochs')} epochs"
    return f"{column.title}, {trained}".replace(", ", "\n")


def _cell(axes: Axes, x: int, y: int, column: Column, arm: str) -> None:
    """The difference, its interval in smaller letters, and the verdict's color behind both."""
    one = column.found.get(arm)
    if one is None or one.difference is None:
        axes.text(x + 0.5, y + 0.5, "–" if one else why_missing(column, arm), color=_SOFT, **_TEXT)
        return
    color = COLORS[column.outcome(arm) or one.verdict]
    axes.add_patch(_rectangle((x + 0.02, y + 0.05), 0.96, 0.9, color))
    if one.interval is None:
        axes.text(x + 0.5, y + 0.5, signed(one.difference), color=_INK, **_TEXT)
        return
    axes.text(x + 0.36, y + 0.5, signed(one.difference), color=_INK, **_TEXT | {"ha": "right"})
    small = _TEXT | {"ha": "left", "fontsize": 5.5}
    axes.text(x + 0.4, y + 0.5, span(one.interval), color=_SOFT_INK, **small)


def _kinds(axes: Axes, rows: Sequence[str], width: int) -> None:
    """A line between two kinds of method, and the name of each on the right."""
    for y, arm in enumerate(rows):
        if y and kind_of(arm) == kind_of(rows[y - 1]):
            continue
        if y:
            axes.axhline(y, color=_SOFT, linewidth=0.6)
        axes.text(width + 0.06, y + 0.5, kind_of(arm), color=_SOFT_INK, **_TEXT | {"ha": "left"})


def _key(figure: Figure) -> None:
    patches = [_rectangle((0, 0), 1, 1, color) for color in COLORS.values()]
    figure.legend(patches, list(COLORS), loc="outside lower center", ncols=4, fontsize=8)


def _rectangle(corner: tuple[float, float], width: float, height: float, color: str):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=color, edgecolor=_SOFT, linewidth=0.3)
