"""The libraries that augmentations are exported to."""

from collections.abc import Callable
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.foreign.factory import is_factory
from augury.augment.names import parts_of
from augury.augment.registry import Parameters, build_augmentation
from augury.errors import InputError
from augury.exporting import albumentations, keras, kornia, python, timm, torchvision, ultralytics
from augury.exporting.piece import Order
from augury.names import check_name

_CODE: dict[str, Callable[[Augmentation[Any], Order], str]] = {
    "torchvision": torchvision.code,
    "albumentations": albumentations.code,
    "kornia": kornia.code,
    "keras": keras.code,
    "timm": timm.code,
    "ultralytics": ultralytics.code,
}
TARGETS = (*_CODE, "python")


def exported(to: str, arm: str, parameters: Parameters, order: Order) -> str:
    """The code of `arm` for the library `to`, one of TARGETS.

    arm, parameters: as `build_augmentation` takes them. Raises InputError for an unknown target or
    arm, and for what the library cannot express.
    """
    check_name(to, TARGETS, "target")
    if to == "python":
        return python.code(arm, parameters, order)
    for part in parts_of(arm):
        if is_factory(part):
            raise InputError(f"{part}: is code of your own already; --to python wraps it")
    augmentation = build_augmentation(arm, parameters, lambda kind: lambda batch: batch.images)
    return _CODE[to](augmentation, order)
