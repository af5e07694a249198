"""Checkpoints: one safetensors file an epoch, written whole or not at all."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from augury.errors import InputError
from augury.files import sync_folder


@dataclass(frozen=True)
class Checkpoint:
    """tensors by name; state: whatever else is needed to go on, as JSON values."""

    tensors: dict[str, Tensor]
    state: dict[str, Any]


class CheckpointFolder:
    """The checkpoints of one run; the one before stays until the new one is in place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, epoch: int, checkpoint: Checkpoint) -> None:
        """Store `checkpoint` as the state after `epoch` epochs and drop the older ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"epoch-{epoch:04d}.safetensors"
        write_safetensors(path, checkpoint)
        for older in self._files():
            if older != path:
                older.unlink()

    def load(self) -> Checkpoint | None:
        """The newest checkpoint that can be read, or None."""
        for path in reversed(self._files()):
            try:
                return read_safetensors(path)
            except InputError:
                continue
        return None

    def clear(self) -> None:
        """Remove the checkpoints of epochs: the run is done."""
        for path in self._files():
            path.unlink()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("epoch-*.safetensors"))


def write_safetensors(path: Path, checkpoint: Checkpoint) -> None:
    """Write a temporary file, flush it to the disk, and give it its name."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    tensors = {name: t.detach().cpu().contiguous() for name, t in checkpoint.tensors.items()}
    try:
        save_file(tensors, temporary, metadata={"state": json.dumps(checkpoint.state)})
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except SafetensorError as error:
        # What the system says, for instance of a full disk, comes as text.
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else 0, str(error), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_safetensors(path: Path) -> Checkpoint:
    """Raise InputError, naming the file, where it cannot be read."""
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads((file.metadata() or {}).get("state", "{}"))
            return Checkpoint({name: file.get_tensor(name) for name in file.keys()}, state)  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable checkpoint: {error}") from error


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` with `prefix` and a dot before each name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names start with `prefix` and a dot, without it."""
    start = prefix + "."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors as `<parameter's number>.<name>`."""
    return {
        f"{number}.{name}": value
        for number, entry in optimizer.state_dict()["state"].items()
        for name, value in entry.items()
        if isinstance(value, Tensor)
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, model: nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what `optimizer_tensors` returned."""
    parameters = list(model.parameters())
    for key, value in tensors.items():
        number, name = key.split(".")
        parameter = parameters[int(number)]
        if value.shape == parameter.shape and value.ndim:
            # With the strides of its weight, as the fused optimizers walk both by address.
            value = torch.empty_like(parameter).copy_(value)
        optimizer.state[parameter][name] = value.detach()
