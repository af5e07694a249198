import errno
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from augury.study import read_settings
from augury.study.planning.probe import probe
from augury.training import Recipe, Speed
from augury.training.network import ALL_SPEEDS
from augury.training.probe import fastest, measure_speeds, remembered_speeds
from helpers.datasets import make_dataset, make_split


def test_the_fastest_is_taken():
    assert fastest({"contiguous float32": 3.0, "channels_last bfloat16": 1.5}) == Speed(
        "channels_last", "bfloat16"
    )


def test_every_way_is_measured():
    def build():
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3))

    found = measure_speeds(build, (10, 1, 8, 8), 3, Recipe(), torch.device("cpu"))
    assert set(found) == {str(speed) for speed in ALL_SPEEDS}
    assert all(milliseconds > 0 for milliseconds in found.values())


class Viewing(nn.Module):
    """Its maps must be contiguous."""

    def __init__(self):
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 4, 3), nn.Linear(4 * 36, 3)

    def forward(self, images):
        return self.linear(self.conv(images).view(len(images), -1))


def test_a_layout_that_the_network_cannot_take_is_left_out():
    found = measure_speeds(Viewing, (10, 3, 8, 8), 3, Recipe(), torch.device("cpu"))
    assert set(found) == {"contiguous float32", "contiguous bfloat16"}
    with pytest.raises(RuntimeError, match="multiplied"):
        measure_speeds(Viewing, (10, 3, 9, 9), 3, Recipe(), torch.device("cpu"))


def test_an_answer_is_remembered_for_its_question_only(tmp_path):
    calls = []

    def measure():
        calls.append(1)
        return {"contiguous float32": float(len(calls))}

    file = tmp_path / "speeds.json"
    first = remembered_speeds(file, {"model": "small", "threads": 1}, measure)
    assert remembered_speeds(file, {"threads": 1, "model": "small"}, measure) == first
    assert remembered_speeds(file, {"model": "small", "threads": 2}, measure) != first
    assert len(calls) == 2
    assert len(json.loads(file.read_text())) == 2 + 1  # and the checksum


def test_a_damaged_memory_is_measured_anew(tmp_path):
    file = tmp_path / "speeds.json"
    file.write_text("{")
    assert remembered_speeds(file, {}, lambda: {"contiguous float32": 1.0})


@pytest.mark.parametrize("writable", ["no folder", "forbidden"])
def test_a_cache_that_cannot_be_written_stops_nothing(writable, tmp_path, monkeypatch):
    calls = []

    def measure():
        calls.append(1)
        return {"contiguous float32": 1.0}

    if writable == "no folder":
        (tmp_path / "cache").touch()
    else:
        # As root may write everywhere, the system's answer is made up.
        def refuse(*args, **kwargs):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(Path, "mkdir", refuse)
    for _ in range(2):
        found = remembered_speeds(tmp_path / "cache" / "speeds.json", {"threads": 1}, measure)
        assert found == {"contiguous float32": 1.0}
    assert len(calls) == 2


def test_what_is_remembered_is_used_though_nothing_can_be_added(tmp_path, monkeypatch):
    file = tmp_path / "speeds.json"
    remembered_speeds(file, {"threads": 1}, lambda: {"contiguous float32": 2.0})

    def refuse(self):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("augury.training.probe.FileLock.acquire", refuse)
    assert remembered_speeds(file, {"threads": 1}, dict) == {"contiguous float32": 2.0}


@pytest.mark.parametrize(
    ("batch_size", "train_limit", "validation", "expected"),
    [
        (80, None, 0.3, 80),
        (100_000, None, 0.3, 84),
        (100_000, 40, 0.3, 40),
        (100_000, None, 0.0, 120),
        (85, None, 0.3, 84),
    ],
)
def test_the_probe_takes_no_more_images_than_training_has(
    batch_size, train_limit, validation, expected, monkeypatch, tmp_path
):
    asked = []

    def measure(build, shape, *others):
        asked.append(shape)
        return {"contiguous float32": 1.0}

    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path))
    monkeypatch.setattr("augury.study.planning.probe.measure_speeds", measure)
    recipe = {"batch_size": batch_size, "train_limit": train_limit, "validation": validation}
    settings = read_settings(None, None, {"recipe": recipe})
    probe(settings, "small", make_dataset(make_split(n=120)), 1, "cpu")
    assert asked == [(expected, 1, 16, 16)]
