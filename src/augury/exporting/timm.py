"""timm: the arguments of `create_transform`, and `Mixup` for batches."""

from typing import Any

from augury.augment import (
    Brightness,
    ColorJitter,
    Contrast,
    CutMix,
    Flip,
    Grayscale,
    Hue,
    MixUp,
    OneOf,
    RandomErasing,
    RandomGrayscale,
    RandomResizedCrop,
    Saturation,
    TimmRandAugment,
    VerticalFlip,
)
from augury.augment.base import Augmentation
from augury.exporting.piece import (
    FULL,
    LEVELS,
    STORED,
    TWICE,
    Order,
    block,
    cannot,
    classes_line,
    flat,
    header,
    joined,
    pair_text,
    size_lines,
)
from augury.exporting.settings import Settings, SettingsTable, gathered

LIBRARY = "timm"
VERSIONS = "timm 1.0"

# The order of timm's steps.
_VIEW, _FLIP, _POLICY, _COLOR, _GRAY, _ERASE, _MIX = range(7)

_GENERATOR = "draws come from Python's and NumPy's generators, not from seed, epoch and id"
_WHOLE = (
    "images are cut to their central square and resized to SIZE: cut test images alike (crop_pct=1)"
)
_PARTNER = "an image's partner is the one at the mirrored place of its batch, of even size"

# What create_transform does by itself, switched off.
_STILL = {
    "scale": "(1.0, 1.0)",
    "ratio": "(1.0, 1.0)",
    "hflip": "0.0",
    "color_jitter": "None",
    "interpolation": '"bilinear"',
}
_ERASER = "from timm.data.random_erasing import RandomErasing"


def code(augmentation: Augmentation[Any], order: Order) -> str:
    """`transform` for a data set, and `mix` for batches where images are mixed.

    Raises InputError for what timm cannot express.
    """
    values, found = gathered(flat(augmentation), TABLE, LIBRARY)
    mix = [line for told in found if told.step == _MIX for line in told.lines]
    erases = any(told.step == _ERASE for told in found)
    after = [line for told in found if told.step in (_POLICY, _ERASE) for line in told.lines]
    notes = [note for told in found for note in told.notes]
    if not any(told.step == _VIEW for told in found):
        notes.insert(0, _WHOLE)
    arguments = {
        "input_size": "(3, SIZE, SIZE)",
        "is_training": "True",
        **_STILL,
        **values,
        "mean": "MEAN",
        "std": "STD",
    }
    return joined(
        header(order, LIBRARY, VERSIONS, [*dict.fromkeys(notes), _GENERATOR]),
        [f"from timm.data import {'Mixup, ' if mix else ''}create_transform"]
        + ([_ERASER] if erases else []),
        [*size_lines(order, ["SIZE"]), *([classes_line(order)] if mix else []), *_NORMALIZATION],
        [
            *block("transform = create_transform", [f"{k}={v}" for k, v in arguments.items()]),
            *after,
        ],
        mix and ["# In the training loop: images, targets = mix(images, labels)", *mix],
    )


_NORMALIZATION = (
    "MEAN = (0.485, 0.456, 0.406)  # of ImageNet: write those that your network was trained with",
    "STD = (0.229, 0.224, 0.225)",
)


def _resized_crop(part: RandomResizedCrop) -> Settings:
    values = {"scale": str(tuple(part.scale)), "ratio": str(tuple(part.ratio))}
    return Settings(_VIEW, values, notes=(STORED, LEVELS))


def _flip(part: Flip) -> Settings:
    values = {"hflip": str(part.horizontal), "vflip": str(part.vertical)}
    return Settings(_FLIP, values)


_BELOW_THE_TOP = (
    "# At a magnitude of 10 timm asks Pillow to keep 0 bits, which Pillow 13 refuses.",
    'for operation in next(s for s in transform.transforms if hasattr(s, "ops")).ops:',
    "    operation.magnitude_max = 9.99",
)


def _randaugment(part: TimmRandAugment) -> Settings:
    if part.magnitude != int(part.magnitude):
        raise cannot(LIBRARY, "TimmRandAugment", "its magnitude is a whole number")
    told = f"m{int(part.magnitude)}-n{part.layers}-mstd{part.magnitude_std}-p{part.layer_p}-inc1"
    fill = "beyond the border is the mean color MEAN; augury's is black"
    lines = _BELOW_THE_TOP if part.magnitude_std or part.magnitude == 10 else ()
    return Settings(_POLICY, {"auto_augment": f'"rand-{told}"'}, lines, (fill, TWICE))


def _jitter(place: int, strength: float) -> Settings:
    four = [0.0, 0.0, 0.0, 0.0]
    four[place] = strength
    return Settings(_COLOR, {"color_jitter": str(tuple(four))}, notes=(LEVELS,))


def _color_jitter(part: ColorJitter) -> Settings:
    names = ("brightness", "contrast", "saturation", "hue")
    four = ", ".join(pair_text(getattr(part, name)) for name in names)
    values = {"color_jitter": f"({four})"} | (
        {"color_jitter_prob": str(part.p)} if part.p < 1 else {}
    )
    return Settings(_COLOR, values, notes=(LEVELS,))


def _grayscale(part: Grayscale) -> Settings:
    return Settings(_GRAY, {"grayscale_prob": str(part.p)}, notes=(LEVELS,))


def _erasing(part: RandomErasing) -> Settings:
    values = {
        "probability": part.p,
        "min_area": part.area[0],
        "max_area": part.area[1],
        "min_aspect": part.aspect[0],
        "max_aspect": part.aspect[1],
    }
    arguments = ", ".join(f"{key}={value}" for key, value in values.items())
    fill = "erased pixels are noise of N(0, 1) after normalization; augury fills with any level"
    line = f'transform.transforms.append(RandomErasing({arguments}, mode="pixel", device="cpu"))'
    return Settings(_ERASE, lines=(line,), notes=(fill, FULL))


def _mixer(
    mixup: float, cutmix: float, prob: float, switch: float | None = None
) -> tuple[str, ...]:
    arguments = [f"mixup_alpha={mixup}", f"cutmix_alpha={cutmix}", f"prob={prob}"]
    arguments += [f"switch_prob={switch}"] if switch is not None else []
    arguments += ['mode="elem"', "label_smoothing=0.0", "num_classes=NUM_CLASSES"]
    return tuple(block("mix = Mixup", arguments))


def _mixup(part: MixUp) -> Settings:
    return Settings(_MIX, lines=_mixer(part.alpha, 0.0, part.p), notes=(_PARTNER,))


_CUT = "sides of the box are rounded down; augury rounds them"


def _cutmix(part: CutMix) -> Settings:
    return Settings(_MIX, lines=_mixer(0.0, part.alpha, part.p), notes=(_PARTNER, _CUT))


def _one_of(part: OneOf) -> Settings:
    by_class = {type(each): each for each in part.parts}
    mixup, cutmix = by_class.get(MixUp), by_class.get(CutMix)
    if len(part.parts) != 2 or not (isinstance(mixup, MixUp) and isinstance(cutmix, CutMix)):
        raise cannot(LIBRARY, "OneOf", "it chooses between mixup and cutmix alone")
    if mixup.p != cutmix.p:
        raise cannot(LIBRARY, "OneOf", "mixup and cutmix have one probability")
    weights = dict(zip(map(type, part.parts), part.weights or (1.0, 1.0), strict=True))
    switch = weights[CutMix] / sum(weights.values())
    lines = _mixer(mixup.alpha, cutmix.alpha, mixup.p, switch)
    return Settings(_MIX, lines=lines, notes=(_PARTNER, _CUT))


TABLE: SettingsTable = {
    RandomResizedCrop: _resized_crop,
    Flip: _flip,
    VerticalFlip: _flip,
    Brightness: lambda part: _jitter(0, part.strength),
    Contrast: lambda part: _jitter(1, part.strength),
    Saturation: lambda part: _jitter(2, part.strength),
    Hue: lambda part: _jitter(3, part.shift),
    TimmRandAugment: _randaugment,
    ColorJitter: _color_jitter,
    Grayscale: _grayscale,
    RandomGrayscale: _grayscale,
    RandomErasing: _erasing,
    MixUp: _mixup,
    CutMix: _cutmix,
    OneOf: _one_of,
}
