"""Pretrained weights: from timm's store on the network, or from a file on this machine."""

import urllib.error
import urllib.request
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from augury.errors import InputError
from augury.models.backbones import UNSUITABLE, one_line, whole_network

_SUFFIXES = (".safetensors", ".pth")
_TIMEOUT_S = 5


def fetched_network(
    file_stem: str, timm_name: str, channels: int, drop_path: float = 0.0
) -> nn.Module:
    """A timm network with timm's pretrained weights, which are fetched once and then cached.

    file_stem: how a file with the weights would be called. Raises InputError, naming that file, if
    they cannot be fetched.
    """
    source = pretrained_config(timm_name)
    if not (_is_cached(source) or _is_reachable()):
        raise InputError(_advice(file_stem, source, "the network gives no answer"))
    try:
        return whole_network(timm_name, channels, pretrained=True, drop_path=drop_path)
    except (OSError, *UNSUITABLE) as error:
        raise InputError(_advice(file_stem, source, one_line(error))) from error


def network_from_file(
    path: Path, file_stem: str, timm_name: str, channels: int, drop_path: float = 0.0
) -> nn.Module:
    """A timm network with weights read from `path`.

    path: a file, or a folder that holds `<file_stem>.safetensors` or `<file_stem>.pth`, with a
    state dict of timm's network including its classifier. The first convolution is adapted to
    the number of channels. Raises InputError for a file that is missing, unreadable or of
    another network. Only tensors are ever unpickled.
    """
    file = _find(path, file_stem)
    state = _read(file)
    try:
        return whole_network(timm_name, channels, pretrained=True, state=state, drop_path=drop_path)
    except UNSUITABLE as error:
        reason = one_line(error)
        raise InputError(f"{file}: not weights of timm's {timm_name}: {reason}") from error


def pretrained_config(timm_name: str) -> Any:
    """timm's description of a network's pretrained weights (its PretrainedCfg).

    Raises InputError where timm has none.
    """
    from timm.models import get_pretrained_cfg

    try:
        config = get_pretrained_cfg(timm_name)
    except RuntimeError as error:
        raise InputError(f"timm:{timm_name}: {one_line(error)}") from error
    if config is None or not config.has_weights:
        raise InputError(f"timm has no pretrained weights for {timm_name}")
    return config


def _find(path: Path, file_stem: str) -> Path:
    if path.is_file():
        return path
    names = [file_stem + suffix for suffix in _SUFFIXES]
    for name in names:
        if (path / name).is_file():
            return path / name
    raise InputError(f"weights: no file {path}, and no {' or '.join(names)} in such a folder")


def _read(file: Path) -> dict[str, Tensor]:
    try:
        if file.suffix == ".safetensors":
            state = load_file(file)
        else:
            state = torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, UnpicklingError, OSError, EOFError, *UNSUITABLE) as error:
        raise InputError(f"{file}: not a readable weights file: {one_line(error)}") from error
    if not (isinstance(state, dict) and state):
        raise InputError(f"{file}: not a state dict, which maps names of layers to weights")
    return state


def _advice(file_stem: str, source: Any, reason: str) -> str:
    return (
        f"no pretrained weights for {file_stem} ({reason}): put {file_stem}.safetensors "
        f"(timm's {source.architecture}.{source.tag}) in DIR and pass --weights DIR"
    )


def _is_cached(source: Any) -> bool:
    from huggingface_hub import try_to_load_from_cache

    files = ("model.safetensors", "pytorch_model.bin")
    return bool(source.hf_hub_id) and any(
        isinstance(try_to_load_from_cache(source.hf_hub_id, file), str) for file in files
    )


def _is_reachable() -> bool:
    """Whether the weights' host answers. Its client would retry for minutes, so we ask first."""
    from huggingface_hub.constants import ENDPOINT

    try:
        with urllib.request.urlopen(ENDPOINT, timeout=_TIMEOUT_S):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
