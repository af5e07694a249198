"""Small charts as inline SVG: text stays text, and colors are the page's CSS classes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from augury.records.evidence import Interval
from augury.report.svg import Axis, color, digits, drawing, line, rect, text
from augury.report.words import fixed, level, signed, span

CONFUSION_LEVELS = 8
LABELLED_CLASSES = 20
MAX_POINTS = 150


# --- differences with their intervals -----------------------------------------------------------

_DOT_WIDTH, _DOT_HEIGHT, _DOT_MARGIN = 260, 30, 12


def difference_axis(
    values: Sequence[float], intervals: Sequence[Interval | None], band: float
) -> Axis:
    """The common axis of a table: zero, the band and every interval fit in it."""
    ends = [
        0.0,
        -1.4 * band,
        1.4 * band,
        *values,
        *(end for pair in intervals if pair for end in pair),
    ]
    pad = 0.04 * (max(ends) - min(ends)) or 0.5
    return Axis(min(ends) - pad, max(ends) + pad, _DOT_MARGIN, _DOT_WIDTH - 2 * _DOT_MARGIN)


def difference_ticks(axis: Axis) -> Markup:
    """The numbers along a common axis, for the head of its column."""
    parts = [
        Markup('<text x="{:.1f}" y="11" class="tick middle">{}</text>').format(
            axis(v), signed(v, digits(axis.high - axis.low))
        )
        for v in axis.ticks(5)
    ]
    return drawing(_DOT_WIDTH, 14, "", parts, "difference-ticks")


def difference_plot(
    axis: Axis,
    value: float | None,
    interval: Interval | None,
    band: float,
    verdict: str,
    confidence: float,
) -> Markup:
    """A dot with its interval, over the zero line and the ±`band` of negligible differences."""
    middle = _DOT_HEIGHT / 2
    parts = [
        # Taller than the chart, so that the lines run through all rows of the table.
        rect(axis(-band), -100, axis(band) - axis(-band), 200 + _DOT_HEIGHT, "band"),
        line(axis(0), -100, axis(0), 100 + _DOT_HEIGHT, "zero"),
    ]
    if interval:
        parts.append(line(axis(interval[0]), middle, axis(interval[1]), middle, "interval"))
    if value is not None:
        parts.append(
            Markup('<circle cx="{:.1f}" cy="{}" r="5" class="dot"/>').format(axis(value), middle)
        )
    title = f"difference {signed(value)} points" if value is not None else ""
    if interval:
        title += f", {level(confidence)} interval {span(interval)}"
    return drawing(_DOT_WIDTH, _DOT_HEIGHT, title, parts, f"difference {verdict.replace(' ', '-')}")


# --- learning curves ----------------------------------------------------------------------------

_CURVE_WIDTH, _CURVE_HEIGHT = 460, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 40


@dataclass(frozen=True)
class Curve:
    """One arm in a learning-curve panel: per seed, the values of epochs 1, 2, ..."""

    arm: int
    train: Sequence[Sequence[float | None]]
    validation: Sequence[Sequence[float | None]]


def learning_curves(curves: Sequence[Curve], title: str, percent: bool) -> Markup:
    """Thin lines are seeds, bold ones their mean; train is dashed, validation solid."""
    scale = 100.0 if percent else 1.0
    runs = [run for curve in curves for run in (*curve.train, *curve.validation)]
    values = [scale * v for run in runs for v in run if v is not None]
    epochs = max((len(run) for run in runs), default=0)
    if not values:
        return Markup("")
    x, y = _curve_axes(values, epochs, percent)
    parts = [*_curve_frame(x, y, epochs)]
    for curve in curves:
        for style, group in (("train", curve.train), ("validation", curve.validation)):
            lines = [[None if v is None else scale * v for v in run] for run in group]
            arm = f"{style} arm{color(curve.arm)}"
            if len(lines) > 1:
                parts += [_polyline(x, y, one, f"seed {arm}") for one in lines]
            parts.append(_polyline(x, y, _mean(lines), f"mean {arm}"))
    return drawing(_CURVE_WIDTH, _CURVE_HEIGHT, title, parts, "curves")


def _curve_axes(values: Sequence[float], epochs: int, percent: bool) -> tuple[Axis, Axis]:
    low, high = min(values), max(values)
    pad = 0.05 * (high - low) or 0.5
    bottom = max(low - pad, 0.0) if percent else 0.0
    top = min(high + pad, 100.0) if percent else high + pad
    x = Axis(0.5 if epochs == 1 else 1, max(epochs, 1.5), _LEFT, _CURVE_WIDTH - _LEFT - _RIGHT)
    height = _CURVE_HEIGHT - _TOP - _BOTTOM
    return x, Axis(bottom, top, _CURVE_HEIGHT - _BOTTOM, -height)


def _curve_frame(x: Axis, y: Axis, epochs: int) -> list[Markup]:
    bottom, right = _CURVE_HEIGHT - _BOTTOM, _CURVE_WIDTH - _RIGHT
    parts = []
    for v in y.ticks(5):
        parts.append(line(_LEFT, y(v), right, y(v), "grid"))
        parts.append(text(_LEFT - 8, y(v) + 4, fixed(v, digits(y.high - y.low)), "tick end"))
    parts += [
        text(x(v), bottom + 18, str(round(v)), "tick middle")
        for v in x.ticks(min(epochs, 8))
        if v == round(v)
    ]
    parts.append(text((_LEFT + right) / 2, _CURVE_HEIGHT - 4, "epoch", "tick middle"))
    return parts


def _mean(lines: Sequence[Sequence[float | None]]) -> list[float | None]:
    """The mean of the epochs that every line has."""
    columns = zip(*lines, strict=False)
    return [None if None in column else float(np.mean(np.array(column))) for column in columns]


def _polyline(x: Axis, y: Axis, values: Sequence[float | None], style: str) -> Markup:
    points = [(x(n), y(v)) for n, v in enumerate(values, start=1) if v is not None]
    if not points:
        return Markup("")
    # More points than the eye can see would only make the file larger.
    step = math.ceil(len(points) / MAX_POINTS)
    points = [*points[:-1:step], points[-1]]
    coordinates = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    path = Markup('<polyline points="{}" class="{}"/>').format(coordinates, style)
    if len(points) > 3 or style.startswith("seed"):
        return path
    dots = (Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>').format(a, b) for a, b in points)
    return path + Markup('<g class="{}">{}</g>').format(f"points {style}", Markup("").join(dots))


# --- confusion matrices -------------------------------------------------------------------------

_MATRIX = 220


def confusion_matrix(shares: np.ndarray, classes: Sequence[str], top: float, title: str) -> Markup:
    """The mistakes of a classifier, in a stronger color for more; the diagonal is a calm color.

    shares: (K, K), each row the fractions of a true class predicted as each class
    top: the fraction that the strongest color stands for
    """
    k = len(classes)
    names = [shorten(name, 12) for name in classes] if k <= LABELLED_CLASSES else []
    size, label = _MATRIX / k, 14 + 6.2 * max(map(len, names), default=0)
    parts = [rect(label, 0, _MATRIX, _MATRIX, "field")]
    levels = np.round(CONFUSION_LEVELS * np.clip(shares / top, 0, 1)).astype(int)
    np.fill_diagonal(levels, 0)
    for strength in range(1, CONFUSION_LEVELS + 1):
        cells = np.argwhere(levels == strength)
        if len(cells):
            parts.append(_squares(cells, size, label, f"q{strength}"))
    parts.append(_squares(np.stack([np.arange(k)] * 2, axis=1), size, label, "right"))
    parts += _class_labels(names, size, label)
    return drawing(
        round(label + _MATRIX + 2), round(label + _MATRIX + 2), title, parts, "confusion"
    )


def _squares(cells: np.ndarray, size: float, left: float, style: str) -> Markup:
    inner = size * 0.94
    path = "".join(
        f"M{left + column * size:.4g} {row * size:.4g}h{inner:.3g}v{inner:.3g}h-{inner:.3g}z"
        for row, column in cells
    )
    return Markup('<path d="{}" class="{}"/>').format(path, style)


def _class_labels(names: Sequence[str], size: float, label: float) -> list[Markup]:
    turned = Markup('<text class="tick end" transform="translate({:.1f} {}) rotate(-90)">{}</text>')
    upright = max(map(len, names), default=0) <= 2
    parts = []
    for i, name in enumerate(names):
        center = (i + 0.5) * size
        parts.append(text(label - 6, center + 4, name, "tick end"))
        if upright:
            parts.append(text(label + center, _MATRIX + 14, name, "tick middle"))
        else:
            parts.append(turned.format(label + center + 4, _MATRIX + 8, name))
    return parts


def shorten(name: str, length: int) -> str:
    """`name`, cut to `length` characters with an ellipsis."""
    return name if len(name) <= length else f"{name[: length - 1]}…"
