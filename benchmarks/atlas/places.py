"""The places of the atlas, data set × regime, and the settings of the study at each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from augury.augment.names import AUGMENTATIONS
from augury.errors import InputError
from augury.names import lookup

BASELINE = "none"
NETWORK = "tiny"
SEEDS = 6
CUT_FROM_LARGER = ("resize-crop",)
"""Arms that only move a window over larger pictures, which data sets of small images lack."""
MIN_DIFFERENCE = 0.5
"""Points: the smallest difference that matters here."""

Regime = Literal["small", "full"]
REGIMES: tuple[Regime, ...] = ("small", "full")

# Few images are seen often, many a few times: each network sees 20,000 in all.
FEW: dict[str, Any] = {"train_limit": 500, "epochs": 40, "batch_size": 50}
MANY: dict[str, Any] = {"train_limit": 4000, "epochs": 5, "batch_size": 100}


@dataclass(frozen=True)
class Source:
    """A data set of the atlas.

    title: for people; image_size: side of what the network sees, pixels; full: the recipe with as
    many images as fit; is_folder: whether it is photographs that `--folder` names;
    is_gray: whether images have one channel, in which methods of color alone change nothing.
    """

    title: str
    image_size: int
    full: dict[str, Any]
    is_folder: bool = False
    is_gray: bool = False


SOURCES: dict[str, Source] = {
    # All 1,258 training images.
    "digits": Source("digits", 16, {"epochs": 16, "batch_size": 50}, is_gray=True),
    "fashion-mnist": Source("Fashion-MNIST", 24, MANY, is_gray=True),
    "cifar10": Source("CIFAR-10", 24, MANY),
    "clothing": Source("clothing", 24, MANY, is_folder=True),
}


@dataclass(frozen=True)
class Place:
    """One data set in one regime."""

    dataset: str
    regime: Regime

    @property
    def name(self) -> str:
        """For files and the command line, for instance "digits-small"."""
        return f"{self.dataset}-{self.regime}"

    @property
    def source(self) -> Source:
        """The data set."""
        return SOURCES[self.dataset]

    @property
    def recipe(self) -> dict[str, Any]:
        """How networks are trained here, as arguments of `augury.Study`.

        Photographs bring a validation part of their own, which nothing here uses: it is looked at
        once, in the end.
        """
        recipe = FEW if self.regime == "small" else self.source.full
        return recipe | ({"validate_every": recipe["epochs"]} if self.source.is_folder else {})


PLACES: dict[str, Place] = {
    place.name: place
    for dataset in SOURCES
    for regime in REGIMES
    for place in [Place(dataset, regime)]
}


def arms() -> tuple[str, ...]:
    """The baseline, then every other augmentation that has a name."""
    return (BASELINE, *(name for name in AUGMENTATIONS if name != BASELINE))


def arms_at(place: Place) -> tuple[str, ...]:
    """The arms that can be run at a place: some need larger pictures, some need color."""
    source = place.source
    lacking = () if source.is_folder else CUT_FROM_LARGER
    found = [arm for arm in arms() if arm not in lacking]
    return tuple(arm for arm in found if not source.is_gray or not AUGMENTATIONS[arm].only_color)


def kind_of(arm: str) -> str:
    """The kind of an augmentation, by the package that it is in: "geometry", "mixing", ..."""
    return AUGMENTATIONS[arm].__module__.split(".")[2]


def places_named(names: Sequence[str] | None, folder: Path | None) -> list[Place]:
    """The places with these names, by default all that can be run.

    Raises InputError for an unknown one, and for photographs without a folder.
    """
    if names is None:
        return [place for place in PLACES.values() if folder or not place.source.is_folder]
    found = [lookup(PLACES, name, "place") for name in names]
    for place in found:
        if place.source.is_folder and folder is None:
            raise InputError(f"{place.name}: needs --folder, a folder of photographs")
    return found


def shown_title(dataset: str, source: str) -> str:
    """The data set's name for people. source: what the study says that it was read from."""
    title = SOURCES[dataset].title
    jpeg = dataset == "cifar10" and "version" not in source
    return f"{title} (JPEG)" if jpeg else title
