"""What torchvision's transforms v2 call our classes, and how they differ."""

import math
from collections.abc import Sequence
from typing import Any

from augury.augment import (
    AutoAugment,
    Autocontrast,
    Blur,
    Brightness,
    CenterCrop,
    ChannelShuffle,
    ColorJitter,
    Contrast,
    Crop,
    CutMix,
    Elastic,
    Equalize,
    Flip,
    GaussianNoise,
    Grayscale,
    Hue,
    Invert,
    Jpeg,
    MixUp,
    Normal,
    OneOf,
    Perspective,
    Posterize,
    QuarterTurns,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    RandomResizedCrop,
    ResizeCrop,
    Rotate,
    Saturation,
    Sharpness,
    Shear,
    Solarize,
    Translate,
    TrivialAugment,
    VerticalFlip,
    Zoom,
)
from augury.exporting.piece import (
    FULL,
    STORED,
    TWICE,
    Piece,
    Table,
    cannot,
    flat,
    pair_text,
    view_size,
    written,
)

LIBRARY = "torchvision"

BILINEAR = "interpolation=v2.InterpolationMode.BILINEAR"
# With a fill of 0, not None, torchvision darkens pixels across the border twice.
MOVED = f"{BILINEAR}, fill=None"
BLACK = "beyond the border is black; augury repeats the nearest pixel"
ONCE = "partner and share are drawn once a batch; augury draws them for each image"
_COLORS = "colors may differ by a level from Pillow's, which augury's equal"
_REACH = "translations reach 32 pixels in any image; augury's at most the side of a smaller one"


def _maybe(call: str, p: float) -> str:
    return call if p == 1 else f"v2.RandomApply([{call}], p={p})"


def _border(part: Any) -> tuple[str, ...]:
    return (BLACK,) if part.border == "nearest" else ()


def _resized_crop(part: RandomResizedCrop) -> Piece:
    ranges = f"scale={tuple(part.scale)}, ratio={tuple(part.ratio)}"
    call = f"v2.RandomResizedCrop({view_size(part)}, {ranges}, antialias=True)"
    return Piece((call,), (STORED,), rounds=True)


def _flip(part: Flip) -> Piece:
    flips = (("Horizontal", part.horizontal), ("Vertical", part.vertical))
    return Piece(tuple(f"v2.Random{way}Flip(p={p})" for way, p in flips if p))


def _crop(part: Crop) -> Piece:
    return Piece((f"v2.RandomCrop(SIZE, padding=round({part.padding} * SIZE))",))


def _rotate(part: Rotate) -> Piece:
    call = f"v2.RandomRotation(degrees={part.degrees}, {MOVED})"
    return Piece((_maybe(call, part.p),), _border(part), rounds=True)


def _shear(part: Shear) -> Piece:
    shear = f"(-{part.x}, {part.x}, -{part.y}, {part.y})"
    call = f"v2.RandomAffine(degrees=0, shear={shear}, {MOVED})"
    return Piece((_maybe(call, part.p),), _border(part), rounds=True)


def _translate(part: Translate) -> Piece:
    call = f"v2.RandomAffine(degrees=0, translate=({part.share}, {part.share}), {MOVED})"
    whole = "moves are rounded to whole pixels; augury moves by any distance"
    return Piece((_maybe(call, part.p),), (whole, *_border(part)))


def _zoom(part: Zoom) -> Piece:
    low, high = part.factor
    if low != high:
        raise cannot(LIBRARY, "Zoom", "RandomAffine draws the scale uniformly, not its logarithm")
    call = f"v2.RandomAffine(degrees=0, scale=({1 / low}, {1 / low}), {MOVED})"
    return Piece((_maybe(call, part.p),), _border(part), rounds=True)


def _normal(part: Normal) -> Piece:
    if part.zoom:
        raise cannot(LIBRARY, "Normal", "RandomAffine has one scale for rows and columns")
    turn = f"v2.RandomRotation(degrees={part.rotation}, {MOVED})"
    return Piece((turn, f"v2.RandomHorizontalFlip(p={part.flip})"), (BLACK,), rounds=True)


def _jitter(name: str, strength: float) -> Piece:
    return Piece((f"v2.ColorJitter({name}={strength})",), rounds=True)


def _grayscale(part: Grayscale) -> Piece:
    weight = "red weighs 0.2989 in gray, not 0.299"
    return Piece((f"v2.RandomGrayscale(p={part.p})",), (weight,), rounds=True)


def _blur(part: Blur) -> Piece:
    reach = 2 * math.ceil(3 * part.sigma[1]) + 1
    border = "the border is reflected, and the image must be larger than the kernel's half"
    call = f"v2.GaussianBlur(kernel_size={reach}, sigma={tuple(part.sigma)})"
    return Piece((call,), (f"{border}; augury repeats the nearest pixel",), rounds=True)


def _sharpness(part: Sharpness) -> Piece:
    low, high = part.factor
    if low != high:
        raise cannot(LIBRARY, "Sharpness", "RandomAdjustSharpness has one factor, not a range")
    return Piece((f"v2.RandomAdjustSharpness(sharpness_factor={low}, p={part.p})",), rounds=True)


def _posterize(part: Posterize) -> Piece:
    low, high = map(int, part.bits)
    if low == high:
        return Piece((f"v2.RandomPosterize(bits={low}, p={part.p})",))
    each = f"v2.RandomPosterize(bits=bits, p={part.p}) for bits in range({low}, {high + 1})"
    return Piece((f"v2.RandomChoice([{each}])",))


def _solarize(part: Solarize) -> Piece:
    low, high = part.threshold
    if low != int(low) or high != int(high):
        raise cannot(LIBRARY, "Solarize", "thresholds between whole levels have no weights there")
    if low == high:
        return Piece((f"v2.RandomSolarize(threshold={int(low)}, p={part.p})",) if low < 256 else ())
    # A threshold between two levels acts as the higher one; 256 leaves the image as it is.
    last = min(int(high), 255)
    each = f"v2.RandomSolarize(threshold=t, p={part.p}) for t in range({int(low) + 1}, {last + 1})"
    still = ", v2.Identity()" if high == 256 else ""
    return Piece((f"v2.RandomChoice([*({each}){still}])",))


def _color_jitter(part: ColorJitter) -> Piece:
    values = ("brightness", "contrast", "saturation", "hue")
    arguments = ", ".join(f"{name}={pair_text(getattr(part, name))}" for name in values)
    return Piece((_maybe(f"v2.ColorJitter({arguments})", part.p),), rounds=True)


def _quarter_turns(part: QuarterTurns) -> Piece:
    each = "v2.RandomRotation(degrees=(turn, turn)) for turn in (0, 90, 180, 270)"
    oblong = "images are square: an oblong one is cut at 90 and 270 degrees"
    return Piece((f"v2.RandomChoice([{each}])",), (oblong,))


def _noise(part: GaussianNoise) -> Piece:
    if isinstance(part.sigma, list | tuple):
        raise cannot(LIBRARY, "GaussianNoise", "its sigma is one number")
    return Piece((f"v2.GaussianNoise(sigma={part.sigma})",), floats=True)


def _jpeg(part: Jpeg) -> Piece:
    quality = pair_text(part.quality)
    leaving = "torchvision 0.29 warns that its JPEG code will leave for TorchCodec"
    return Piece((_maybe(f"v2.JPEG(quality={quality})", part.p),), (leaving,), levels=True)


def _perspective(part: Perspective) -> Piece:
    call = f"v2.RandomPerspective(distortion_scale={part.distortion}, p={part.p}, fill=None)"
    return Piece((call,), rounds=True)


def _elastic(part: Elastic) -> Piece:
    call = f"v2.ElasticTransform(alpha={part.alpha}, sigma={part.sigma}, fill=None)"
    reach = "the noise may not reach across the image: its side must be over 4 sigma"
    return Piece((_maybe(call, part.p),), (reach,), rounds=True)


_POLICIES = {"imagenet": "IMAGENET", "cifar10": "CIFAR10", "svhn": "SVHN"}


def _autoaugment(part: AutoAugment) -> Piece:
    _usual_strength(part)
    policy = f"v2.AutoAugmentPolicy.{_POLICIES[part.policy]}"
    return Piece((f"v2.AutoAugment({policy}, {BILINEAR})",), (_COLORS, TWICE))


def _usual_strength(part: AutoAugment | TrivialAugment) -> None:
    if part.strength != 1:
        raise cannot(LIBRARY, type(part).__name__, "its strengths are fixed")


def _autocontrast(part: Autocontrast) -> Piece:
    cut = "stretched values are cut to whole levels in another order, so that some differ by one"
    return Piece((f"v2.RandomAutocontrast(p={part.p})",), (cut,))


def _erasing(part: RandomErasing) -> Piece:
    area, aspect = tuple(part.area), tuple(part.aspect)
    call = f"v2.RandomErasing(p={part.p}, scale={area}, ratio={aspect}, value='random')"
    fill = "filled with noise of N(0, 1), made for normalized images; augury fills with any level"
    return Piece((call,), (fill, FULL), floats=True)


def _randaugment(part: RandAugment) -> Piece:
    if part.magnitude_std or part.magnitude != int(part.magnitude):
        raise cannot(
            LIBRARY, "RandAugment", "its magnitude is one whole number (magnitude_std=0 would do)"
        )
    arguments = f"num_ops={part.layers}, magnitude={int(part.magnitude)}"
    notes = (_COLORS, TWICE) if part.layers > 1 else (_COLORS,)
    return Piece((f"v2.RandAugment({arguments}, {BILINEAR})",), notes)


def _trivialaugment(part: TrivialAugment) -> Piece:
    _usual_strength(part)
    return Piece((f"v2.TrivialAugmentWide({BILINEAR})",), (_COLORS, _REACH))


def _mixup(part: MixUp) -> Piece:
    partner = "an image's partner is the one before it in the batch"
    return Piece((_maybe(f"v2.MixUp(alpha={part.alpha})", part.p),), (ONCE, partner))


def _cutmix(part: CutMix) -> Piece:
    partner = "an image's partner is the one before it in the batch"
    even = "the box has an even number of rows and columns, rounded down; augury rounds each side"
    return Piece((_maybe(f"v2.CutMix(alpha={part.alpha})", part.p),), (ONCE, partner, even))


def _one_of(part: OneOf) -> Piece:
    pieces = [written(flat(each), TABLE, LIBRARY) for each in part.parts]
    if any(piece.floats for some in pieces for piece in some):
        raise cannot(LIBRARY, "OneOf", "random erasing needs floats, and its other parts levels")
    if part.mixes and not all(each.mixes for each in part.parts):
        raise cannot(LIBRARY, "OneOf", "a batch is mixed in another place than an image")
    choices = [_composed([call for piece in some for call in piece.calls]) for some in pieces]
    weights = f", p={list(part.weights)}" if part.weights else ""
    return Piece(
        (f"v2.RandomChoice([{', '.join(choices)}]{weights})",),
        tuple(note for some in pieces for piece in some for note in piece.notes),
        rounds=any(piece.rounds for some in pieces for piece in some),
    )


def _composed(calls: Sequence[str]) -> str:
    if not calls:
        return "v2.Identity()"
    return calls[0] if len(calls) == 1 else f"v2.Compose([{', '.join(calls)}])"


TABLE: Table = {
    RandomResizedCrop: _resized_crop,
    ResizeCrop: lambda part: Piece(("v2.Resize(STORED)", f"v2.RandomCrop({view_size(part)})")),
    CenterCrop: lambda part: Piece((f"v2.CenterCrop({view_size(part)})",)),
    Flip: _flip,
    VerticalFlip: _flip,
    QuarterTurns: _quarter_turns,
    Perspective: _perspective,
    Elastic: _elastic,
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
    ColorJitter: _color_jitter,
    ChannelShuffle: lambda part: Piece((_maybe("v2.RandomChannelPermutation()", part.p),)),
    Grayscale: _grayscale,
    RandomGrayscale: _grayscale,
    Blur: _blur,
    Sharpness: _sharpness,
    Posterize: _posterize,
    Solarize: _solarize,
    Equalize: lambda part: Piece((f"v2.RandomEqualize(p={part.p})",)),
    Autocontrast: _autocontrast,
    Invert: lambda part: Piece((f"v2.RandomInvert(p={part.p})",)),
    GaussianNoise: _noise,
    Jpeg: _jpeg,
    AutoAugment: _autoaugment,
    RandAugment: _randaugment,
    TrivialAugment: _trivialaugment,
    RandomErasing: _erasing,
    MixUp: _mixup,
    CutMix: _cutmix,
    OneOf: _one_of,
}
