"""Arms at half or twice their strength."""

from collections.abc import Collection, Mapping
from itertools import product
from typing import Any

from augury.augment.names import parts_of
from augury.augment.strength import plain_part, split_strength
from augury.errors import InputError


def at_strength(arm: str, factor: float, described: Mapping[str, Mapping[str, Any]]) -> str:
    """`arm` with `factor` times the strength of each part, "crop@0.5+flip" for "crop+flip" at 0.5.

    A part stays as it is where it has no strength, or none that large: "mixup" mixes all images
    already. described: parameters and chains, by name.
    """
    return "+".join(_part(part, factor, described) for part in parts_of(arm))


def _part(part: str, factor: float, described: Mapping[str, Mapping[str, Any]]) -> str:
    # Imported here, as it imports PyTorch, and reading what was found does without.
    from augury.augment.registry import describe_strength

    changed = _times(part, factor)
    try:
        same = describe_strength(changed, described) == describe_strength(part, described)
    except InputError:
        return part
    return part if same else changed


def _times(part: str, factor: float) -> str:
    name, strength = split_strength(part)
    if ":" in part or strength == 0:
        return part
    return plain_part(f"{name}@{factor * (1 if strength is None else strength)!r}")


def find_at_strength(arm: str, factor: float, there: Collection[str]) -> str | None:
    """The one of `there` that `at_strength` has made of `arm`, None where there is none.

    It needs no PyTorch: it does not ask which parts have a strength.
    """
    choices = [dict.fromkeys((_times(part, factor), part)) for part in parts_of(arm)]
    made = ("+".join(parts) for parts in product(*choices))
    return next((each for each in made if each != arm and each in there), None)
