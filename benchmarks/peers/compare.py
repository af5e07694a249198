"""Ours and the peers' augmentations of the same images, taking turns."""

import warnings
from collections.abc import Iterable

from benchmarks.measuring import Taken, take_turns
from benchmarks.peers.all import PEERS, installed, way
from benchmarks.peers.ours import ours, ours_plain
from benchmarks.peers.work import Pass, Work

OURS, PLAIN = "ours", "ours, plain"


def compare(
    arm: str,
    work: Work,
    few: int,
    blocks: int,
    seconds: float,
    peers: Iterable[str] = tuple(PEERS),
    few_plain: bool = False,
) -> dict[str, Taken]:
    """Seconds an image, by the name of each way that has `arm`; see `take_turns`.

    few: images for the ways that go image by image, whose time for one does not depend on them.
    few_plain: whether our plain path also gets only so many.
    """
    plain = work.part(few) if few_plain else work
    ways: dict[str, tuple[Pass, int]] = {
        OURS: (ours(arm, work), len(work.images)),
        PLAIN: (ours_plain(arm, plain), len(plain.images)),
    }
    for name, peer in installed().items():
        if name in peers and not (peer.processor_only and work.images.is_cuda):
            images = work.part(few) if peer.by_image else work
            run = way(peer, arm, images)
            if run is not None:
                ways[name] = (run, len(images.images))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers' own deprecations
        device = str(work.images.device)
        taken = take_turns({name: run for name, (run, _) in ways.items()}, device, blocks, seconds)
    return {name: taken[name].over(n) for name, (_, n) in ways.items()}
