"""Measures which memory layout and precision is fastest for one model on one machine.

The answer differs by network: on one CPU with bfloat16 instructions VGG19 becomes twice as fast
and MobileNetV2 slower. So each network is tried for a few training steps, and the result stored.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from filelock import FileLock
from torch import nn

from augury.data.cache import NO_SPACE
from augury.errors import InputError
from augury.files import tell_remade, write_atomically
from augury.records.recipe import Recipe
from augury.seal import SEAL, read_sealed, sealed_json
from augury.training.device import computes_in, wait_for
from augury.training.network import ALL_SPEEDS, Network, Normalize, Speed
from augury.training.optimizers import build_optimizer

# A combination that takes this many times as long as the best so far is not timed a second time.
_HOPELESS = 1.3
SECONDS_EACH = 0.5
MOST_STEPS = 20


def remembered_speeds(
    file: Path, identity: Mapping[str, Any], measure: Callable[[], dict[str, float]]
) -> dict[str, float]:
    """Milliseconds per step by `str(Speed)`: read from `file`, or measured and added to it.

    identity: everything that the answer depends on, as JSON values. If the folder of `file` cannot
    be written, stored answers are used and new ones are not stored.
    """
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    found: dict[str, float] | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            known = _read(file)
            found = known.get(key) or measure()
            if key not in known:
                write_atomically(file, sealed_json(known | {key: found}))
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        found = found or _read(file).get(key) or measure()
    return found


def _read(file: Path) -> dict[str, dict[str, float]]:
    try:
        known: dict[str, dict[str, float]] = read_sealed(file.read_bytes())
    except OSError:  # none is there, or none that can be read
        return {}
    except ValueError:
        known = {}
    if SEAL not in known:
        tell_remade(file)
        return {}
    return known


def fastest(milliseconds: Mapping[str, float]) -> Speed:
    """The Speed with the fewest milliseconds per step."""
    return min(ALL_SPEEDS, key=lambda speed: milliseconds.get(str(speed), float("inf")))


def measure_speeds(
    build: Callable[[], nn.Module],
    shape: tuple[int, int, int, int],
    num_classes: int,
    recipe: Recipe,
    device: torch.device,
    speeds: Sequence[Speed] = ALL_SPEEDS,
    seconds: float = SECONDS_EACH,
    most: int = MOST_STEPS,
) -> dict[str, float]:
    """Milliseconds of one training step by `str(Speed)`, of each of `speeds`.

    build: makes the model; shape: of a batch, (B, C, H, W); seconds: for the steps of one of
    `speeds`, of which there are at least one and at most `most`. A way in which the network cannot
    run is left out, as channels_last is for one that calls `view` on its maps. Raises InputError
    where it runs in none of `speeds`.
    """
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(shape, generator=generator).to(device)
    labels = torch.randint(num_classes, shape[:1], generator=generator).to(device)
    normalize = Normalize((0.5,) * shape[1], (0.25,) * shape[1])
    found: dict[str, float] = {}
    failed: RuntimeError | None = None
    for speed in speeds:
        if not computes_in(speed.precision, device):
            continue
        network = Network(build(), normalize, speed, device).train()
        step = _step(network, recipe, images, labels)
        try:
            step()  # the first one also allocates and chooses kernels
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if speed == Speed():
                raise
            failed = error
            continue
        found[str(speed)] = 1000 * _shortest(
            step, device, min(found.values(), default=0) / 1000, seconds, most
        )
    if not found:
        ways = ", ".join(map(str, speeds))
        reason = str(failed).partition("\n")[0] if failed else f"{device} does not compute so"
        raise InputError(f"cannot be trained with {ways}: {reason}") from failed
    return found


def _step(
    network: Network, recipe: Recipe, images: torch.Tensor, labels: torch.Tensor
) -> Callable[[], None]:
    if recipe.freeze == "body":
        network.freeze_body()
        network.train()
    optimizer = build_optimizer(network, recipe)

    def step() -> None:
        loss = F.cross_entropy(network.predict(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def _shortest(
    step: Callable[[], None], device: torch.device, best: float, seconds: float, most: int
) -> float:
    """The shortest time of a step in seconds, of those tried within about `seconds`."""
    times: list[float] = []
    while not times or (sum(times) < seconds and len(times) < most):
        started = time.perf_counter()
        step()
        wait_for(device)
        times.append(time.perf_counter() - started)
        if best and times[0] > _HOPELESS * best:
            break
    return min(times)
