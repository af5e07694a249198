"""The device that a study's cells run on."""

import torch

from augury.errors import InputError
from augury.names import either
from augury.records.numbers import Device


def chosen_device(asked: str) -> Device:
    """The device `asked` for; for "auto" CUDA's first GPU where there is one, else the processor.

    mps has to be named: it is slower than the processor for small networks. Raises InputError,
    saying what is there, where it is not.
    """
    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    check_there(asked)
    return asked


def check_there(device: Device) -> None:
    """Raise InputError, saying what is there, where this machine has no such device."""
    there = devices_here()
    if device not in there:
        raise InputError(f"device: {device} is not on this machine, which has {either(there)}")


def devices_here() -> list[Device]:
    """The names of this machine's devices; the first GPU has two, cuda and cuda:0."""
    found: list[Device] = ["cpu"]
    if torch.cuda.is_available():
        found += ["cuda", *(f"cuda:{n}" for n in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        found.append("mps")
    return found
