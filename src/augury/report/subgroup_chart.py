"""A diverging chart: what an arm does to each class or group, around the line of no difference."""

from collections.abc import Sequence

from markupsafe import Markup

from augury.records.evidence import NamedEffect
from augury.report.charts import difference_axis, shorten
from augury.report.svg import Axis, digits, drawing, line, rect, text
from augury.report.words import signed, span

_WIDTH, _LETTERS, _A_LETTER = 340, 16, 6.3
_ROW, _TOP, _MARGIN = 19, 6, 12
_TICKS = 22


def strongest(arms: Sequence[Sequence[NamedEffect]], limit: int) -> list[str]:
    """The subgroups in order; of more than `limit` those with the largest difference of any arm."""
    strength: dict[str, float] = {}
    for effect in (effect for effects in arms for effect in effects):
        strength[effect.name] = max(strength.get(effect.name, 0.0), abs(effect.difference))
    kept = set(sorted(strength, key=lambda name: -strength[name])[:limit])
    return [name for name in strength if name in kept]


def subgroup_chart(
    effects: Sequence[NamedEffect], names: Sequence[str], band: float, title: str
) -> Markup:
    """A row for each of `names`: a dot and its interval, in color where it is found.

    band: half the width of the differences that are too small to matter, points.
    """
    shown = [effect for effect in effects if effect.name in set(names)]
    left = _A_LETTER * max((len(shorten(name, _LETTERS)) for name in names), default=0) + 8
    axis = _axis(shown, band, left + _MARGIN)
    bottom = _TOP + _ROW * len(names)
    parts = [
        rect(axis(-band), 0, axis(band) - axis(-band), bottom, "band"),
        line(axis(0), 0, axis(0), bottom, "zero"),
    ]
    by_name = {effect.name: effect for effect in shown}
    for place, name in enumerate(names):
        middle = _TOP + _ROW * (place + 0.5)
        parts.append(text(left, middle + 4, shorten(name, _LETTERS), "tick end"))
        if name in by_name:
            parts.append(_row(by_name[name], axis, middle))
    step = digits(axis.high - axis.low)
    parts += [text(axis(v), bottom + 16, signed(v, step), "tick middle") for v in axis.ticks(4)]
    return drawing(_WIDTH, bottom + _TICKS, title, parts, "subgroups")


def _axis(effects: Sequence[NamedEffect], band: float, start: float) -> Axis:
    reach = difference_axis([e.difference for e in effects], [e.interval for e in effects], band)
    return Axis(reach.low, reach.high, start, _WIDTH - start - _MARGIN)


def _row(effect: NamedEffect, axis: Axis, middle: float) -> Markup:
    told = f"{effect.name}: {signed(effect.difference, 1)} points ({span(effect.interval, 1)})"
    parts = [Markup("<title>{}</title>").format(told)]
    if effect.interval:
        low, high = (axis(end) for end in effect.interval)
        parts.append(line(low, middle, high, middle, "interval"))
    parts.append(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4" class="dot"/>').format(
            axis(effect.difference), middle
        )
    )
    kind = ("helps" if effect.difference > 0 else "hurts") if effect.found else "unsure"
    return Markup('<g class="difference {}">{}</g>').format(kind, Markup("").join(parts))
