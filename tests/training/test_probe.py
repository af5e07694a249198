import json

import torch
from torch import nn

from augury.training import Recipe, Speed
from augury.training.network import ALL_SPEEDS
from augury.training.probe import fastest, measure_speeds, remembered_speeds


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
