"""Strengths: `randaugment@0.5` is `randaugment` that changes images half as much.

Each method does in `strengthened` what its line in STRENGTHS says. At 1 it is the method as it is,
at 0 it is `none`. Nothing here imports PyTorch.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, TypeVar

from augury.augment.names import parts_of
from augury.errors import InputError
from augury.names import shown

A = TypeVar("A")

_HIGHEST = 100.0

# What the strength s of `NAME@s` changes, for each method that has one.
STRENGTHS: dict[str, str] = {
    "normal": "the range of angles and of zoom times s; flips stay",
    "crop": "the padding times s",
    "random-resized-crop": "the shares' distance from 1 times s, and the ends of the range of "
    "shapes to the power of s",
    "rotate": "the range of angles times s",
    "zoom": "the ends of the range of factors to the power of s",
    "shear": "the ranges of both angles times s",
    "translate": "the range of shifts times s",
    "perspective": "the distortion times s",
    "elastic": "alpha times s",
    "brightness": "the factors' distance from 1 times s",
    "contrast": "the factors' distance from 1 times s",
    "saturation": "the factors' distance from 1 times s",
    "hue": "the range of turns times s",
    "color-jitter": "the factors' distance from 1, and the range of turns, times s",
    "blur": "the standard deviations times s",
    "gaussian-noise": "the standard deviation times s",
    "sharpness": "the factors' distance from 1 times s",
    "posterize": "the bits that are dropped times s, rounded",
    "solarize": "the thresholds' distance from 256 times s",
    "jpeg": "the quality's distance from 100 times s, rounded",
    "downscale": "the share of pixels that is left to the power of s",
    "randaugment": "the magnitude and its deviation times s",
    "trivialaugment": "the drawn strengths times s, at most the top of their scale",
    "autoaugment": "the policy's levels times s, at most the top of their scale",
    "timm-randaugment": "the magnitude and its deviation times s",
    "augmix": "the severity times s",
    "random-erasing": "the range of areas times s",
    "cutout": "the side of the square times s",
    "coarse-dropout": "the sides of the holes times s",
    "gridmask": "the share of the distance that a square covers, 1 - keep, times s",
    "mixup": "the probability of mixing times s",
    "cutmix": "the probability of mixing times s",
    "resizemix": "the probability of mixing times s",
    "fmix": "the probability of mixing times s",
    "salience-blend": "mix times s",
    "salience": "the range of strengths times s, at most 1",
    "saliencymix": "the probability of mixing times s",
    "puzzlemix": "the probability of mixing times s",
    "keepaugment": "the side of the window that is cut times s; with paste, the strength of "
    "the augmentation inside",
    "guidedmixup": "the probability of mixing times s",
    "attentive-cutmix": "the probability of mixing times s",
}


def split_strength(part: str) -> tuple[str, float | None]:
    """("randaugment", 0.5) for "randaugment@0.5"; None where no strength is named.

    Raises InputError where something else than a number from 0 to 100 follows the sign.
    """
    name, sign, text = part.partition("@")
    if not sign or ":" in part:  # a colon: code of the user's own
        return part, None
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= _HIGHEST:
        raise InputError(f"{shown(part)}: a strength is a number from 0 to 100, as in {name}@0.5")
    return name, strength


def plain_part(part: str) -> str:
    """`part` with its strength in its shortest spelling, and without one of 1."""
    try:
        name, strength = split_strength(part)
    except InputError:
        return part  # building it says what is wrong
    if strength is None or strength == 1:
        return name
    short = f"{strength:g}"
    return f"{name}@{short if float(short) == strength else repr(strength)}"


def spread_strengths(
    arms: Sequence[str], strengths: Mapping[str, Sequence[float]]
) -> tuple[str, ...]:
    """`arms`, in which each part that `strengths` names stands once for each of its strengths.

    Raises InputError for a name that no arm has.
    """
    named = {part for arm in arms for part in parts_of(arm)}
    for name in strengths:
        if name not in named:
            raise InputError(f"strengths: {shown(name)} is no arm, and no part of one")
    found = []
    for arm in arms:
        choices = [
            [plain_part(f"{part}@{strength!r}") for strength in strengths[part]]
            if part in strengths
            else [part]
            for part in parts_of(arm)
        ]
        found += ["+".join(parts) for parts in product(*choices)]
    return tuple(found)


def with_arguments(augmentation: A, **changed: Any) -> A:
    """A new one of its class, in which some arguments are `changed`."""
    names = inspect.signature(type(augmentation)).parameters
    return type(augmentation)(**{name: getattr(augmentation, name) for name in names} | changed)


def at_both_ends(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value`, a number or the range of one, with `change` applied to it or to both ends."""
    return tuple(map(change, value)) if isinstance(value, Sequence) else change(value)


def away_from(value: float, start: float, strength: float) -> float:
    """`value` at `strength` times its distance from `start`; `value` itself at 1."""
    return value + (strength - 1) * (value - start)
