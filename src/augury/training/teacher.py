"""The teacher: the network whose saliency maps guide an augmentation."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from augury.errors import InputError
from augury.models import (
    MODELS,
    ModelSpec,
    build_model,
    check_model_name,
    imagenet_network,
    pretrained_statistics,
)
from augury.names import check_name
from augury.schema import read_as
from augury.training.checkpoint import Checkpoint, read_safetensors, write_safetensors
from augury.training.network import Network, Normalize, Speed

SELF, LIVE, LIVE_HALF = "self", "live", "live:half"
_TIMM = "timm:"


@dataclass(frozen=True)
class Teacher:
    """What a teacher's text asks for.

    fixed: whether it is a trained network (NAME, NAME=PATH or a file); otherwise it is the network
        in training
    live: whether maps are computed for each batch; half: and at half resolution
    every: without `live`, after how many training steps all maps are computed again; None for
        before each epoch
    """

    text: str
    fixed: bool = False
    live: bool = False
    half: bool = False
    every: int | None = None


def read_teacher(text: str) -> Teacher:
    """Read a teacher's text; InputError for an unknown one. Weights are not looked for.

    text: "self", "self:K", "live", "live:half"; a model's NAME, or NAME=PATH with the path of its
    weights; or a file that `save_network` wrote
    """
    word, colon, option = text.partition(":")
    if word == SELF:
        if colon and not (option.isdecimal() and int(option) > 0):
            raise InputError(
                f"teacher: the K of self:K is a number of training steps, 1 or more, got {text!r}"
            )
        return Teacher(text, every=int(option) if colon else None)
    if word == LIVE:
        if text not in (LIVE, LIVE_HALF):
            raise InputError(f"teacher: must be {LIVE} or {LIVE_HALF}, got {text!r}")
        return Teacher(text, live=True, half=text == LIVE_HALF)
    name = text.partition("=")[0]
    if text.startswith(_TIMM):
        check_model_name(name)
    elif not os.path.isfile(text) and name not in MODELS:
        choices = [SELF, "self:K", LIVE, LIVE_HALF, *MODELS, f"{_TIMM}NAME"]
        check_name(text, choices, "teacher (or a file of trained weights)")
    return Teacher(text, fixed=True)


def teacher_network(teacher: str, device: torch.device) -> Network:
    """A trained network: from a file of ours, or a named one with its ImageNet weights.

    Raises InputError if the weights cannot be loaded.
    """
    if os.path.isfile(teacher):
        return load_network(Path(teacher), device)
    name, _, path = teacher.partition("=")
    weights = Path(path) if path else None
    normalize = Normalize(*pretrained_statistics(name))
    return Network(imagenet_network(name, weights), normalize, Speed(), device)


def save_network(path: Path, network: Network, spec: ModelSpec) -> None:
    """Write weights, and all that rebuilding the network from this file needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    normalize = network.normalize
    state = {
        "spec": _spec_values(spec),
        "mean": normalize.mean.flatten().tolist(),
        "std": normalize.std.flatten().tolist(),
    }
    write_safetensors(path, Checkpoint(dict(network.model.state_dict()), state))


def _spec_values(spec: ModelSpec) -> dict[str, object]:
    """As JSON values, as in earlier files: `code` for a network of the user's own only, and no
    `drop_path`, which matters in training only.
    """
    values = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(spec).items()}
    return {k: v for k, v in values.items() if (k != "code" or v) and k != "drop_path"}


def load_network(path: Path, device: torch.device) -> Network:
    """Read the network that `save_network` wrote; InputError if the file holds none."""
    stored = read_safetensors(path)
    spec, normalize = _described(path, stored)
    try:
        model = build_model(spec, 0)
        model.load_state_dict(stored.tensors)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except RuntimeError as error:
        raise InputError(f"{path}: its weights are not those of its network {spec.name}") from error
    return Network(model, normalize, Speed(), device)


def _described(path: Path, stored: Checkpoint) -> tuple[ModelSpec, Normalize]:
    """The network that a file describes; InputError if its tensors cannot be of that one."""
    state = stored.state
    if not isinstance(state.get("spec"), dict):
        raise InputError(f"{path}: holds no network that augury has trained")
    described = {k: v for k, v in state["spec"].items() if k not in ("pretrained", "weights")}
    spec: ModelSpec = read_as(ModelSpec, described, f"{path}: its network")
    # A head of a billion classes would be built before its weights are found to be others.
    if not any(tensor.shape[:1] == (spec.num_classes,) for tensor in stored.tensors.values()):
        raise InputError(f"{path}: none of its weights is for {spec.num_classes} classes")
    mean, std = (
        read_as(tuple[float, ...], state.get(name), f"{path}: its {name}")
        for name in ("mean", "std")
    )
    if not len(mean) == len(std) == spec.channels or min(std) <= 0:
        raise InputError(f"{path}: its mean and std must be one for each channel, std over 0")
    return spec, Normalize(mean, std)
