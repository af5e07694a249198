"""The examples run as their first lines say."""

import os
import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name, *options):
    command = [sys.executable, "-W", "error", EXAMPLES / name, *options]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_timms_loop_learns_from_mixed_digits():
    """Also with soft targets: from chance, a tenth, to most of the test images."""
    said = run("timm_loop.py", "--model", "test_resnet", "--epochs", "4", "--device", "cpu")
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", said)]
    assert len(losses) == 4
    assert losses[-1] < losses[0]
    (accuracy,) = re.findall(r"test accuracy ([\d.]+) %", said)
    assert float(accuracy) > 50
