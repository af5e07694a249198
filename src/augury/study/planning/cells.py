"""The cells of a study: data sets × models × augmentations × seeds."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from augury.augment import parts_of, saliency_kinds
from augury.augment.earlier import revision_of
from augury.augment.foreign.factory import is_factory
from augury.augment.registry import describe_strength
from augury.augment.strength import split_strength
from augury.data import Dataset
from augury.models import code_of, own_names
from augury.own.kinds import MODEL, TRANSFORM
from augury.own.loading import code_hash
from augury.own.trust import names_in, names_in_arm, require_all
from augury.records.cell import Cell
from augury.saliency import KINDS, newest_revision
from augury.study.planning.settings import StudySettings


def make_cells(
    settings: StudySettings, datasets: Mapping[str, Dataset], seeds: range | None = None
) -> list[Cell]:
    """The whole grid, seeds outermost: a study that is cut short has whole comparisons.

    seeds: those that the settings ask for by default.
    """
    codes = {model: code_of(model) for model in settings.models}
    return [
        Cell(
            dataset=dataset.name,
            fingerprint=dataset.fingerprint,
            model=model,
            augmentation=augmentation,
            seed=seed,
            recipe=settings.recipe,
            network=settings.network,
            parameters=_parameters(settings, augmentation),
            teacher=settings.teacher if _looks_at_network(settings, augmentation) else "",
            saliency_revision=_revision(settings, augmentation),
            model_code=codes[model],
            seen=dataset.seen,
            split_by=dataset.split.column if dataset.split else "",
        )
        for seed in seeds or settings.seeds_up_to(settings.first_seeds)
        for dataset in datasets.values()
        for model in settings.models
        for augmentation in settings.augmentations
    ]


def _parameters(settings: StudySettings, augmentation: str) -> dict[str, dict[str, Any]]:
    """The parameters that were set, by part of the augmentation; a factory's `code` is its hash.

    A part with a strength is described whole, so that its runs do not depend on what the strength
    means in a later version.
    """
    described = {**settings.parameters, **settings.chains}
    parts = parts_of(augmentation)
    given = {part: described[part] for part in parts if part in described}
    for part in parts:
        if part not in described and split_strength(part)[1] is not None:
            given[part] = describe_strength(part, described)
    for part in filter(is_factory, parts):
        given[part] = {**given.get(part, {}), "code": code_hash(part)}
    # As plan.json will hold them, so that names are the same before and after.
    return {part: json.loads(json.dumps(values)) for part, values in given.items()}


def _saliency(settings: StudySettings, augmentation: str) -> list[str]:
    return saliency_kinds(augmentation, _parameters(settings, augmentation))


def _revision(settings: StudySettings, augmentation: str) -> int:
    method = revision_of(augmentation, _parameters(settings, augmentation))
    return max(newest_revision(_saliency(settings, augmentation)), method)


def _looks_at_network(settings: StudySettings, augmentation: str) -> bool:
    return any(KINDS[kind].needs_network for kind in _saliency(settings, augmentation))


def require_code(cells: Sequence[Cell], where: Path) -> None:
    """Raise InputError unless the code that cells of a stored plan name has been confirmed."""
    named = [name for cell in cells for name in names_in_arm(cell.augmentation)]
    named += names_in([cell.parameters for cell in cells])
    require_all({TRANSFORM: named, MODEL: own_names(cell.model for cell in cells)}, str(where))
