"""The examples run as their first lines say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

import augury

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


def test_an_exported_transform_in_a_plain_loop_of_timm(tmp_path):
    """Ten black and ten white photographs: told apart by a head on random features."""
    for part in ("train", "test"):
        for name, shade in (("black", 0), ("white", 255)):
            folder = tmp_path / "photos" / part / name
            folder.mkdir(parents=True)
            for i in range(10):
                Image.fromarray(np.full((120, 130, 3), shade, np.uint8)).save(folder / f"{i}.png")
    torch.manual_seed(0)
    weights = tmp_path / "weights.safetensors"
    save_file(timm.create_model("test_efficientnet").state_dict(), weights)
    winner = tmp_path / "winner.py"
    augury.export("color-jitter", to="timm", image_size=96, num_classes=2, out=winner)
    options = ("--weights", weights, "--transform", winner, "--model", "test_efficientnet")
    said = run("exported_timm_loop.py", tmp_path / "photos", *options, "--epochs", "12")
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", said)]
    assert len(losses) == 12
    assert losses[-1] < losses[0]
    assert "test 100.00 %" in said
