"""Keras 3: preprocessing layers for batches (B, H, W, 3) of levels from 0 to 255."""

from typing import Any

from augury.augment import (
    Autocontrast,
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
    Solarize,
    Translate,
    VerticalFlip,
)
from augury.augment.base import Augmentation
from augury.exporting.piece import (
    Order,
    Piece,
    Table,
    apart_from_mixing,
    cannot,
    classes_line,
    flat,
    header,
    joined,
    list_block,
    notes_of,
    size_lines,
    written,
)

LIBRARY = "keras"
VERSIONS = "keras 3.10 to 3.15"

_GENERATOR = "draws come from the layers' seeds, not from seed, epoch and the image's id"
_FILL = {"nearest": 'fill_mode="nearest"', "black": 'fill_mode="constant", fill_value=0.0'}
_RANGE = "value_range=(0, 255)"


def code(augmentation: Augmentation[Any], order: Order) -> str:
    """`augment`, a model of layers, and `mix` for images and labels where they are mixed.

    Raises InputError for what Keras cannot express.
    """
    parts = flat(augmentation)
    pieces = written(parts, TABLE, LIBRARY)
    calls, mix = apart_from_mixing(parts, pieces, order, LIBRARY)
    names = size_lines(order, calls)
    names += [classes_line(order)] if mix else []
    layers = calls or ["keras.layers.Identity()"]
    return joined(
        header(order, LIBRARY, VERSIONS, [*notes_of(parts, pieces), _GENERATOR] if parts else []),
        ["import keras"],
        names,
        [
            "# images: (B, H, W, 3), levels from 0 to 255; images = augment(images, training=True)",
            *list_block("augment = keras.Sequential", layers),
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
        "def augmented(images, labels):",
        '    """For batches: dataset.map(augmented), before which labels are whole numbers."""',
        "    labels = keras.ops.one_hot(labels, NUM_CLASSES)",
        "    images = augment(images, training=True)",
        '    mixed = mix({"images": images, "labels": labels}, training=True)',
        '    return mixed["images"], mixed["labels"]',
    ]


def _always(part: Any, p: float) -> None:
    if p != 1:
        raise cannot(LIBRARY, type(part).__name__, "its layer changes every image (p=1 would do)")


def _flip(part: Flip) -> Piece:
    flips = (("horizontal", part.horizontal), ("vertical", part.vertical))
    if any(p not in (0, 0.5) for _, p in flips):
        raise cannot(LIBRARY, "Flip", "RandomFlip mirrors half of the images")
    return Piece(tuple(f'keras.layers.RandomFlip("{way}")' for way, p in flips if p))


def _crop(part: Crop) -> Piece:
    once = "RandomCrop draws one window for all images that it is given together"
    pad = f"keras.layers.ZeroPadding2D(round({part.padding} * SIZE))"
    return Piece((pad, "keras.layers.RandomCrop(SIZE, SIZE)"), (once,))


def _turn(degrees: float, border: str) -> str:
    return f"keras.layers.RandomRotation({degrees} / 360, {_FILL[border]})"


def _rotate(part: Rotate) -> Piece:
    _always(part, part.p)
    return Piece((_turn(part.degrees, part.border),))


def _translate(part: Translate) -> Piece:
    _always(part, part.p)
    call = f"keras.layers.RandomTranslation({part.share}, {part.share}, {_FILL[part.border]})"
    return Piece((call,))


def _normal(part: Normal) -> Piece:
    if part.flip not in (0, 0.5):
        raise cannot(LIBRARY, "Normal", "RandomFlip mirrors half of the images")
    zoom = f"keras.layers.RandomZoom({part.zoom}, {part.zoom}, {_FILL['nearest']})"
    flip = ('keras.layers.RandomFlip("horizontal")',) if part.flip else ()
    twice = "turn and zoom interpolate one after the other; augury interpolates once"
    return Piece((_turn(part.rotation, "nearest"), zoom, *flip), (twice,))


def _grayscale(part: Grayscale) -> Piece:
    weight = "red weighs 0.2989 in gray, not 0.299"
    return Piece((f"keras.layers.RandomGrayscale({part.p})",), (weight,))


def _posterize(part: Posterize) -> Piece:
    _always(part, part.p)
    low, high = map(int, part.bits)
    if low != high:
        raise cannot(LIBRARY, "Posterize", "its largest number of bits never comes")
    return Piece((f"keras.layers.RandomPosterization(({low}, {low}), {_RANGE})",))


def _solarize(part: Solarize) -> Piece:
    _always(part, part.p)
    low, high = part.threshold
    if low or high > 255:
        raise cannot(LIBRARY, "Solarize", "its thresholds begin at 0 and end at 255 at most")
    return Piece((f"keras.layers.Solarization(threshold_factor=(0.0, {high / 255}), {_RANGE})",))


def _equalize(part: Equalize) -> Piece:
    _always(part, part.p)
    own = "its histogram code is Keras's own; augury's gives Pillow's levels"
    return Piece((f"keras.layers.Equalization({_RANGE})",), (own,))


def _autocontrast(part: Autocontrast) -> Piece:
    _always(part, part.p)
    cut = "stretched values are not cut to whole levels"
    return Piece((f"keras.layers.AutoContrast({_RANGE})",), (cut,))


def _mixup(part: MixUp) -> Piece:
    _always(part, part.p)
    if part.alpha > 1:
        raise cannot(LIBRARY, "MixUp", "its alpha is at most 1")
    share = "one share for a batch, and an image may be its own partner"
    return Piece((f"keras.layers.MixUp(alpha={part.alpha})",), (share,))


TABLE: Table = {
    Flip: _flip,
    VerticalFlip: _flip,
    Crop: _crop,
    Rotate: _rotate,
    Translate: _translate,
    Normal: _normal,
    Hue: lambda part: Piece((f"keras.layers.RandomHue({2 * part.shift}, {_RANGE})",)),
    Grayscale: _grayscale,
    RandomGrayscale: _grayscale,
    Posterize: _posterize,
    Solarize: _solarize,
    Equalize: _equalize,
    Autocontrast: _autocontrast,
    Invert: lambda part: Piece((f"keras.layers.RandomInvert(({part.p}, {part.p}), {_RANGE})",)),
    MixUp: _mixup,
}
