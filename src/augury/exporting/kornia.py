"""Kornia: batches of floats in [0, 1], each image with draws of its own."""

import math
from typing import Any

from augury.augment import (
    Autocontrast,
    Blur,
    Brightness,
    ChannelShuffle,
    ColorJitter,
    Contrast,
    Crop,
    Equalize,
    Flip,
    Grayscale,
    Hue,
    Invert,
    MixUp,
    Normal,
    Posterize,
    RandomGrayscale,
    Rotate,
    Saturation,
    Sharpness,
    Shear,
    Solarize,
    Translate,
    VerticalFlip,
    Zoom,
)
from augury.augment.base import Augmentation
from augury.exporting.piece import (
    TORCH_DRAWS,
    Order,
    Piece,
    Table,
    apart_from_mixing,
    block,
    cannot,
    flat,
    header,
    joined,
    notes_of,
    pair_text,
    size_lines,
    written,
)

LIBRARY = "kornia"
VERSIONS = "kornia 0.8 to 0.9"

_PADDING = {"nearest": "border", "black": "zeros"}
_SCALE = "RandomAffine draws the scale uniformly, and a scale over 1 enlarges"


def code(augmentation: Augmentation[Any], order: Order) -> str:
    """`transform` for batches of images, and `mix` for images and labels where they are mixed.

    Raises InputError for what Kornia cannot express.
    """
    parts = flat(augmentation)
    pieces = written(parts, TABLE, LIBRARY)
    calls, mix = apart_from_mixing(parts, pieces, order, LIBRARY)
    return joined(
        header(order, LIBRARY, VERSIONS, [*notes_of(parts, pieces), TORCH_DRAWS] if parts else []),
        ["import kornia.augmentation as K", "import torch"],
        size_lines(order, calls),
        [
            "# images: (B, 3, H, W), float in [0, 1]; images = transform(images)",
            *block("transform = torch.nn.Sequential", calls),
        ],
        _mixing(mix),
    )


def _mixing(call: str) -> list[str]:
    if not call:
        return []
    return [
        f"mix = {call}",
        "",
        "",
        "def mixed_loss(model, images, labels):",
        '    """Labels (B,) int64. Kornia gives (B, 3): own label, the partner\'s, its share."""',
        "    images, mixed = mix(images, labels)",
        "    own, partner, share = mixed.unbind(1)",
        "    loss = torch.nn.functional.cross_entropy",
        "    scores = model(images)",
        '    terms = [loss(scores, each.long(), reduction="none") for each in (own, partner)]',
        "    return ((1 - share) * terms[0] + share * terms[1]).mean()",
    ]


def _flip(part: Flip) -> Piece:
    flips = (("Horizontal", part.horizontal), ("Vertical", part.vertical))
    return Piece(tuple(f"K.Random{way}Flip(p={p})" for way, p in flips if p))


def _crop(part: Crop) -> Piece:
    return Piece((f"K.RandomCrop((SIZE, SIZE), padding=round({part.padding} * SIZE), p=1.0)",))


def _affine(what: str, border: str, p: float) -> Piece:
    edge = f'padding_mode="{_PADDING[border]}", align_corners=True'
    return Piece((f"K.RandomAffine({what}, {edge}, p={p})",))


def _shear(part: Shear) -> Piece:
    shear = f"(-{part.x}, {part.x}, -{part.y}, {part.y})"
    return _affine(f"degrees=0.0, shear={shear}", part.border, part.p)


def _translate(part: Translate) -> Piece:
    return _affine(f"degrees=0.0, translate=({part.share}, {part.share})", part.border, part.p)


def _zoom(part: Zoom) -> Piece:
    low, high = part.factor
    if low != high:
        raise cannot(LIBRARY, "Zoom", _SCALE)
    return _affine(f"degrees=0.0, scale=({1 / low}, {1 / low})", part.border, part.p)


def _normal(part: Normal) -> Piece:
    if part.zoom:
        raise cannot(LIBRARY, "Normal", _SCALE)
    (turn,) = _affine(f"degrees={float(part.rotation)}", "nearest", 1.0).calls
    return Piece((turn, f"K.RandomHorizontalFlip(p={part.flip})"))


def _jitter(name: str, strength: float) -> Piece:
    return Piece((f"K.ColorJitter({name}={strength}, p=1.0)",))


def _color_jitter(part: ColorJitter) -> Piece:
    values = ("brightness", "contrast", "saturation", "hue")
    arguments = ", ".join(f"{name}={pair_text(getattr(part, name))}" for name in values)
    order = "the order of the four is drawn once a batch; augury draws it for each image"
    return Piece((f"K.ColorJitter({arguments}, p={part.p})",), (order,))


def _blur(part: Blur) -> Piece:
    reach = 2 * math.ceil(3 * part.sigma[1]) + 1
    arguments = f'({reach}, {reach}), {tuple(part.sigma)}, border_type="replicate"'
    return Piece((f"K.RandomGaussianBlur({arguments}, p=1.0)",))


def _posterize(part: Posterize) -> Piece:
    low, high = map(int, part.bits)
    if low != high:
        raise cannot(LIBRARY, "Posterize", "its numbers of bits are not equally likely")
    return Piece((f"K.RandomPosterize(({low}, {low}), p={part.p})",))


def _solarize(part: Solarize) -> Piece:
    low, high = part.threshold
    if high > 255:
        raise cannot(
            LIBRARY, "Solarize", "its thresholds end at 255, and 256 leaves an image as it is"
        )
    thresholds = f"({low / 255}, {high / 255})"
    return Piece((f"K.RandomSolarize(thresholds={thresholds}, additions=0.0, p={part.p})",))


def _mixup(part: MixUp) -> Piece:
    if part.alpha != 1:
        raise cannot(LIBRARY, "MixUp", "its share is uniform (alpha=1 would do)")
    if part.p != 1:
        raise cannot(LIBRARY, "MixUp", "its p is drawn for a batch and again for each image")
    partner = "partners are a shuffled batch, so that an image may meet itself"
    return Piece(('K.RandomMixUpV2(p=1.0, data_keys=["input", "class"])',), (partner,))


TABLE: Table = {
    Flip: _flip,
    VerticalFlip: _flip,
    Crop: _crop,
    Rotate: lambda part: _affine(f"degrees={float(part.degrees)}", part.border, part.p),
    Shear: _shear,
    Translate: _translate,
    Zoom: _zoom,
    Normal: _normal,
    Brightness: lambda part: _jitter("brightness", part.strength),
    Contrast: lambda part: _jitter("contrast", part.strength),
    Saturation: lambda part: _jitter("saturation", part.strength),
    Hue: lambda part: _jitter("hue", part.shift),
    ColorJitter: _color_jitter,
    ChannelShuffle: lambda part: Piece((f"K.RandomChannelShuffle(p={part.p})",)),
    Grayscale: lambda part: Piece((f"K.RandomGrayscale(p={part.p})",)),
    RandomGrayscale: lambda part: Piece((f"K.RandomGrayscale(p={part.p})",)),
    Blur: _blur,
    Sharpness: lambda part: Piece((f"K.RandomSharpness({tuple(part.factor)}, p={part.p})",)),
    Posterize: _posterize,
    Solarize: _solarize,
    Equalize: lambda part: Piece((f"K.RandomEqualize(p={part.p})",)),
    Autocontrast: lambda part: Piece((f"K.RandomAutoContrast(p={part.p})",)),
    Invert: lambda part: Piece((f"K.RandomInvert(p={part.p})",)),
    MixUp: _mixup,
}
