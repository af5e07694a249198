"""Albumentations: arrays (H, W, 3) of whole levels, one image at a time."""

import math
from dataclasses import replace
from typing import Any

from augury.augment import (
    Autocontrast,
    Blur,
    Brightness,
    CenterCrop,
    ChannelShuffle,
    CoarseDropout,
    ColorJitter,
    Contrast,
    Crop,
    Downscale,
    Equalize,
    Flip,
    GaussianNoise,
    Grayscale,
    Hue,
    Invert,
    Jpeg,
    Normal,
    OneOf,
    Posterize,
    QuarterTurns,
    RandomErasing,
    RandomGrayscale,
    RandomResizedCrop,
    ResizeCrop,
    Rotate,
    Saturation,
    Shear,
    Solarize,
    Translate,
    VerticalFlip,
    Zoom,
)
from augury.augment.base import Augmentation
from augury.exporting.piece import (
    STORED,
    Order,
    Piece,
    Table,
    cannot,
    flat,
    header,
    joined,
    list_block,
    notes_of,
    size_lines,
    view_size,
    written,
)

LIBRARY = "albumentations"
VERSIONS = "albumentations 2.0.8"

_TENSOR = ("A.ToFloat(255, p=1.0)", "ToTensorV2()")
_GENERATOR = "draws come from its own generator, not from seed, epoch and the image's id"
_BORDERS = {"nearest": "cv2.BORDER_REPLICATE", "black": "cv2.BORDER_CONSTANT"}
_LINEAR = "interpolation=cv2.INTER_LINEAR"
_HUES = "hues are rounded to steps of two degrees, as OpenCV stores them"
_SCALE = "Affine draws the scale uniformly, and a scale over 1 enlarges"


def code(augmentation: Augmentation[Any], order: Order) -> str:
    """`transform`, which takes an array and gives a float tensor (3, H, W) in [0, 1].

    Raises InputError for what Albumentations cannot express.
    """
    parts = flat(augmentation)
    pieces = written(parts, TABLE, LIBRARY)
    notes = notes_of(parts, pieces)
    calls = [call for piece in pieces for call in piece.calls]
    imports = ["import albumentations as A", "from albumentations.pytorch import ToTensorV2"]
    if any("cv2." in call for call in calls):
        imports.insert(1, "import cv2")
    return joined(
        header(order, LIBRARY, VERSIONS, [*notes, _GENERATOR] if parts else []),
        imports,
        size_lines(order, calls),
        [
            '# image: array (H, W, 3), uint8, RGB; tensor = transform(image=image)["image"]',
            *list_block("transform = A.Compose", [*calls, *_TENSOR]),
        ],
    )


def _resized_crop(part: RandomResizedCrop) -> Piece:
    ranges = f"scale={tuple(part.scale)}, ratio={tuple(part.ratio)}"
    plain = "what shrinks is not antialiased; augury's is"
    call = f"A.RandomResizedCrop(size={view_size(part)}, {ranges}, p=1.0)"
    return Piece((call,), (STORED, plain), rounds=True)


def _resize_crop(part: ResizeCrop) -> Piece:
    plain = "the resizing is not antialiased; augury's is"
    crop = f"A.RandomCrop(*{view_size(part)}, p=1.0)"
    return Piece(("A.SmallestMaxSize(STORED, p=1.0)", crop), (plain,))


def _flip(part: Flip) -> Piece:
    flips = (("Horizontal", part.horizontal), ("Vertical", part.vertical))
    return Piece(tuple(f"A.{way}Flip(p={p})" for way, p in flips if p))


def _crop(part: Crop) -> Piece:
    pad = f"A.Pad(round({part.padding} * SIZE), border_mode=cv2.BORDER_CONSTANT, fill=0, p=1.0)"
    return Piece((pad, "A.RandomCrop(SIZE, SIZE, p=1.0)"))


def _turn(degrees: float, border: str, p: float) -> str:
    edge = f"border_mode={_BORDERS[border]}, fill=0"
    return f"A.Rotate(limit=(-{degrees}, {degrees}), {_LINEAR}, {edge}, p={p})"


def _rotate(part: Rotate) -> Piece:
    return Piece((_turn(part.degrees, part.border, part.p),), rounds=True)


def _affine(what: str, border: str, p: float) -> Piece:
    edge = f"border_mode={_BORDERS[border]}, fill=0"
    return Piece((f"A.Affine({what}, {_LINEAR}, {edge}, p={p})",), rounds=True)


def _shear(part: Shear) -> Piece:
    if part.x and part.y:
        raise cannot(LIBRARY, "Shear", "its shear along both axes changes areas")
    shear = f'shear={{"x": (-{part.x}, {part.x}), "y": (-{part.y}, {part.y})}}'
    return _affine(shear, part.border, part.p)


def _translate(part: Translate) -> Piece:
    reach = f"(-{part.share}, {part.share})"
    found = _affine(f'translate_percent={{"x": {reach}, "y": {reach}}}', part.border, part.p)
    return replace(found, notes=("moves are cut to whole pixels, toward none",))


def _zoom(part: Zoom) -> Piece:
    low, high = part.factor
    if low != high:
        raise cannot(LIBRARY, "Zoom", _SCALE)
    return _affine(f"scale=({1 / low}, {1 / low})", part.border, part.p)


def _normal(part: Normal) -> Piece:
    if part.zoom:
        raise cannot(LIBRARY, "Normal", _SCALE)
    return Piece(
        (_turn(part.rotation, "nearest", 1.0), f"A.HorizontalFlip(p={part.flip})"), rounds=True
    )


def _jitter(name: str, strength: float) -> Piece:
    still = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    reach = (-strength, strength) if name == "hue" else (1 - strength, 1 + strength)
    arguments = ", ".join(f"{key}={value}" for key, value in {**still, name: reach}.items())
    notes = (_HUES,)
    return Piece(
        (f"A.ColorJitter({arguments}, p=1.0)",), notes if name == "hue" else (), rounds=True
    )


def _grayscale(part: Grayscale) -> Piece:
    return Piece((f"A.ToGray(method='weighted_average', p={part.p})",), rounds=True)


def _color_jitter(part: ColorJitter) -> Piece:
    about = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
    ranges = {name: _around(getattr(part, name), middle) for name, middle in about.items()}
    arguments = ", ".join(f"{name}={reach}" for name, reach in ranges.items())
    return Piece((f"A.ColorJitter({arguments}, p={part.p})",), (_HUES,), rounds=True)


def _around(value: Any, middle: float) -> tuple[float, float]:
    if isinstance(value, list | tuple):
        return value[0], value[1]
    return max(middle - value, 0.0) if middle else -value, middle + value


def _noise(part: GaussianNoise) -> Piece:
    low, high = _pair(part.sigma)
    return Piece((f"A.GaussNoise(std_range=({low}, {high}), p=1.0)",), rounds=True)


def _jpeg(part: Jpeg) -> Piece:
    low, high = _pair(part.quality)
    kind = 'compression_type="jpeg"'
    return Piece((f"A.ImageCompression({kind}, quality_range=({low}, {high}), p={part.p})",))


def _downscale(part: Downscale) -> Piece:
    low, high = _pair(part.scale)
    cut = "sides are cut to whole pixels; augury rounds them"
    return Piece((f"A.Downscale(scale_range=({low}, {high}), p={part.p})",), (cut,))


def _pair(value: Any) -> tuple[Any, Any]:
    return (value[0], value[1]) if isinstance(value, list | tuple) else (value, value)


def _coarse_dropout(part: CoarseDropout) -> Piece:
    arguments = (
        f"num_holes_range={tuple(part.holes)}, hole_height_range={tuple(part.height)}, "
        f"hole_width_range={tuple(part.width)}, fill=0, p={part.p}"
    )
    cut = "sides are cut to whole pixels; augury rounds them"
    return Piece((f"A.CoarseDropout({arguments})",), (cut,))


def _blur(part: Blur) -> Piece:
    reach = 2 * math.ceil(3 * part.sigma[1]) + 1
    call = f"A.GaussianBlur(blur_limit=({reach}, {reach}), sigma_limit={tuple(part.sigma)}, p=1.0)"
    return Piece(
        (call,), ("the border is reflected; augury repeats the nearest pixel",), rounds=True
    )


def _posterize(part: Posterize) -> Piece:
    low, high = map(int, part.bits)
    # It knows 1 to 7 bits; 8 leave the image as it is.
    each = f"A.Posterize(num_bits=(bits, bits), p=1.0) for bits in range({low}, {min(high, 7) + 1})"
    return Piece((f"A.OneOf([*({each}){_still(high == 8)}], p={part.p})",))


def _solarize(part: Solarize) -> Piece:
    low, high = part.threshold
    if low != int(low) or high != int(high):
        raise cannot(LIBRARY, "Solarize", "thresholds between whole levels have no weights there")
    # A threshold between two levels acts as the higher one, and is halfway so that none is missed.
    first = int(low) + (low < high)
    one = "A.Solarize(threshold_range=((t - 0.5) / 255, (t - 0.5) / 255), p=1.0)"
    if not low == high == 0:
        each = f"{one} for t in range({max(first, 1)}, {min(int(high), 255) + 1})"
        return Piece((f"A.OneOf([*({each}){_still(high == 256)}], p={part.p})",))
    return Piece((f"A.InvertImg(p={part.p})",))


def _still(wanted: bool) -> str:
    return ", A.NoOp(p=1.0)" if wanted else ""


def _equalize(part: Equalize) -> Piece:
    other = "its 'pil' mode gives some levels other than Pillow's, by up to about 8"
    return Piece((f"A.Equalize(mode='pil', p={part.p})",), (other,))


def _autocontrast(part: Autocontrast) -> Piece:
    other = "some levels are other than Pillow's, by 1"
    return Piece((f"A.AutoContrast(method='pil', p={part.p})",), (other,))


def _erasing(part: RandomErasing) -> Piece:
    area, aspect = tuple(part.area), tuple(part.aspect)
    return Piece((f"A.Erasing(scale={area}, ratio={aspect}, fill='random_uniform', p={part.p})",))


def _one_of(part: OneOf) -> Piece:
    pieces = [written(flat(each), TABLE, LIBRARY) for each in part.parts]
    weights = part.weights or (1.0,) * len(pieces)
    choices = [
        f"A.Sequential([{', '.join(call for piece in some for call in piece.calls)}], p={weight})"
        for some, weight in zip(pieces, weights, strict=True)
        if weight
    ]
    return Piece(
        (f"A.OneOf([{', '.join(choices)}], p=1.0)",),
        tuple(note for some in pieces for piece in some for note in piece.notes),
        rounds=any(piece.rounds for some in pieces for piece in some),
    )


TABLE: Table = {
    RandomResizedCrop: _resized_crop,
    ResizeCrop: _resize_crop,
    CenterCrop: lambda part: Piece((f"A.CenterCrop(*{view_size(part)}, p=1.0)",)),
    Flip: _flip,
    VerticalFlip: _flip,
    QuarterTurns: lambda part: Piece(("A.RandomRotate90(p=1.0)",)),
    Crop: _crop,
    Rotate: _rotate,
    Shear: _shear,
    Translate: _translate,
    Zoom: _zoom,
    Normal: _normal,
    Brightness: lambda part: _jitter("brightness", part.strength),
    Contrast: lambda part: _jitter("contrast", part.strength),
    Saturation: lambda part: _jitter("saturation", part.strength),
    Hue: lambda part: _jitter("hue", part.shift),
    Grayscale: _grayscale,
    RandomGrayscale: _grayscale,
    ColorJitter: _color_jitter,
    ChannelShuffle: lambda part: Piece((f"A.ChannelShuffle(p={part.p})",)),
    GaussianNoise: _noise,
    Jpeg: _jpeg,
    Downscale: _downscale,
    CoarseDropout: _coarse_dropout,
    Blur: _blur,
    Posterize: _posterize,
    Solarize: _solarize,
    Equalize: _equalize,
    Autocontrast: _autocontrast,
    Invert: lambda part: Piece((f"A.InvertImg(p={part.p})",)),
    RandomErasing: _erasing,
    OneOf: _one_of,
}
