"""Where a run's saliency maps come from: each batch, every so many steps, or computed once."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from augury.batch import Batch
from augury.data import Dataset, Split, batches
from augury.data.loader import count_batches
from augury.errors import InputError
from augury.models import ModelSpec, build_model
from augury.models.backbones import UNSUITABLE, one_line
from augury.saliency import (
    KINDS,
    AtSize,
    HalfResolution,
    MapCache,
    Saliency,
    kind_at,
    newest_revision,
)
from augury.training.feed import room_for
from augury.training.map_store import stored_maps
from augury.training.network import Network, Normalize, Speed
from augury.training.normalizations import unit_statistics
from augury.training.teacher import Teacher, read_teacher, teacher_network

Weights = dict[str, Tensor]


class RefreshedMaps:
    """Batch to the stored maps of its images, moved as its pixels were; computed at `refresh`."""

    def __init__(self, kind: str, compute: Callable[[], MapCache]) -> None:
        self.kind = kind
        self._compute = compute
        self._cache: MapCache | None = None
        self._forgotten = False

    @property
    def empty(self) -> bool:
        """Whether the maps must be computed before the next use."""
        return self._cache is None or self._forgotten

    def refresh(self) -> None:
        """Compute the maps again; in place, as a captured graph reads them where they are."""
        found = self._compute()
        if self._cache is None:
            self._cache = found
        else:
            self._cache.values.copy_(found.values)
        self._forgotten = False

    def forget(self) -> None:
        """The maps must be computed before the next use."""
        self._forgotten = True

    def __call__(self, batch: Batch) -> Tensor:
        if self._cache is None or self._forgotten:
            raise RuntimeError("refresh the maps before their first use")
        return self._cache(batch)


class LiveMaps:
    """Batch to maps of its images, computed with the network's present weights."""

    def __init__(self, kind: str, saliency: Saliency) -> None:
        self.kind = kind
        self._saliency = saliency

    def __call__(self, batch: Batch) -> Tensor:
        return self._saliency(batch)


class TeacherSources:
    """A source of maps for each kind of saliency: `sources(kind)`; `refresh` updates all.

    kinds: of saliency, see `augury.saliency.KINDS`
    teacher: see `read_teacher`
    network: the one in training
    train: the images that it is trained on, a part of `dataset`
    batch_size: of training
    revision: of the kinds, see `kind_at`; None for the newest

    Maps that need no network, and maps of a fixed teacher, are computed once for all training
    images of the data set and stored on disk (`map_store`). With "self" and "self:K" the maps of
    the images in `train` are computed before each epoch, or before each step whose number K
    divides, always in the same order and batch size. With "live" nothing is computed ahead. Where
    maps are still used after the end of an epoch, `state` holds the weights that they were computed
    with, so that a resumed run computes the same maps.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        teacher: str,
        network: Network,
        train: Split,
        dataset: Dataset,
        batch_size: int,
        revision: int | None = None,
    ) -> None:
        self._revision = newest_revision() if revision is None else revision
        looking = any(KINDS[kind].needs_network for kind in kinds)
        self._teacher = read_teacher(teacher) if looking else Teacher(teacher, fixed=True)
        self._network, self._train, self._dataset = network, train, dataset
        self._batch_size = 2 * batch_size
        self._epoch_steps = count_batches(len(train), batch_size)
        self._every = self._teacher.every or self._epoch_steps
        self._weights: Weights = {}
        self._once: dict[str, RefreshedMaps] = {}
        self._following: dict[str, RefreshedMaps] = {}
        self._live: dict[str, LiveMaps] = {}
        for kind in kinds:
            if self._teacher.fixed or not KINDS[kind].needs_network:
                self._once[kind] = RefreshedMaps(kind, partial(self._stored, kind))
            elif self._teacher.live:
                self._live[kind] = LiveMaps(kind, self._saliency(kind, network))
            else:
                self._following[kind] = RefreshedMaps(kind, partial(self._maps_now, kind))

    def __call__(self, kind: str) -> RefreshedMaps | LiveMaps:
        return self._sources[kind]

    def __iter__(self) -> Iterator[RefreshedMaps | LiveMaps]:
        return iter(self._sources.values())

    @property
    def live(self) -> bool:
        """Whether maps are computed for each batch."""
        return bool(self._live)

    @property
    def change(self) -> bool:
        """Whether the maps change during training."""
        return bool(self._following or self._live)

    @property
    def change_within_epochs(self) -> bool:
        """Whether the maps change within an epoch, so that only repeating its steps shows them."""
        return bool(self._live) or (bool(self._following) and self._every != self._epoch_steps)

    def refresh(self, step: int = 0) -> None:
        """Update all maps before training step `step`, counted from the start of the run."""
        for maps in self._once.values():
            if maps.empty:
                maps.refresh()
        if self._following and step % self._every == 0:
            if self._kept:
                state = self._network.model.state_dict()
                self._weights = {name: value.clone() for name, value in state.items()}
            self._refresh_following()
        elif any(maps.empty for maps in self._following.values()):
            # The run was just resumed: the maps are those of the weights stored in `state`.
            with _weights_of(self._network, self._weights):
                self._refresh_following()

    def state(self) -> Weights:
        """What `restore` needs at an epoch's start; empty if the next step refreshes anyway."""
        return self._weights

    def restore(self, state: Weights) -> None:
        """Go back to what `state` returned; the next refresh computes the maps."""
        self._weights = state
        for maps in self._following.values():
            maps.forget()

    @property
    def _kept(self) -> bool:
        return bool(self._following) and self._epoch_steps % self._every != 0

    @property
    def _sources(self) -> dict[str, RefreshedMaps | LiveMaps]:
        return {**self._once, **self._following, **self._live}

    def _refresh_following(self) -> None:
        for maps in self._following.values():
            maps.refresh()

    def _maps_now(self, kind: str) -> MapCache:
        rows = np.arange(len(self._train))
        feed = batches(self._train, self._dataset.num_classes, self._batch_size, rows)
        on_device = (batch.to(self._network.device) for batch in feed)
        return MapCache.of(self._saliency(kind, self._network), on_device)

    def _saliency(self, kind: str, network: Network) -> Saliency:
        return saliency_source(kind, network, self._teacher, self._dataset.seen)

    @cached_property
    def _fixed_network(self) -> Network:
        return teacher_network(self._teacher.text, self._network.device)

    def _stored(self, kind: str) -> MapCache:
        """Maps that never change, on the GPU where there is room for them."""
        maps, device = self._read(kind), self._network.device
        return maps.to(device) if room_for(maps.values.nbytes, device) else maps

    def _read(self, kind: str) -> MapCache:
        device = self._network.device
        meant = kind_at(kind, self._revision)
        if not meant.needs_network:
            # Revision 1 is not named: its maps were stored before there were others.
            named = {"revision": meant.revision} if meant.revision > 1 else {}
            saliency = meant.build(self._network, self._network.normalize)
            return stored_maps(kind, False, saliency, named, self._dataset, device)
        network = self._fixed_network
        origin = {
            "weights": fingerprint(network),
            # A network's sums, and so the last bits of its maps, depend on these.
            "device": device.type,
            "threads": torch.get_num_threads(),
        }
        if self._dataset.seen is not None:
            origin["seen"] = self._dataset.seen
        saliency = self._saliency(kind, network)
        return stored_maps(kind, KINDS[kind].signed, saliency, origin, self._dataset, device)


def saliency_source(
    kind: str, network: Network, teacher: Teacher, seen: int | None = None
) -> Saliency:
    """The saliency of that kind for `network`, at the resolution that `teacher` asks for.

    seen: side in pixels of the images that the network sees, where the batches' are larger: it is
    shown them shrunk, and the maps are enlarged. Calling it raises InputError for images whose
    channels the network does not take.
    """
    built = KINDS[kind].build(network, network.normalize)
    saliency = HalfResolution(built) if teacher.half else built
    if seen is not None:
        saliency = AtSize(saliency, seen)
    channels = network.normalize.mean.shape[0]

    def looked_at(batch: Batch) -> Tensor:
        if batch.images.shape[1] not in (1, channels):
            raise InputError(
                f"teacher {teacher.text}: takes {channels} channels, the images have "
                f"{batch.images.shape[1]}"
            )
        return saliency(batch)

    return looked_at


def check_sources(
    kinds: Sequence[str], teacher: str, dataset: Dataset, models: Sequence[ModelSpec]
) -> None:
    """Raise InputError unless `teacher` can compute maps of all `kinds` for images of `dataset`.

    Two images are tried: with a fixed teacher, or else with each of `models`, untrained.
    """
    looking = [kind for kind in kinds if KINDS[kind].needs_network]
    if not looking:
        return
    asked, cpu = read_teacher(teacher), torch.device("cpu")
    if asked.fixed:
        networks = [teacher_network(teacher, cpu)]
    else:
        unit = unit_statistics(dataset.channels)
        untrained = [build_model(replace(m, pretrained=False, weights=None), 0) for m in models]
        networks = [Network(model, Normalize(*unit), Speed(), cpu) for model in untrained]
    (batch,) = batches(dataset.train, dataset.num_classes, 2, np.arange(2))
    for network in networks:
        for kind in looking:
            try:
                saliency_source(kind, network, asked, dataset.seen)(batch)
            except InputError as error:
                raise InputError(f"teacher {teacher}, {kind}: {error}") from error
            except UNSUITABLE as error:
                size = dataset.image_size
                raise InputError(
                    f"teacher {teacher}: cannot look at {size}×{size} images ({one_line(error)})"
                ) from error


def fingerprint(network: Network) -> str:
    """SHA-256, in hex, of a network's layers, weights and normalization."""
    normalize = network.normalize
    # Some layers of timm's show a function with its address.
    layers = re.sub(r" at 0x[0-9a-f]+", "", repr(network.model))
    described = [layers, normalize.mean.tolist(), normalize.std.tolist()]
    digest = hashlib.sha256(json.dumps(described).encode())
    for name, value in sorted(network.model.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


@contextmanager
def _weights_of(network: Network, weights: Weights) -> Iterator[None]:
    """Give the network `weights` within the block; its own are restored afterwards."""
    own = {name: value.clone() for name, value in network.model.state_dict().items()}
    network.model.load_state_dict(weights)
    try:
        yield
    finally:
        network.model.load_state_dict(own)
