"""Checks of the draws: one per image, new ones in each epoch, at the documented rate."""

import copy
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.augment import Augmentation
from augury.augment.foreign.adapt import Foreign
from augury.batch import Batch, to_float
from augury.checks.finding import (
    Finding,
    correlation_within,
    effective_count,
    verdict,
    wilson,
)
from augury.checks.subject import apply, batch_of, noise, same

BATCH = 100

# A tiny rotation or an empty box can leave an image unchanged.
_UNSEEN = 0.001


@dataclass(frozen=True)
class Seen:
    """What happened to each image; arrays (batches, BATCH), nan where a value does not apply.

    changed: bool; amount: mean change of its pixels; spread: change of their standard deviation;
    rows, columns: correlation of its row and column means with those of the original, which
    distinguishes kinds of motion; these four are nan if images are mixed. area: share of its pixels
    that changed; share: the target of its own class; down, right: place of the box around the
    changed pixels, from 0 at one end to 1 at the other end of the range it can have.
    """

    changed: np.ndarray
    amount: np.ndarray
    spread: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    area: np.ndarray
    share: np.ndarray
    down: np.ndarray
    right: np.ndarray


def watch(
    augmentation: Augmentation[Any], samples: int = 40_000, mixes: bool = False, classes: int = 10
) -> Seen:
    """Apply `augmentation` to `samples` images in batches of 100; all ids are different.

    All images are copies of one image, so that they differ by their draws only; for methods that
    mix, each batch has the same hundred different images.
    """
    images = _images(BATCH, mixes)
    parts = [
        _look(batch, apply(augmentation, batch), mixes)
        for batch in _batches(images, max(1, samples // BATCH), classes)
    ]
    return Seen(**{key: np.stack([part[key] for part in parts]) for key in parts[0]})


def _images(count: int, mixes: bool) -> Tensor:
    return noise(count) if mixes else noise(1).expand(count, -1, -1, -1)


def _batches(images: Tensor, count: int, classes: int) -> Iterator[Batch]:
    return (batch_of(images, len(images) * k, classes) for k in range(count))


def _look(batch: Batch, found: Batch, mixes: bool) -> dict[str, np.ndarray]:
    before, after = to_float(batch.images), to_float(found.images)
    change = after - before
    # Draws before a mixing step also affect the partner.
    alone = torch.nan if mixes else 1.0
    where = (change.abs() > 1e-5).any(1)
    values = {
        "changed": where.any(2).any(1),
        "amount": change.mean((1, 2, 3)) * alone,
        "spread": (after.std((1, 2, 3)) - before.std((1, 2, 3))) * alone,
        "rows": _agreement(before.mean((1, 3)), after.mean((1, 3))) * alone,
        "columns": _agreement(before.mean((1, 2)), after.mean((1, 2))) * alone,
        "area": where.double().mean((1, 2)),
        "share": (found.targets * batch.targets).sum(1),
        "down": _place(where.any(2)),
        "right": _place(where.any(1)),
    }
    return {key: value.numpy() for key, value in values.items()}


def _agreement(before: Tensor, after: Tensor) -> Tensor:
    """(B, side) each -> (B,): the correlation of the two lines of an image; 0 for constant ones."""
    lines = [line.double() - line.double().mean(1, keepdim=True) for line in (before, after)]
    lengths = [line.square().sum(1).sqrt() for line in lines]
    product = lengths[0] * lengths[1]
    return torch.where(product > 1e-9, (lines[0] * lines[1]).sum(1) / product.clamp(1e-9), 0.0)


def _place(lines: Tensor) -> Tensor:
    """(B, side) bool -> (B,): the place of the span of True, from 0 to 1 in its possible range."""
    side = lines.shape[1]
    first = lines.int().argmax(1)
    room = first + lines.flip(1).int().argmax(1)
    place = first.double() / room
    return place.masked_fill(~lines.any(1) | (room == 0) | (room == side), torch.nan)


def documented_p(augmentation: Augmentation[Any]) -> float | None:
    """The attribute `p` of an augmentation, or of the one transform inside it."""
    if isinstance(augmentation, Foreign):
        parts = getattr(augmentation.transform, "transforms", ())
        # Inner transforms have their own p; Albumentations' ColorJitter stores functions there.
        composed = any(not inspect.isroutine(part) for part in parts)
        p = None if composed else getattr(augmentation.transform, "p", None)
    else:
        p = getattr(augmentation, "p", None)
    return float(p) if isinstance(p, int | float) else None


def firing_rate(
    augmentation: Augmentation[Any],
    seen: Seen,
    p: float | None = None,
    mixes: bool = False,
    classes: int = 10,
) -> Finding:
    """The share of images that change, compared with p.

    Some methods leave chosen images unchanged (posterizing to all 8 bits). So a share other than p
    is compared with p times the share at p = 1, if p can be set.
    """
    name, count = "firing rate", seen.changed.size
    rate = float(seen.changed.mean())
    interval = wilson(rate, effective_count(seen.changed))
    measured = f"{rate:.4f} of {count:,} images change ({interval[0]:.4f} to {interval[1]:.4f})"
    if p is None:
        return Finding(name, "no p is documented", measured, "note", count, interval)
    expected, sound = f"p = {p:g}", _within(p, interval)
    if not sound:
        share = _share_at_certainty(augmentation, count, mixes, classes)
        if share is not None and share < 1 - _UNSEEN:
            expected = f"p = {p:g}, of which {share:.4f} can be seen"
            sound = _within(p * share, interval)
    if not sound and _within(p * p, interval):
        measured += "; as if p were applied twice"
    return Finding(name, expected, measured, verdict(sound), count, interval)


def _within(rate: float, interval: tuple[float, float]) -> bool:
    return interval[0] <= rate <= interval[1] + _UNSEEN


def _share_at_certainty(
    augmentation: Augmentation[Any], samples: int, mixes: bool, classes: int
) -> float | None:
    if isinstance(augmentation, Foreign) or not hasattr(augmentation, "p"):
        return None
    certain = copy.copy(augmentation)
    certain.p = 1.0
    return float(watch(certain, samples, mixes, classes).changed.mean())


_DRAWN = {
    "changed": "whether it changes",
    "amount": "how much",
    "spread": "its contrast",
    "rows": "where its rows are",
    "columns": "where its columns are",
    "area": "how large an area",
    "share": "the target",
}


def independent_draws(seen: Seen) -> Finding:
    """The changes of images in one batch are no more alike than those in different batches."""
    expected = "images of one batch are no more alike than others"
    return _independent("independent draws", expected, seen, _DRAWN)


def independent_places(seen: Seen) -> Finding:
    """The places of boxes in one batch are no more alike than those in different batches."""
    expected = "boxes of one batch lie no more alike than others"
    directions = {"down": "from top to bottom", "right": "from left to right"}
    return _independent("independent places", expected, seen, directions)


def _independent(name: str, expected: str, seen: Seen, titles: dict[str, str]) -> Finding:
    found = {}
    for key, title in titles.items():
        measured = correlation_within(getattr(seen, key).astype(float))
        if measured is not None:
            found[title] = measured
    if not found:
        return Finding(name, expected, "nothing to compare: it never varies", "note")
    title = max(found, key=lambda title: found[title][1][0])
    correlation, interval = found[title]
    measured_text = f"correlation within a batch at most {correlation:.3f} ({title})"
    return Finding(
        name, expected, measured_text, verdict(interval[0] <= 0), seen.changed.size, interval
    )


def draw_per_image(
    augmentation: Augmentation[Any], samples: int = 1000, mixes: bool = False, classes: int = 10
) -> Finding:
    """The number of distinct results in one batch of copies, and of as many copies one by one.

    For methods that mix: of distinct targets in one batch, and in batches of two.
    """
    together = _outcomes(apply(augmentation, batch_of(_images(samples, mixes), 0, classes)), mixes)
    pair = _images(2 if mixes else 1, mixes)
    alone = np.concatenate(
        [
            _outcomes(apply(augmentation, batch), mixes)[:1]
            for batch in _batches(pair, samples, classes)
        ]
    )
    distinct = len(np.unique(together, axis=0))
    counts = np.unique(alone, axis=0, return_counts=True)[1]
    apart = len(counts)
    what = "targets" if mixes else "results"
    # The probability that independent draws all give the most frequent result seen one by one.
    by_chance = (float(counts.max()) / samples) ** samples
    expected = f"about {apart:,} distinct {what}, as drawn one by one"
    measured = f"{distinct:,} distinct {what} of {samples:,} in one batch"
    if by_chance > 1e-9:
        return Finding("a draw per image", expected, measured, "note", samples)
    shared = distinct == 1 or (apart >= 20 and 2 * distinct < apart)
    return Finding("a draw per image", expected, measured, verdict(not shared), samples)


def _outcomes(found: Batch, mixes: bool) -> np.ndarray:
    """A row per image: its pixels, or its largest target in units of 1/10,000."""
    if mixes:
        return found.targets.amax(1, keepdim=True).mul(10_000).round().numpy()
    return to_float(found.images).flatten(1).numpy()


def epochs_differ(
    augmentation: Augmentation[Any], samples: int = 400, mixes: bool = False, classes: int = 10
) -> Finding:
    """Results repeat between eight epochs no more often than between eight seeds."""
    batch = batch_of(_images(samples, mixes), 0, classes)
    usual = _repeats([apply(augmentation, batch, seed=seed) for seed in range(8)])
    found = _repeats([apply(augmentation, batch, epoch=epoch) for epoch in range(8)])
    name, expected = "epochs differ", f"at most {usual:.1%} the same, as with two seeds"
    measured = f"at most {found:.1%} the same in two epochs"
    if usual == 1:
        return Finding(name, expected, f"{measured}: not told", "note", samples)
    # Four standard errors, at least one or two images where hardly any repeats.
    margin = 4 * (max(usual * (1 - usual), 1 / samples) / samples) ** 0.5
    return Finding(name, expected, measured, verdict(found <= usual + margin), samples)


def _repeats(found: list[Batch]) -> float:
    """The largest share of equal images in any two of the batches."""
    pairs = [(a, b) for i, a in enumerate(found) for b in found[:i]]
    return max(float(same(a, b).double().mean()) for a, b in pairs)
