"""A small study of the digits, run as a user runs it, and everything that it leaves as bits."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from augury.study import StudyFolder, read_plan
from augury.study.store import RunFolder
from augury.training.checkpoint import read_safetensors

QUICK = ["--train-limit", "60", "--test-limit", "50", "--batch-size", "20", "--corruptions", "2"]
ARMS = ["--augment", "none,salience", "--seeds", "1", "--epochs", "3"]
TIMES = ("seconds", "step_seconds", "augment_seconds")


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "augury", "study", *QUICK, "--out", str(folder), *arguments]


def run(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *arguments), capture_output=True, text=True, check=False, **options
    )


def bits(folder: Path) -> dict[str, dict[str, object]]:
    """All that a finished study's cells hold but times and where they were run."""
    study = StudyFolder(folder)
    return {cell.name: _cell_bits(study.run(cell)) for cell in read_plan(study.plan_file).cells}


def _cell_bits(run: RunFolder) -> dict[str, object]:
    result = run.read_result()
    metrics = [json.loads(line) for line in run.epochs.read_text().splitlines()]
    parts = ("train", "validation", "test", "chosen_epoch", "resumed")
    found: dict[str, object] = {part: getattr(result, part) for part in parts}
    found["epochs"] = [{k: v for k, v in line.items() if k not in TIMES} for line in metrics]
    for file in (run.predictions, run.examples):
        with np.load(file) as stored:
            found |= {f"{file.name} {k}": (v.dtype.str, v.tobytes()) for k, v in stored.items()}
    if run.corruptions.exists():
        found["corruptions"] = run.corruptions.read_bytes()
    weights = read_safetensors(run.weights)
    found["weights"] = {name: value.numpy().tobytes() for name, value in weights.tensors.items()}
    return found


def leftovers(folder: Path) -> list[str]:
    """Files of a finished study that should not be there."""
    return sorted(
        str(path.relative_to(folder))
        for pattern in ("runs/*/.*", "runs/*/checkpoint/.*", "runs/*/checkpoint/epoch-*")
        for path in folder.glob(pattern)
    )


def struck(folder: Path, *arguments: str) -> dict[str, object]:
    """What each_operation.py counted."""
    script = Path(__file__).with_name("each_operation.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counted: dict[str, object] = json.loads(done.stdout)
    return counted
