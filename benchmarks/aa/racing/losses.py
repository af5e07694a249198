"""What a race costs where a fixed design would have done: one arm, a difference that is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import Rule, anytime_p, batch_alphas
from augury.stats.race import FEWEST_PAIRS

from .fixed import paired_p, peeks

# True differences over the deviation of paired ones.
EFFECTS = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
FIRST_PEEK, LAST_PEEK = 6, 40
_LONGEST = 120
_POWER = 0.8


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


def _fewest(found: NDArray[np.bool_]) -> int | None:
    """The fewest pairs from which on so many of the sequences are true as a power asks."""
    enough = np.flatnonzero(found.mean(axis=0) >= _POWER)
    return int(enough[0]) + 1 if len(enough) else None
