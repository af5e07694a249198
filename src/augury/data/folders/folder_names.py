"""Meanings of folder names: a part of the data, masks, or one piece of many."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# "eval" and the like: the test part, or the validation part if another folder is the test part.
EVALUATION = "evaluation"

_PART_OF_WORD = {
    **dict.fromkeys(("train", "training", "trn", "trainval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate"), "validation"),
    **dict.fromkeys(("dev", "development"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "holdout"), "test"),
    **dict.fromkeys(("eval", "evaluation"), EVALUATION),
}
_HOLD_OUT = re.compile(r"hold[\W_]*out", re.IGNORECASE)  # one word or two
_FILLERS = frozenset(
    ("set", "sets", "data", "dataset", "images", "image", "imgs", "img", "folder", "dir", "split")
)
_IMAGES = frozenset(("images", "image", "imgs", "img", "jpegimages", "pictures", "photos"))
_MASKS = frozenset(
    ("masks", "mask", "labels", "label", "annotations", "annotation", "groundtruth", "gt")
) | {"segmentation", "segmentations"}
_PIECES = frozenset(
    ("part", "fold", "shard", "chunk", "batch", "split", "subset", "piece", "set", *_IMAGES)
)


@dataclass(frozen=True)
class PartName:
    """A folder named for a part.

    rest: the other words of its name, ("seg",) for "seg_train"; alone: whether it is one word
    """

    part: str
    rest: tuple[str, ...]
    alone: bool


def part_named(name: str) -> PartName | None:
    """The part that a folder's name means; None if it means none, or several.

    Case, digits and words such as "set" or "images" are ignored: "Training", "test1", "train_set",
    "valImages", "hold-out".
    """
    words = [_without_filler(word) for word in _words(_HOLD_OUT.sub("holdout", name))]
    parts = {_PART_OF_WORD[word] for word in words if word in _PART_OF_WORD}
    if parts == {"train", "validation"}:  # the training images, before validation is split off
        parts = {"train"}
    if len(parts) != 1:
        return None
    rest = (word for word in words if word not in _PART_OF_WORD and word not in _FILLERS)
    return PartName(parts.pop(), tuple(rest), len(words) == 1)


def holds_images(name: str) -> bool:
    """Whether a name only says that a folder holds images: "images", "JPEGImages"."""
    return "".join(_words(name)) in _IMAGES


def holds_masks(name: str) -> bool:
    """Whether a name says that a folder holds masks or annotations of images."""
    return "".join(_words(name)) in _MASKS


def is_piece(name: str) -> bool:
    """Whether a name means one piece of many: "part_1", "fold2", "images_001"."""
    last = re.split(r"(?=\d)", name, maxsplit=1)
    return len(last) == 2 and bool(words := _words(last[0])) and words[-1] in _PIECES


def _words(name: str) -> list[str]:
    """The words of `name` in lower case, without digits."""
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _without_filler(word: str) -> str:
    """ "trainset" without "set"; other words stay as they are."""
    for filler in _FILLERS:
        if word.removesuffix(filler) in _PART_OF_WORD:
            return word.removesuffix(filler)
    return word


def settled(parts: Iterable[str]) -> dict[str, str]:
    """The final part for each part that names mean; it depends on which parts there are."""
    parts = set(parts)
    held = "validation" if "test" in parts else "test"
    return {part: held if part == EVALUATION else part for part in parts}
