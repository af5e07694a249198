"""Scopes of draws: parts of a composition that act on one image never share random numbers."""

from collections.abc import Iterable, Sequence
from typing import Any

from augury.augment.base import Augmentation

Streams = set[tuple[type, str]]


def scopes(
    parts: Sequence[Augmentation[Any]],
    taken: Iterable[tuple[type, str]] = (),
    together: bool = True,
) -> list[str]:
    """The scope of each part.

    A part draws what it would draw alone; the second part of a class gets scope "/1". If it would
    still share draws with an earlier part, for example one that holds the same class, the scope
    also contains its position.
    taken: streams that no part may use. together: False if an image gets one part only; then parts
    may share their draws.
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
    """The streams that all `parts` use in `scope`, each part in its entry of `part_scopes`."""
    pairs = zip(parts, part_scopes, strict=True)
    return set().union(*(part.streams(scope + own) for part, own in pairs))
