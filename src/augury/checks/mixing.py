"""Check that mixed targets match the mixed pixels."""

from typing import Any

import torch

from augury.augment import Augmentation, Chain
from augury.batch import Batch, to_float
from augury.checks.finding import Finding, verdict
from augury.checks.subject import SHAPE, apply

_NAME, _EXPECTED = "targets follow pixels", "as much white as its class in the target"
_BATCH = 50

# Blends of uint8 images are rounded to whole levels.
_TOLERANCE = 0.003


def targets_follow_pixels(
    augmentation: Augmentation[Any], samples: int = 2000, mixes: bool = True, classes: int = 10
) -> Finding:
    """Mix black with white images: the brightness must equal the target of the white class."""
    if not mixes:
        return Finding(_NAME, _EXPECTED, "targets are left as they are", "note")
    if _something_follows(augmentation):
        return Finding(_NAME, _EXPECTED, "not told: what follows the mixing moves pixels", "note")
    for level in (0.0, 1.0):
        batch = _batch(torch.full((_BATCH,), level), 0, classes)
        changed = to_float(apply(augmentation, batch).images) - batch.images
        if float(changed.abs().max()) > _TOLERANCE:
            return Finding(
                _NAME, _EXPECTED, "not told: plain images are changed, not only mixed", "note"
            )
    colors = torch.arange(_BATCH) % 2 * 1.0
    wrong, worst, count = 0, 0.0, 0
    for k in range(max(1, samples // _BATCH)):
        found = apply(augmentation, _batch(colors, _BATCH * k, classes))
        apart = (to_float(found.images).mean((1, 2, 3)) - found.targets[:, 1]).abs()
        wrong, worst = wrong + int((apart > _TOLERANCE).sum()), max(worst, float(apart.max()))
        count += len(apart)
    measured = f"{wrong:,} of {count:,} differ, by up to {worst:.3f}"
    return Finding(_NAME, _EXPECTED, measured, verdict(not wrong), count)


def _batch(colors: torch.Tensor, first: int, classes: int) -> Batch:
    images = colors[:, None, None, None].expand(-1, *SHAPE).contiguous()
    ids = torch.arange(first, first + len(colors))
    return Batch(images, torch.eye(classes)[colors.long()], ids)


def _something_follows(augmentation: Augmentation[Any]) -> bool:
    """Whether a chain has a part after one that mixes."""
    return isinstance(augmentation, Chain) and any(part.mixes for part in augmentation.parts[:-1])
