"""The templates and styles of the page, and their formats of numbers."""

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from augury.report import words
from augury.report.pairing_words import pairing_lines
from augury.report.search_words import search_headline, search_outcome

_FILTERS = (
    words.at_least,
    words.count,
    words.duration,
    words.fixed,
    words.leaked,
    words.left_out,
    words.leaked_kinds,
    words.label,
    words.level,
    words.listed,
    words.mixed_label,
    words.p_value,
    words.percent,
    words.remark,
    words.signed,
    words.span,
    words.step_time,
    words.threshold,
    words.without_partner,
    pairing_lines,
    search_headline,
    search_outcome,
)


@functools.cache  # it keeps the compiled templates, which take half a second to make
def environment() -> Environment:
    """A Jinja environment that escapes all values and refuses undefined names."""
    found = Environment(
        loader=PackageLoader("augury.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update({function.__name__: function for function in _FILTERS})
    found.filters["setting"] = _setting
    found.filters["fields"] = vars
    return found


def style(*names: str) -> Markup:
    """The content of the style sheets, one after the other."""
    sheets = (files("augury.report").joinpath(name) for name in names)
    return Markup("".join(sheet.read_text(encoding="utf-8") for sheet in sheets))


def _setting(value: Any) -> str:
    """A setting's value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_setting(v)}" for key, v in value.items()) or words.NONE
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_setting, value)) or words.NONE
    return words.NONE if value is None else str(value)
