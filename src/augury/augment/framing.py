"""Fit an augmentation to images that are stored larger than what the network sees."""

from typing import Any

from augury.augment.base import Augmentation
from augury.augment.chain import Chain
from augury.augment.geometry.center_crop import CenterCrop
from augury.augment.geometry.resize_crop import ResizeCrop
from augury.augment.one_of import OneOf
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError


def frames(augmentation: Augmentation[Any]) -> bool:
    """Whether it cuts its view from the images that come in: it does, or its first part does."""
    if isinstance(augmentation, Chain):
        return frames(augmentation.parts[0])
    if isinstance(augmentation, OneOf):
        return any(map(frames, augmentation.parts))
    return augmentation.frames


def cuts_at_random(augmentation: Augmentation[Any]) -> bool:
    """Whether its view is another one each time: it frames, and not by a center crop alone."""
    if isinstance(augmentation, Chain):
        return cuts_at_random(augmentation.parts[0])
    if isinstance(augmentation, OneOf):
        return any(map(cuts_at_random, augmentation.parts))
    return augmentation.frames and not isinstance(augmentation, CenterCrop)


def takes_pictures(augmentation: Augmentation[Any]) -> bool:
    """Whether it cuts its view from pictures that don't fill their images (`Batch.extents`)."""
    if isinstance(augmentation, Chain):
        return takes_pictures(augmentation.parts[0])
    if isinstance(augmentation, OneOf):
        # Of a part that doesn't frame, `fitted` cuts the center.
        framing = [part for part in augmentation.parts if frames(part)]
        return bool(framing) and all(map(takes_pictures, framing))
    return augmentation.takes_extents and cuts_at_random(augmentation)


def crops_late(augmentation: Augmentation[Any]) -> bool:
    """Whether a part of a chain cuts a random view from what the part before it has been given."""
    parts = augmentation.parts if isinstance(augmentation, Chain | OneOf) else ()
    later = parts[1:] if isinstance(augmentation, Chain) else ()
    return any(map(crops_late, parts)) or any(map(takes_pictures, later))


def view_of(augmentation: Augmentation[Any], size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of what it makes of images of `size`."""
    if isinstance(augmentation, Chain):
        for part in augmentation.parts:
            size = view_of(part, size)
        return size
    if isinstance(augmentation, OneOf):
        return view_of(augmentation.parts[0], size)
    given = getattr(augmentation, "size", None) if augmentation.frames else None
    return size if given is None else given


def centered(augmentation: Augmentation[Any], batch: Batch) -> Batch:
    """`batch` after the center crop with which `augmentation` begins, if it does."""
    first = augmentation.parts[0] if isinstance(augmentation, Chain) else augmentation
    return first.apply(batch, None) if isinstance(first, CenterCrop) else batch


def fitted(
    augmentation: Augmentation[Any], stored: int, seen: int, pictures: bool = False
) -> Augmentation[Any]:
    """`augmentation`, which makes squares of `seen` pixels a side of those with `stored`.

    What frames gets its `size`; anything else comes after a center crop. Where both sides are equal
    it is returned as it is. pictures: whether it is given whole pictures, of which `stored` is the
    shorter side. Raises InputError where `seen` is larger than `stored`, for another `size` within
    it, and for a `ResizeCrop` where there is nothing to cut from.
    """
    if seen > stored:
        raise InputError(f"{seen}×{seen} pixels cannot be cut from {stored}×{stored}")
    larger = pictures or stored > seen
    _check(augmentation, larger, seen)
    return _fitted(augmentation, seen) if larger else augmentation


def _fitted(augmentation: Augmentation[Any], seen: int) -> Augmentation[Any]:
    size = (seen, seen)
    chained = isinstance(augmentation, Chain)
    parts = augmentation.parts if isinstance(augmentation, Chain) else (augmentation,)
    first, rest = parts[0], parts[1:]
    if not frames(first):
        return Chain([CenterCrop(size), *parts])
    if isinstance(first, OneOf):
        first = OneOf([_fitted(part, seen) for part in first.parts], first.weights)
    elif isinstance(first, Chain):
        first = _fitted(first, seen)
    else:
        first = with_arguments(first, size=size)
    return Chain([first, *rest]) if chained else first


def _check(augmentation: Augmentation[Any], larger: bool, seen: int, first: bool = True) -> None:
    """Raise as `fitted`. larger: whether stored images are; first: whether it gets these."""
    for place, part in enumerate(getattr(augmentation, "parts", ())):
        at_first = first and (place == 0 or isinstance(augmentation, OneOf))
        _check(part, larger, seen, at_first)
    inner = getattr(augmentation, "augment", None)
    if isinstance(inner, Augmentation):
        _check(inner, larger, seen, first=False)
    if not augmentation.frames:
        return
    size = getattr(augmentation, "size", None)
    if size not in (None, (seen, seen)):
        raise InputError(
            f"size: in a study it is that of the images which the network sees, {seen}×{seen}, "
            f"got {size[0]}×{size[1]}"
        )
    if isinstance(augmentation, ResizeCrop) and not first:
        raise InputError("resize-crop must come first, as later parts have nothing to cut from")
    if isinstance(augmentation, ResizeCrop) and not larger:
        raise InputError(
            f"there is nothing to cut from, as images are stored with the {seen} pixels a side "
            "that the network sees; give a larger stored size (--stored-size), or take crop, which "
            "pads"
        )
