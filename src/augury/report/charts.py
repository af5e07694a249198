"""Small charts as inline SVG: text stays text, and colours are the page's CSS classes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from augury.report.load import Interval
from augury.report.words import fixed, signed

ARM_COLOURS = 8
CONFUSION_LEVELS = 8
LABELLED_CLASSES = 20
MAX_POINTS = 150


@dataclass(frozen=True)
class Axis:
    """A linear axis from `low` to `high` along `length` units, starting at `start`."""

    low: float
    high: float
    start: float
    length: float

    def __call__(self, value: float) -> float:
        return self.start + self.length * (value - self.low) / (self.high - self.low)

    def ticks(self, n: int) -> list[float]:
        """About `n` round values within the axis."""
        values = MaxNLocator(n, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        slack = 1e-9 * (self.high - self.low)
        return [float(v) for v in values if self.low - slack <= v <= self.high + slack]


def colour(arm: int) -> int:
    """The number of the CSS colour of an arm; 0, the calm one, is for the baseline alone."""
    return arm if arm == 0 else 1 + (arm - 1) % ARM_COLOURS


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
            axis(v), signed(v, _digits(axis.high - axis.low))
        )
        for v in axis.ticks(5)
    ]
    return _svg(_DOT_WIDTH, 14, "", parts, "difference-ticks")


def difference_plot(
    axis: Axis, value: float | None, interval: Interval | None, band: float, verdict: str
) -> Markup:
    """A dot with its interval, over the zero line and the ±`band` that nobody cares about."""
    middle = _DOT_HEIGHT / 2
    parts = [
        # Taller than the chart, which lets them run on through the rows of the table.
        _rect(axis(-band), -100, axis(band) - axis(-band), 200 + _DOT_HEIGHT, "band"),
        _line(axis(0), -100, axis(0), 100 + _DOT_HEIGHT, "zero"),
    ]
    if interval:
        parts.append(_line(axis(interval[0]), middle, axis(interval[1]), middle, "interval"))
    if value is not None:
        parts.append(
            Markup('<circle cx="{:.1f}" cy="{}" r="5" class="dot"/>').format(axis(value), middle)
        )
    text = f"difference {signed(value)} points" if value is not None else ""
    if interval:
        text += f", 95 % interval {signed(interval[0])} to {signed(interval[1])}"
    return _svg(_DOT_WIDTH, _DOT_HEIGHT, text, parts, f"difference {verdict.replace(' ', '-')}")


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
            arm = f"{style} arm{colour(curve.arm)}"
            if len(lines) > 1:
                parts += [_polyline(x, y, line, f"seed {arm}") for line in lines]
            parts.append(_polyline(x, y, _mean(lines), f"mean {arm}"))
    return _svg(_CURVE_WIDTH, _CURVE_HEIGHT, title, parts, "curves")


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
        parts.append(_line(_LEFT, y(v), right, y(v), "grid"))
        parts.append(_text(_LEFT - 8, y(v) + 4, fixed(v, _digits(y.high - y.low)), "tick end"))
    parts += [
        _text(x(v), bottom + 18, str(round(v)), "tick middle")
        for v in x.ticks(min(epochs, 8))
        if v == round(v)
    ]
    parts.append(_text((_LEFT + right) / 2, _CURVE_HEIGHT - 4, "epoch", "tick middle"))
    return parts


def _mean(lines: Sequence[Sequence[float | None]]) -> list[float | None]:
    """The mean of the epochs that every line has."""
    columns = zip(*lines, strict=False)
    return [None if None in column else float(np.mean(np.array(column))) for column in columns]


def _polyline(x: Axis, y: Axis, values: Sequence[float | None], style: str) -> Markup:
    points = [(x(n), y(v)) for n, v in enumerate(values, start=1) if v is not None]
    if not points:
        return Markup("")
    # More points than the eye can tell apart only make the file large.
    step = math.ceil(len(points) / MAX_POINTS)
    points = [*points[:-1:step], points[-1]]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    line = Markup('<polyline points="{}" class="{}"/>').format(path, style)
    if len(points) > 3 or style.startswith("seed"):
        return line
    dots = (Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>').format(a, b) for a, b in points)
    return line + Markup('<g class="{}">{}</g>').format(f"points {style}", Markup("").join(dots))


# --- confusion matrices -------------------------------------------------------------------------

_MATRIX = 220


def confusion_matrix(shares: np.ndarray, classes: Sequence[str], top: float, title: str) -> Markup:
    """The mistakes of a classifier, the stronger the more; what it got right is a calm diagonal.

    shares: (K, K), each row the fractions of a true class predicted as each class
    top: the fraction that the strongest colour stands for
    """
    k = len(classes)
    names = [shorten(name, 12) for name in classes] if k <= LABELLED_CLASSES else []
    size, label = _MATRIX / k, 14 + 6.2 * max(map(len, names), default=0)
    parts = [_rect(label, 0, _MATRIX, _MATRIX, "field")]
    levels = np.round(CONFUSION_LEVELS * np.clip(shares / top, 0, 1)).astype(int)
    np.fill_diagonal(levels, 0)
    for level in range(1, CONFUSION_LEVELS + 1):
        cells = np.argwhere(levels == level)
        if len(cells):
            parts.append(_squares(cells, size, label, f"q{level}"))
    parts.append(_squares(np.stack([np.arange(k)] * 2, axis=1), size, label, "right"))
    parts += _class_labels(names, size, label)
    return _svg(round(label + _MATRIX + 2), round(label + _MATRIX + 2), title, parts, "confusion")


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
        centre = (i + 0.5) * size
        parts.append(_text(label - 6, centre + 4, name, "tick end"))
        if upright:
            parts.append(_text(label + centre, _MATRIX + 14, name, "tick middle"))
        else:
            parts.append(turned.format(label + centre + 4, _MATRIX + 8, name))
    return parts


def shorten(name: str, length: int) -> str:
    """`name`, or as much of it as `length` characters hold with an ellipsis."""
    return name if len(name) <= length else f"{name[: length - 1]}…"


# --- pieces -------------------------------------------------------------------------------------


def _svg(width: float, height: float, title: str, parts: Sequence[Markup], style: str) -> Markup:
    role = Markup('role="img" aria-label="{}"').format(title) if title else 'aria-hidden="true"'
    return Markup('<svg viewBox="0 0 {} {}" width="{}" height="{}" class="{}" {}>{}</svg>').format(
        width, height, width, height, style, Markup(role), Markup("").join(parts)
    )


def _text(x: float, y: float, text: str, style: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(x, y, style, text)


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(
        x1, y1, x2, y2, style
    )


def _rect(x: float, y: float, width: float, height: float, style: str) -> Markup:
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
        x, y, width, height, style
    )


def _digits(extent: float) -> int:
    """How many decimals tell the ticks of an axis of this extent apart."""
    return max(0, math.ceil(-math.log10(extent / 4)))
