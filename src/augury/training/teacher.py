"""The network that a saliency-guided augmentation looks through."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from augury.augment import source_kind
from augury.batch import Batch
from augury.data import Split, batches
from augury.errors import InputError
from augury.models import (
    MODELS,
    ModelSpec,
    build_model,
    imagenet_network,
    pretrained_statistics,
)
from augury.names import check_name
from augury.saliency import GradientMap, InputGradient, MapCache
from augury.training.checkpoint import Checkpoint, read_safetensors, write_safetensors
from augury.training.network import Network, Normalize, Speed

SELF = "self"


class RefreshedMaps:
    """batch -> the maps of its images, computed for all training images at each `refresh`."""

    def __init__(self, compute: Callable[[], MapCache], once: bool) -> None:
        self._compute, self._once = compute, once
        self._cache: MapCache | None = None

    def refresh(self) -> None:
        """Compute the maps anew; where they cannot change, only the first time."""
        if self._cache is None or not self._once:
            self._cache = self._compute()

    def __call__(self, batch: Batch) -> Tensor:
        if self._cache is None:
            raise RuntimeError("refresh the maps before their first use")
        return self._cache(batch)


def build_source(
    augmentation: str,
    teacher: str,
    network: Network,
    train: Split,
    num_classes: int,
    batch_size: int,
) -> RefreshedMaps | None:
    """The maps or gradients that `augmentation` asks for, or None where it asks for none.

    teacher: "self", the network in training, looked through anew before each epoch; the NAME of a
        pretrained model, or NAME=PATH with its weights; or a file that `save_network` wrote.
    """
    kind = source_kind(augmentation)
    if kind is None:
        return None
    if teacher == SELF:
        gradient: Callable[[Batch], Tensor] = InputGradient(network, network.normalize)
    else:
        gradient = _fixed_teacher(teacher, network.device)

    def compute() -> MapCache:
        feed = batches(train, num_classes, batch_size, np.arange(len(train)))
        on_device = (batch.to(network.device) for batch in feed)
        if kind == "gradient":
            return MapCache.of_gradients(gradient, on_device)
        return MapCache.of_maps(GradientMap(gradient), on_device)

    return RefreshedMaps(compute, once=teacher != SELF)


def check_teacher(teacher: str) -> None:
    """Raise InputError unless `teacher` is "self", a model's name or an existing file."""
    if teacher != SELF and not Path(teacher).exists():
        name = teacher.partition("=")[0]
        check_name(name, [SELF, *MODELS], "teacher (or a file of trained weights)")


def teacher_network(teacher: str, device: torch.device) -> Network:
    """A trained network: from a file of ours, or with 1000 classes and ImageNet weights.

    Raises InputError where it cannot be had.
    """
    if Path(teacher).exists():
        return load_network(Path(teacher), device)
    name, _, path = teacher.partition("=")
    weights = Path(path) if path else None
    normalize = Normalize(*pretrained_statistics(name))
    return Network(imagenet_network(name, weights), normalize, Speed(), device)


def _fixed_teacher(teacher: str, device: torch.device) -> Callable[[Batch], Tensor]:
    network = teacher_network(teacher, device)
    channels = network.normalize.mean.shape[0]

    def gradient(batch: Batch) -> Tensor:
        grey = batch.images.shape[1] == 1 and channels == 3
        images = batch.images.expand(-1, 3, -1, -1) if grey else batch.images
        if images.shape[1] != channels:
            raise InputError(
                f"teacher {teacher}: takes {channels} channels, the images have {images.shape[1]}"
            )
        found = InputGradient(network, network.normalize)(batch.with_images(images))
        # A grey pixel stands for three equal ones, so its derivative is the sum of theirs.
        return found.sum(dim=1, keepdim=True) if grey else found

    return gradient


def save_network(path: Path, network: Network, spec: ModelSpec) -> None:
    """Write weights with all that is needed to rebuild the network from this file alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    normalize = network.normalize
    state = {
        "spec": {k: str(v) if isinstance(v, Path) else v for k, v in asdict(spec).items()},
        "mean": normalize.mean.flatten().tolist(),
        "std": normalize.std.flatten().tolist(),
    }
    write_safetensors(path, Checkpoint(dict(network.model.state_dict()), state))


def load_network(path: Path, device: torch.device) -> Network:
    """The network that `save_network` wrote; InputError where the file holds none."""
    stored = read_safetensors(path)
    try:
        spec = ModelSpec(**{**stored.state["spec"], "pretrained": False, "weights": None})
        normalize = Normalize(tuple(stored.state["mean"]), tuple(stored.state["std"]))
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: holds no network that augury has trained") from error
    model = build_model(spec, 0)
    model.load_state_dict(stored.tensors)
    return Network(model, normalize, Speed(), device)
