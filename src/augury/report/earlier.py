"""Arms with runs of an earlier version whose augmentation had a fault that is fixed today."""

from collections.abc import Iterator
from typing import Any

from augury.records.cell import Cell
from augury.records.result import DRAWS
from augury.report.load import StudyRecords

_GEOMETRY = ("rotate", "zoom", "shear", "translate")
_SPECTRAL = "spectral-residual"
_SPECTRAL_BY_DEFAULT = ("saliencymix", "guidedmixup")

SHARED = "parts of nested compositions may have shared their draws"
TOUCHED = "images that geometry did not choose were changed by up to .007 of a gray level"
BORDER = "spectral-residual smoothed with a repeated border, so that its peaks lie at the edge"


def mended_since(study: StudyRecords) -> list[tuple[str, int, str]]:
    """(augmentation, number of finished runs, fault) for each arm and each fault that it had."""
    found: dict[tuple[str, str], int] = {}
    for run in study.runs:
        if run.result:
            for fault in _faults(run.cell, run.result.draws):
                key = run.cell.augmentation, fault
                found[key] = found.get(key, 0) + 1
    return [(arm, runs, fault) for (arm, fault), runs in found.items()]


def _faults(cell: Cell, draws: int) -> Iterator[str]:
    arm = cell.augmentation.split("+")
    methods = [(part, cell.parameters.get(part, {})) for part in arm]
    methods += [(str(each.get("name")), each) for each in _tables(cell.parameters)]
    if draws < DRAWS and _nested(cell.parameters.values(), len(arm) > 1):
        yield SHARED
    if draws < DRAWS and any(n in _GEOMETRY and _under_1(each.get("p")) for n, each in methods):
        yield TOUCHED
    if cell.saliency_revision == 1 and any(_looks_at_spectral(*method) for method in methods):
        yield BORDER


def _looks_at_spectral(name: str, parameters: dict[str, object]) -> bool:
    usual = _SPECTRAL if name in _SPECTRAL_BY_DEFAULT else None
    return parameters.get("saliency", usual) == _SPECTRAL


def _tables(value: Any) -> Iterator[dict[str, object]]:
    """Every table nested in JSON values."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            yield from _tables(each)


def _nested(values: Any, inside: bool) -> bool:
    """Whether a composition is nested in another one; inside: whether `values` are in one."""
    return any(
        (inside and "parts" in value) or _nested(value.get("parts", ()), inside or "parts" in value)
        for value in values
        if isinstance(value, dict)
    )


def _under_1(value: Any) -> bool:
    return isinstance(value, int | float) and value < 1
