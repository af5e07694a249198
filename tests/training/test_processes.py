"""Several processes that share a run take the steps of one."""

import subprocess
import sys
from pathlib import Path

import one_step
import pytest
import torch
from safetensors.torch import load_file

from augury.training.processes import Processes, started_by_torchrun

SCRIPT = Path(__file__).with_name("one_step.py")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def largest_difference(alone, together):
    assert alone.keys() == together.keys()
    return max(float((alone[name] - together[name]).abs().max()) for name in alone)


# In double precision, so that what is compared is what is computed, not how it is rounded.
@pytest.mark.parametrize(
    ("count", "steps"),
    [
        (
            2,
            [
                ("small", 11, "double", "whole"),
                ("timm:resnet10t", 11, "double", "whole"),
                ("timm:resnet10t", 11, "double", "head"),
                ("small", 11, "single", "whole"),
            ],
        ),
        # One of three processes has no image of the batch.
        (3, [("small", 2, "double", "whole"), ("timm:resnet10t", 2, "double", "head")]),
        # timm's norm with activation
        pytest.param(2, [("mobilenetv2", 11, "double", "whole")], marks=pytest.mark.faults),
        pytest.param(4, [("small", 11, "double", "whole")], marks=pytest.mark.faults),
    ],
)
def test_gradients_are_those_of_one_process(count, steps, tmp_path):
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    asked = [word for step in steps for word in ("--step", *map(str, step))]
    done = subprocess.run(
        [sys.executable, *launcher, str(SCRIPT), "--out", str(tmp_path / "step"), *asked],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for number, (model, images, precision, trained) in enumerate(steps):
        alone = one_step.step(model, images, precision, trained, Processes())
        gradients = sum(name.startswith("gradient") for name in alone)
        averaged = sum(name.startswith("average") for name in alone)
        if trained == "head":
            assert gradients == averaged == 2  # weight and bias
        else:
            assert gradients > 10
        assert any(float(v.abs().max()) > 0.01 for n, v in alone.items() if "gradient" in n)
        first, *others = (
            load_file(tmp_path / f"step-{number}-{rank}.safetensors") for rank in range(count)
        )
        assert largest_difference(alone, first) < 1e-6
        if precision == "double":
            for each in others:
                assert largest_difference(first, each) == 0


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
