"""Which draws each part of a composition has, so that no two parts that act together share any."""

from collections.abc import Iterable, Sequence
from typing import Any

from augury.augment.base import Augmentation

Streams = set[tuple[type, str]]


def scopes(
    parts: Sequence[Augmentation[Any]],
    taken: Iterable[tuple[type, str]] = (),
    together: bool = True,
) -> list[str]:
    """For each part what tells its draws from those of the others.

    A part draws what it would draw alone, the second of a class in scope "/1". Where it would
    still share draws with a part before it, as when one of them holds the other's class, its
    place tells it apart.
    taken: what no part may draw from. together: False where an image gets one part only; then two
    parts may share their draws.
    """
    used, found = set(taken), []
    for place, part in enumerate(parts):
        repeat = sum(type(earlier) is type(part) for earlier in parts[:place])
        scope = f"/{repeat}" if repeat else ""
        while used & part.streams(scope):
            scope += f"/part {place}"
        found.append(scope)
        if together:
            used |= part.streams(scope)
    return found


def streams_of(
    parts: Sequence[Augmentation[Any]], part_scopes: Sequence[str], scope: str
) -> Streams:
    """What all `parts` together draw from in `scope`, each in its own of `part_scopes`."""
    pairs = zip(parts, part_scopes, strict=True)
    return set().union(*(part.streams(scope + own) for part, own in pairs))
