"""Small studies of the digits, run as a user runs them: by the command line, in another process."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from augury.study import StudyFolder, read_plan
from helpers.studies import epochs_without_times

QUICK = ["--train-limit", "60", "--test-limit", "50", "--batch-size", "20"]
KILLED_ARMS = ["--augment", "none,salience", "--seeds", "2", "--epochs", "4"]


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "augury", "study", *QUICK, "--out", str(folder), *arguments]


def run(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *arguments), capture_output=True, text=True, check=False, **options
    )


def results(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Everything in a study's runs except times and provenance, by the name of the cell."""
    study = StudyFolder(folder)
    found = {}
    for cell in read_plan(study.plan_file).cells:
        run_folder = study.run(cell)
        result = json.loads(run_folder.result.read_text())
        with np.load(run_folder.predictions) as stored:
            logits = stored["test_logits"].tobytes()
        with np.load(run_folder.examples) as stored:
            seen = stored["augmented"].tobytes()
        metrics = epochs_without_times(study, cell)
        found[cell.name] = (result["test"], result["validation"], logits, seen, metrics)
    return found


def wait_for(condition: Callable[[], object], seconds: float = 300) -> None:
    """Wait until `condition` holds. The limit only keeps a broken study from hanging the tests."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the study did not get that far"
        time.sleep(0.005)
