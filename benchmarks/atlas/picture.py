"""The picture of the atlas: arms × places, the color says the verdict."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.atlas.comparing import Column, signed
from benchmarks.atlas.places import BASELINE, arms

from augury.files import atomic_file
from augury.report.drawing import Axes, Figure, usual_style
from augury.stats import Comparison

COLORS = {
    "helps": "#9fd3b3",
    "hurts": "#efb0a0",
    "no difference": "#d9e3f0",
    "not shown": "#ececea",
    "not decided": "#f4ecc9",
    "cannot say": "#ffffff",
}
_ROW, _COLUMN, _NAMES, _HEAD = 0.22, 1.1, 1.8, 1.9  # inches
_INK, _SOFT = "#1d2126", "#8a929c"


@usual_style()
def draw_atlas(table: Sequence[Column], path: Path) -> None:
    """Write a PNG with a row for each arm and a column for each place."""
    rows = [arm for arm in arms() if arm != BASELINE]
    size = _NAMES + _COLUMN * len(table), _HEAD + _ROW * len(rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    for y, arm in enumerate(rows):
        for x, column in enumerate(table):
            _cell(axes, x, y, column.found.get(arm))
    axes.set_xlim(0, len(table))
    axes.set_ylim(len(rows), 0)
    heads = [column.title.replace(", ", "\n") for column in table]
    axes.set_xticks([x + 0.5 for x in range(len(table))], heads, fontsize=8)
    axes.set_yticks([y + 0.5 for y in range(len(rows))], rows, fontsize=8)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    _key(figure)
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=130)


def _cell(axes: Axes, x: int, y: int, one: Comparison | None) -> None:
    if one:
        corner, color = (x + 0.02, y + 0.05), COLORS[one.verdict]
        axes.add_patch(_rectangle(corner, 0.96, 0.9, color))
    known = one is not None and one.difference is not None
    text = signed(one.difference) if one and one.difference is not None else "–"
    axes.text(
        x + 0.5,
        y + 0.5,
        text if one else "not run",
        ha="center",
        va="center",
        fontsize=7,
        color=_INK if known else _SOFT,
    )


def _key(figure: Figure) -> None:
    patches = [_rectangle((0, 0), 1, 1, color) for color in COLORS.values()]
    figure.legend(patches, list(COLORS), loc="outside lower center", ncols=3, fontsize=8)


def _rectangle(corner: tuple[float, float], width: float, height: float, color: str):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=color, edgecolor=_SOFT, linewidth=0.3)
