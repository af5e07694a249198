import os

import pytest
import torch
from torch import nn

from augury.errors import InputError
from augury.training.checkpoint import (
    Checkpoint,
    CheckpointFolder,
    optimizer_tensors,
    read_safetensors,
    restore_optimizer,
    write_safetensors,
)


def checkpoint(value):
    return Checkpoint({"w": torch.full((2, 3), value)}, {"epoch": value, "best": float("inf")})


def test_round_trip(tmp_path):
    folder = CheckpointFolder(tmp_path / "checkpoint")
    assert folder.load() is None
    folder.save(1, checkpoint(1.5))
    found = folder.load()
    assert torch.equal(found.tensors["w"], torch.full((2, 3), 1.5))
    assert found.state == {"epoch": 1.5, "best": float("inf")}


def test_the_newest_stays_and_the_older_go(tmp_path):
    folder = CheckpointFolder(tmp_path)
    for epoch in range(1, 12):
        folder.save(epoch, checkpoint(float(epoch)))
    assert os.listdir(tmp_path) == ["epoch-0011.safetensors"]
    assert folder.load().state["epoch"] == 11
    folder.clear()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_a_damaged_one_is_passed_over_for_the_one_before(tmp_path, damage):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, checkpoint(1.0))
    newer = tmp_path / "epoch-0002.safetensors"
    write_safetensors(newer, checkpoint(2.0))
    content = {"truncated": newer.read_bytes()[:-5], "empty": b"", "text": b"<html>no</html>"}
    newer.write_bytes(content[damage])
    assert folder.load().state["epoch"] == 1
    with pytest.raises(InputError, match=r"epoch-0002.safetensors: not a readable checkpoint"):
        read_safetensors(newer)


def test_a_write_that_is_cut_short_leaves_nothing_behind(tmp_path, monkeypatch):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, checkpoint(1.0))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        folder.save(2, checkpoint(2.0))
    assert os.listdir(tmp_path) == ["epoch-0001.safetensors"]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_an_optimizer_goes_on_bit_for_bit(name, layout):
    def setup():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 16, 2))
        model = model.to(memory_format=layout)
        if name == "sgd":
            optimizer = torch.optim.SGD(
                model.parameters(), 0.1, momentum=0.9, nesterov=True, fused=True
            )
        else:
            optimizer = torch.optim.AdamW(model.parameters(), 0.01, fused=True)
        return model, optimizer

    def step(model, optimizer, i):
        images = torch.rand(5, 3, 6, 6, generator=torch.Generator().manual_seed(i))
        optimizer.zero_grad()
        model(images.contiguous(memory_format=layout)).square().sum().backward()
        optimizer.step()

    straight, optimizer = setup()
    for i in range(6):
        step(straight, optimizer, i)

    first, optimizer = setup()
    for i in range(3):
        step(first, optimizer, i)
    tensors = {k: v.clone().contiguous() for k, v in optimizer_tensors(optimizer).items()}
    weights = {k: v.clone() for k, v in first.state_dict().items()}
    second, optimizer = setup()
    second.load_state_dict(weights)
    restore_optimizer(optimizer, second, tensors)
    for i in range(3, 6):
        step(second, optimizer, i)
    for a, b in zip(straight.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
