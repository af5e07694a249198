"""Several processes that share a run take the steps of one."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from augury.training.processes import Processes, started_by_torchrun

SCRIPT = Path(__file__).with_name("one_step.py")


def one_step(folder, count, *arguments):
    """What each of `count` processes comes to."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    start = launcher if count > 1 else []
    done = subprocess.run(
        [sys.executable, *start, str(SCRIPT), *arguments, "--out", str(folder / f"{count}")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [load_file(f"{folder}/{count}-{rank}.safetensors") for rank in range(count)]


def largest_difference(alone, together):
    assert alone.keys() == together.keys()
    return max(float((alone[name] - together[name]).abs().max()) for name in alone)


@pytest.mark.parametrize(
    ("model", "count", "images"),
    [
        ("small", 2, 11),
        ("timm:resnet10t", 2, 11),
        # One of three processes has no image of the batch.
        ("small", 3, 2),
        pytest.param("mobilenetv2", 2, 11, marks=pytest.mark.faults),  # timm's norm with activation
        pytest.param("small", 4, 11, marks=pytest.mark.faults),
    ],
)
def test_gradients_are_those_of_one_process(model, count, images, tmp_path):
    """In double precision, so that what is compared is what is computed, not how it is rounded."""
    arguments = ["--model", model, "--images", str(images), "--double"]
    (alone,) = one_step(tmp_path, 1, *arguments)
    together = one_step(tmp_path, count, *arguments)
    assert sum(name.startswith("gradient") for name in alone) > 10
    assert any(float(value.abs().max()) > 0.01 for n, value in alone.items() if "gradient" in n)
    assert largest_difference(alone, together[0]) < 1e-6
    for each in together[1:]:
        assert largest_difference(together[0], each) == 0


def test_gradients_are_those_of_one_process_in_single_precision(tmp_path):
    (alone,) = one_step(tmp_path, 1, "--model", "small", "--images", "11")
    together = one_step(tmp_path, 2, "--model", "small", "--images", "11")
    assert largest_difference(alone, together[0]) < 1e-6


def test_variables_of_other_launchers_mean_nothing(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("WORLD_SIZE", "8")
    monkeypatch.setenv("RANK", "3")
    with started_by_torchrun() as processes:
        assert processes == Processes(rank=0, count=1)


@pytest.mark.parametrize(("n", "count"), [(10, 1), (10, 3), (2, 4), (0, 2)])
def test_parts_are_the_whole(n, count):
    batch = torch.arange(n)
    parts = [Processes(rank, count).part(batch).tolist() for rank in range(count)]
    assert [row for part in parts for row in part] == list(range(n))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
