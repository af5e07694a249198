"""What a race costs where a fixed design would have done: one arm, a difference that is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import Rule, anytime_p, batch_alphas, confidence_sequence
from augury.stats.race import FEWEST_PAIRS

from .fixed import paired_p, peeks

MIXINGS = (0.03, 0.1, 0.2, 0.3, 1.0, 3.0)
# True differences over the deviation of paired ones; deviations over the difference that matters.
EFFECTS = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
SPREADS = (0.5, 1.0, 1.5)
FIRST_PEEK, LAST_PEEK = 6, 40
_LONGEST = 120
_POWER = 0.8


def mixing_rows(sequences: int, arms: int, seed: tuple[int, ...]) -> list[dict[str, Any]]:
    """For each c², the median pairs until one of `arms` arms is decided; LONGEST: or more.

    shown: by true difference in deviations; small: by deviations in differences that matter, of
    arms without a difference.
    """
    level = batch_alphas(Rule().alpha, 1)[0] / arms
    noise = np.random.default_rng(seed).standard_normal((sequences, _LONGEST))
    rows = []
    for mixing in MIXINGS:
        shown = [_median(anytime_p(noise + effect, 0.0, mixing) < level) for effect in EFFECTS]
        widths = np.abs(confidence_sequence(noise, level, mixing)).max(axis=-1)
        small = [_median(widths * spread < 1) for spread in SPREADS]
        rows.append({"mixing": mixing, "shown": shown, "small": small})
    return rows


def single_rows(sequences: int, seed: tuple[int, ...]) -> list[dict[str, Any]]:
    """One arm whose true difference is known: pairs of a race that finds 4 of 5, and of a t test.

    fixed: the fewest pairs with which a t test at alpha finds 4 of 5, as whoever knows the effect
    would choose; race: the pairs within which as many are found; mean: of all sequences, those
    that are not found counted with `race`; pairs: what a study that adds no arms uses is 4/5 of
    alpha, as the product does.
    """
    rule = Rule()
    level = batch_alphas(rule.alpha, 1)[0]
    noise = np.random.default_rng(seed).standard_normal((sequences, _LONGEST))
    rows = []
    for effect in EFFECTS:
        by_race = np.logical_or.accumulate(anytime_p(noise + effect) < level, axis=-1)
        by_race[:, : FEWEST_PAIRS - 1] = False
        fixed = _fewest(paired_p(noise + effect) < rule.alpha)
        race = _fewest(by_race)
        mean = None if race is None else float(np.minimum(_first(by_race), race).mean())
        rows.append({"effect": effect, "fixed": fixed, "race": race, "race mean": mean})
    return rows


def peeking_row(sequences: int, seed: tuple[int, ...]) -> dict[str, int]:
    """Of sequences without a difference, how many a t test after every seed from 6 to 40 calls one.

    The same looks by the race's rule beside it.
    """
    values = np.random.default_rng(seed).standard_normal((sequences, LAST_PEEK))
    level = batch_alphas(Rule().alpha, 1)[0]
    return {
        "sequences": sequences,
        "t": int(peeks(values, FIRST_PEEK, LAST_PEEK).sum()),
        "race": int((anytime_p(values)[:, -1] < level).sum()),
    }


def _first(found: NDArray[np.bool_]) -> NDArray[np.int_]:
    """(R,): the pairs after which each of (R, S) is true for the first time, S where never."""
    return np.where(found.any(axis=-1), found.argmax(axis=-1) + 1, found.shape[-1])


def _median(found: NDArray[np.bool_]) -> int:
    return int(np.median(_first(found)))


def _fewest(found: NDArray[np.bool_]) -> int | None:
    """The fewest pairs from which on so many of the sequences are true as a power asks."""
    enough = np.flatnonzero(found.mean(axis=0) >= _POWER)
    return int(enough[0]) + 1 if len(enough) else None
