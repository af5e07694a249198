"""Elements of the charts, as inline SVG; colors are CSS classes of the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

ARM_COLORS = 12


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
        slack = 1e-9 * (self.high - self.low)
        values = _round_values(self.low, self.high, n)
        return [v for v in values if self.low - slack <= v <= self.high + slack]


def _round_values(low: float, high: float, n: int) -> list[float]:
    """At most n + 1 multiples of a round step that span [low, high]; the outermost may lie outside.

    low < high. The step is the smallest of 1, 2, 2.5 and 5 times a power of ten that is large
    enough, or a smaller one where only one multiple would lie within, as with Matplotlib's
    MaxNLocator, which takes half a second to import.
    """
    power = 10.0 ** math.floor(math.log10((high - low) / n))
    steps = [power * step for step in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20)]
    large = next(i for i, step in enumerate(steps) if step >= (high - low) / n)
    for step in reversed(steps[: large + 1]):
        first, last = math.floor(low / step + 1e-10), math.ceil(high / step - 1e-10)
        values = [step * k for k in range(first, last + 1)]
        if sum(low <= value <= high for value in values) > 1:
            break
    return values


def color(arm: int) -> int:
    """The number of the CSS color of an arm; the calm color 0 is for the baseline only."""
    return arm if arm == 0 else 1 + (arm - 1) % ARM_COLORS


def drawing(width: float, height: float, title: str, parts: Sequence[Markup], style: str) -> Markup:
    """A drawing of `parts`; without a title it is hidden from screen readers."""
    role = Markup('role="img" aria-label="{}"').format(title) if title else 'aria-hidden="true"'
    return Markup('<svg viewBox="0 0 {} {}" width="{}" height="{}" class="{}" {}>{}</svg>').format(
        width, height, width, height, style, Markup(role), Markup("").join(parts)
    )


def text(x: float, y: float, content: str, style: str) -> Markup:
    """A line of text with its baseline at `y`."""
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(x, y, style, content)


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    """A straight line."""
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(
        x1, y1, x2, y2, style
    )


def rect(x: float, y: float, width: float, height: float, style: str) -> Markup:
    """A rectangle; x, y: its upper left corner."""
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
        x, y, width, height, style
    )


def digits(extent: float) -> int:
    """The decimals needed to distinguish the ticks of an axis of this extent."""
    return max(0, math.ceil(-math.log10(extent / 4)))
