"""All ways to augment: ours and those of the libraries that are installed."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from benchmarks.peers.work import Pass, Work


@dataclass(frozen=True)
class Peer:
    """A library's way. module, function: in benchmarks.peers; needs: the packages.

    per_sample: whether each image has its own draws, for basic operations at least.
    by_image: whether it goes image by image, so that fewer images suffice to time it.
    """

    module: str
    function: str
    needs: tuple[str, ...]
    per_sample: bool = True
    by_image: bool = False
    processor_only: bool = False


PEERS: Mapping[str, Peer] = {
    "Kornia": Peer("with_kornia", "batch", ("kornia",)),
    "Albumentations": Peer(
        "with_albumentations", "each", ("albumentations",), by_image=True, processor_only=True
    ),
    "Keras": Peer("with_keras", "batch", ("keras", "tensorflow"), processor_only=True),
    "torchvision each": Peer("with_torchvision", "each", ("torchvision",), by_image=True),
    "torchvision once": Peer("with_torchvision", "once", ("torchvision",), per_sample=False),
}


def installed() -> dict[str, Peer]:
    """The peers that can be tried."""
    return {name: peer for name, peer in PEERS.items() if not missing(peer)}


def missing(peer: Peer) -> list[str]:
    """The packages that it lacks."""
    return [package for package in peer.needs if find_spec(package) is None]


def missing_notes() -> list[str]:
    """A line for each peer that cannot be tried."""
    return [
        f"{name} was not tried: {', '.join(missing(peer))} not installed"
        for name, peer in PEERS.items()
        if missing(peer)
    ]


def way(peer: Peer, arm: str, work: Work) -> Pass | None:
    """One pass over `work` as this peer does it; None if it has no such augmentation."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    module = import_module(f"benchmarks.peers.{peer.module}")
    build: Callable[[str, Work], Pass | None] = getattr(module, peer.function)
    return build(arm, work)
