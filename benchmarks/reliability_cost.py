"""What it costs that nothing can be lost: flushes, checksums and reading back, in seconds.

    python benchmarks/reliability_cost.py [--folder DIR] [--out FILE]

DIR is where a study would lie. Times are the median of five.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import torch

from augury.data import load_dataset
from augury.models import ModelSpec, build_model
from augury.records.json_file import to_values
from augury.study import StudyFolder, read_settings
from augury.study.planning.plan import make_plan
from augury.study.provenance import provenance
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from augury.training.checkpoint import Checkpoint, CheckpointFolder, write_safetensors

TIMES = 5


def median(act) -> float:
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def cell_costs(folder: Path) -> dict[str, float]:
    """A cell of the usual digits study: its seconds, and those in flushes and in its checks."""
    digits, flushes = load_dataset("digits"), []
    settings = read_settings(None, None, {"augmentations": ["none"], "seeds": TIMES})
    plan = make_plan(settings, {"digits": digits}, 1, "cpu", {})
    torch.set_num_threads(1)
    study, real, seconds = StudyFolder(folder / "study"), os.fsync, []

    def timed(descriptor):
        started = time.perf_counter()
        real(descriptor)
        flushes.append(time.perf_counter() - started)

    os.fsync = timed
    for cell in plan.cells:
        started = time.perf_counter()
        run_cell(cell, plan, study, digits, Listener())
        seconds.append(time.perf_counter() - started)
    os.fsync = real
    n = len(plan.cells)
    return {
        "epochs": plan.cells[0].recipe.epochs,
        "seconds": statistics.median(seconds),
        "flushes": len(flushes) / n,
        "seconds_in_flushes": sum(flushes) / n,
        "seconds_to_check_when_done": median(study.run(plan.cells[0]).damage),
    }


def checkpoint_costs(name: str, folder: Path) -> dict[str, float]:
    """Of a network with momentum: weights twice."""
    state = build_model(ModelSpec(name, 10, 3), 0).state_dict()
    tensors = {
        f"{part}.{k}": v.clone() for part in ("model", "optimizer") for k, v in state.items()
    }
    checkpoint, checkpoints = Checkpoint(tensors, {}), CheckpointFolder(folder / name, name)
    return {
        "megabytes": sum(v.numel() * v.element_size() for v in tensors.values()) / 1e6,
        "seconds_to_write": median(lambda: write_safetensors(folder / "once", checkpoint)),
        "seconds_to_write_and_read_back": median(lambda: checkpoints.save(1, checkpoint)),
        "seconds_to_load": median(checkpoints.load),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        found = {
            "cell": cell_costs(folder),
            "checkpoints": {
                name: checkpoint_costs(name, folder) for name in ("small", "resnet18", "resnet50")
            },
            **to_values(provenance()),
        }
    text = json.dumps(found, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
