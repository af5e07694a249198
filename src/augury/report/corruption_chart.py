"""Small multiples: how accuracy falls with the severity of each corruption."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from augury.records.evidence import Corruptions
from augury.report.svg import Axis, color, digits, drawing, line, text
from augury.report.words import fixed

_WIDTH, _HEIGHT = 230, 158
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 10, 10, 34


@dataclass(frozen=True)
class Panel:
    """The chart of one corruption: accuracy, %, over severity; severity 0 is clean images."""

    corruption: str
    chart: Markup


def corruption_panels(arms: Sequence[tuple[int, Corruptions]], where: str) -> list[Panel]:
    """A panel for each corruption that some arm was tested on, all with the same axis.

    arms: (number, accuracies); where: the network and data set, for screen readers
    """
    names = list(dict.fromkeys(name for _, found in arms for name in found.accuracy))
    lines = {name: [(arm, _line(found, name)) for arm, found in arms] for name in names}
    values = [v for group in lines.values() for _, run in group for v in run if v is not None]
    if not values:
        return []
    y = _accuracy_axis(values)
    severities = max(len(run) for group in lines.values() for _, run in group) - 1
    x = Axis(0, severities, _LEFT, _WIDTH - _LEFT - _RIGHT)
    return [Panel(name, _panel(x, y, lines[name], f"{name}, {where}")) for name in names]


def _line(found: Corruptions, name: str) -> list[float | None]:
    return [found.clean, *found.accuracy[name]] if name in found.accuracy else []


def _accuracy_axis(values: Sequence[float]) -> Axis:
    low, high = min(values), max(values)
    pad = 0.06 * (high - low) or 1.0
    height = _HEIGHT - _TOP - _BOTTOM
    return Axis(max(low - pad, 0.0), min(high + pad, 100.0), _HEIGHT - _BOTTOM, -height)


def _panel(x: Axis, y: Axis, arms: Sequence[tuple[int, list[float | None]]], title: str) -> Markup:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for v in y.ticks(3):
        parts.append(line(_LEFT, y(v), right, y(v), "grid"))
        parts.append(text(_LEFT - 6, y(v) + 4, fixed(v, digits(y.high - y.low)), "tick end"))
    parts += [text(x(v), bottom + 15, f"{v:.0f}", "tick middle") for v in range(int(x.high) + 1)]
    parts.append(text((_LEFT + right) / 2, _HEIGHT - 4, "severity, 0 is clean", "tick middle"))
    # The baseline last, so that it is drawn on top: the others are compared with it.
    parts += [_arm(x, y, run, arm) for arm, run in reversed(arms)]
    return drawing(_WIDTH, _HEIGHT, f"Accuracy by severity of {title}", parts, "severities")


def _arm(x: Axis, y: Axis, run: Sequence[float | None], arm: int) -> Markup:
    points = " ".join(f"{x(n):.1f},{y(v):.1f}" for n, v in enumerate(run) if v is not None)
    if not points:
        return Markup("")
    return Markup('<polyline points="{}" class="mean arm{}"/>').format(points, color(arm))
