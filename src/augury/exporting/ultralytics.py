"""ultralytics: the arguments of `train` for classification."""

from typing import Any

from augury.augment import (
    ColorJitter,
    Flip,
    Hue,
    RandAugment,
    RandomErasing,
    RandomResizedCrop,
    Saturation,
    VerticalFlip,
)
from augury.augment.base import Augmentation
from augury.exporting.piece import (
    FULL,
    LEVELS,
    STORED,
    TORCH_DRAWS,
    TWICE,
    Order,
    block,
    cannot,
    flat,
    header,
    joined,
    size_lines,
)
from augury.exporting.settings import Settings, SettingsTable, gathered

LIBRARY = "ultralytics"
VERSIONS = "ultralytics 8.3, classification"

# The order of its steps.
_VIEW, _FLIP, _COLOR, _ERASE = range(4)

_RATIO = (3 / 4, 4 / 3)

_WHOLE = "images are cut to their central square, about, and resized to SIZE"

# What training does by itself, switched off.
STILL = {
    "scale": "0.0",
    "fliplr": "0.0",
    "flipud": "0.0",
    "hsv_h": "0.0",
    "hsv_s": "0.0",
    "hsv_v": "0.0",
    "auto_augment": "None",
    "erasing": "0.0",
}


def code(augmentation: Augmentation[Any], order: Order) -> str:
    """A call of `train`. Raises InputError for what its arguments cannot express."""
    values, found = gathered(flat(augmentation), TABLE, LIBRARY)
    notes = [*(note for told in found for note in told.notes), TORCH_DRAWS]
    if not any(told.step == _VIEW for told in found):
        notes.insert(0, _WHOLE)
    arguments = [f"{key}={value}" for key, value in {**STILL, **values}.items()]
    return joined(
        header(order, LIBRARY, VERSIONS, list(dict.fromkeys(notes))),
        ["from ultralytics import YOLO"],
        [*size_lines(order, ["SIZE"]), 'DATA = "path/to/dataset"  # with train/ and val/'],
        [
            'model = YOLO("yolo11n-cls.pt")',
            *block("model.train", ["data=DATA", "imgsz=SIZE", *arguments]),
        ],
    )


def _resized_crop(part: RandomResizedCrop) -> Settings:
    low, high = part.scale
    its = zip(part.ratio, _RATIO, strict=True)
    if high != 1 or any(abs(end - fixed) > 1e-6 for end, fixed in its):
        raise cannot(
            LIBRARY, "RandomResizedCrop", "its areas end at 1 and its shapes are 3:4 to 4:3"
        )
    return Settings(_VIEW, {"scale": str(1 - low)}, notes=(STORED, LEVELS))


def _flip(part: Flip) -> Settings:
    return Settings(_FLIP, {"fliplr": str(part.horizontal), "flipud": str(part.vertical)})


def _color_jitter(part: ColorJitter) -> Settings:
    numbers = (part.brightness, part.contrast, part.saturation, part.hue)
    if (
        part.brightness != part.contrast
        or part.p != 1
        or any(isinstance(n, tuple) for n in numbers)
    ):
        raise cannot(
            LIBRARY, "ColorJitter", "it has numbers, and one for brightness and contrast together"
        )
    values = {"hsv_v": part.brightness, "hsv_s": part.saturation, "hsv_h": part.hue}
    return Settings(_COLOR, {key: str(value) for key, value in values.items()}, notes=(LEVELS,))


def _erasing(part: RandomErasing) -> Settings:
    if tuple(part.area) != (0.02, 0.33) or tuple(part.aspect) != (0.3, 3.3):
        raise cannot(
            LIBRARY,
            "RandomErasing",
            "its rectangles are fixed (area = [0.02, 0.33], aspect = [0.3, 3.3] would do)",
        )
    fill = "erased pixels are black; augury fills with any level"
    return Settings(_ERASE, {"erasing": str(part.p)}, notes=(fill, FULL))


def _randaugment(part: RandAugment) -> Settings:
    if (part.layers, part.magnitude, part.magnitude_std) != (2, 9, 0):
        raise cannot(
            LIBRARY,
            "RandAugment",
            "it has 2 layers of magnitude 9 without deviation (magnitude_std = 0 would do)",
        )
    return Settings(_COLOR, {"auto_augment": '"randaugment"'}, notes=(TWICE,))


TABLE: SettingsTable = {
    RandomResizedCrop: _resized_crop,
    Flip: _flip,
    VerticalFlip: _flip,
    ColorJitter: _color_jitter,
    Saturation: lambda part: Settings(_COLOR, {"hsv_s": str(part.strength)}, notes=(LEVELS,)),
    Hue: lambda part: Settings(_COLOR, {"hsv_h": str(part.shift)}, notes=(LEVELS,)),
    RandAugment: _randaugment,
    RandomErasing: _erasing,
}
