"""Checkpoints: one safetensors file per epoch, with a checksum, written atomically."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from augury.errors import DiskError, InputError, UnreadableError
from augury.files import make_folder, sync_folder, temporary_path
from augury.inside import check_plain, remove_plain

SCHEMA = 2  # to be raised whenever the layout of a file changes; 1 had no checksum
_NAME = re.compile(r"epoch-\d+\.safetensors")
_METADATA = {"schema", "state", "sha256"}


@dataclass(frozen=True)
class Checkpoint:
    """tensors: by name; state: JSON values, everything else that resuming needs."""

    tensors: dict[str, Tensor]
    state: dict[str, Any]


class CheckpointFolder:
    """The checkpoints of one run; the previous one is kept until the new one was read back.

    run: the run's name, stored in each checkpoint; a checkpoint of another run is never resumed.
    """

    def __init__(self, folder: Path, run: str = "") -> None:
        self.folder, self.run = folder, run

    def save(self, epoch: int, checkpoint: Checkpoint) -> None:
        """Store `checkpoint` as the state after `epoch` epochs and remove the older ones.

        Raises DiskError if it cannot be read back; the older ones are then kept.
        """
        path = self.folder / f"epoch-{epoch:04d}.safetensors"
        write_safetensors(
            path, Checkpoint(checkpoint.tensors, {**checkpoint.state, "run": self.run})
        )
        try:
            check_safetensors(path)
        except InputError as error:
            raise DiskError(f"cannot read back what was just written: {error}") from error
        for older in self._files():
            if older != path:
                remove_plain(older)

    def load(self, told: Callable[[str], None] = lambda line: None) -> Checkpoint | None:
        """The newest readable checkpoint of this run, or None.

        told: called with one line, which names the file, for each checkpoint that is skipped.
        Raises UnreadableError for a file that may not be read: a link, or one without permission.
        """
        for path in reversed(self._files()):
            try:
                check_plain(path)
                checkpoint = read_safetensors(path)
            except UnreadableError:
                raise
            except InputError as error:
                told(str(error))
                continue
            if checkpoint.state.get("run") == self.run:
                return checkpoint
            told(f"{path}: the checkpoint of another run or of an earlier version")
        return None

    def clear(self) -> None:
        """Remove all checkpoints; called when the run is done."""
        for path in self._files():
            remove_plain(path)

    def _files(self) -> list[Path]:
        files = self.folder.glob("epoch-*.safetensors")
        return sorted(file for file in files if _NAME.fullmatch(file.name))


def write_safetensors(path: Path, checkpoint: Checkpoint) -> None:
    """Write atomically: a temporary file is flushed to disk, renamed, and the folder flushed."""
    make_folder(path.parent)
    temporary = temporary_path(path)
    contiguous = {name: t.detach().cpu().contiguous() for name, t in checkpoint.tensors.items()}
    tensors = _apart(contiguous)
    state = json.dumps(checkpoint.state)
    metadata = {
        "schema": str(SCHEMA),
        "state": state,
        "sha256": _checksum(state, sorted(tensors.items())),
    }
    try:
        save_file(tensors, temporary, metadata=metadata)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if not isinstance(error, SafetensorError):
            raise
        # What the system says, for instance of a full disk, comes as text.
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else 0, str(error), str(path)) from error
    sync_folder(path.parent)


def _apart(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies of those that share their memory with one before, as tied weights do.

    Safetensors stores no two names for one tensor.
    """
    seen: set[int] = set()
    found = {}
    for name, tensor in tensors.items():
        place = tensor.untyped_storage().data_ptr()
        found[name] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return found


def read_safetensors(path: Path) -> Checkpoint:
    """Read a file; InputError, naming it, if it is unreadable or its checksum does not match.

    Files of schema 1 have no checksum and are read without one. Nothing is ever unpickled.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
        _check_metadata(metadata, tensors.items())
        state = json.loads(metadata.get("state", "{}"))
        if not isinstance(state, dict):
            raise ValueError("its state is not a JSON object")
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a readable checkpoint: {error}") from error
    return Checkpoint(tensors, state)


def check_safetensors(path: Path) -> None:
    """Raise InputError as `read_safetensors` does, with one tensor at a time in memory."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = ((name, file.get_tensor(name)) for name in sorted(file.keys()))
            _check_metadata(file.metadata() or {}, tensors)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable checkpoint: {error}") from error


def _check_metadata(metadata: Mapping[str, str], tensors: Iterable[tuple[str, Tensor]]) -> None:
    if metadata.keys() <= {"state"}:
        return  # schema 1, or somebody else's weights
    if metadata.keys() != _METADATA:
        raise ValueError("its metadata are not those of a checkpoint")
    if metadata["schema"] != str(SCHEMA):
        raise ValueError(f"of schema {metadata['schema']:.9} where this version reads {SCHEMA}")
    if metadata["sha256"] != _checksum(metadata["state"], tensors):
        raise ValueError("its content does not match its checksum")


def _checksum(state: str, tensors: Iterable[tuple[str, Tensor]]) -> str:
    """SHA-256, in hex, of the state and of each tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(state.encode())
    for name, tensor in tensors:
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` with `prefix` and a dot before each name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names start with `prefix` and a dot; the names lose both."""
    start = prefix + "."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors, named `<index of its parameter>.<name>`."""
    return {
        f"{number}.{name}": value
        for number, entry in optimizer.state_dict()["state"].items()
        for name, value in entry.items()
        if isinstance(value, Tensor)
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` returned."""
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    for key, value in tensors.items():
        number, name = key.split(".")
        parameter = parameters[int(number)]
        if value.shape == parameter.shape and value.ndim:
            # With the strides of its weight, as the fused optimizers walk both by address.
            value = torch.empty_like(parameter).copy_(value)
        kept = optimizer.state[parameter].get(name)
        if isinstance(kept, Tensor):
            kept.copy_(value)  # in place, as a captured graph reads it where it is
        else:
            optimizer.state[parameter][name] = value.detach()
