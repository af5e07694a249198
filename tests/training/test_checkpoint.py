import hashlib
import os

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from augury.errors import DiskError, InputError
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
    assert found.state == {"epoch": 1.5, "best": float("inf"), "run": ""}


def test_the_newest_stays_and_the_older_go(tmp_path):
    folder = CheckpointFolder(tmp_path)
    for epoch in range(1, 12):
        folder.save(epoch, checkpoint(float(epoch)))
    assert os.listdir(tmp_path) == ["epoch-0011.safetensors"]
    assert folder.load().state["epoch"] == 11
    folder.clear()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "one bit"])
def test_a_damaged_one_is_passed_over_for_the_one_before(tmp_path, damage):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, checkpoint(1.0))
    newer = tmp_path / "epoch-0002.safetensors"
    write_safetensors(newer, checkpoint(2.0))
    whole = newer.read_bytes()
    content = {
        "truncated": whole[:-5],
        "empty": b"",
        "text": b"<html>no</html>",
        # The last byte of 2.0 in float32, so that the tensor is another and the file well formed.
        "one bit": whole[:-1] + bytes([whole[-1] ^ 1]),
    }
    newer.write_bytes(content[damage])
    told = []
    assert folder.load(told.append).state["epoch"] == 1
    assert len(told) == 1
    assert told[0].startswith(f"{newer}: not a readable checkpoint: ")
    with pytest.raises(InputError, match=r"epoch-0002.safetensors: not a readable checkpoint"):
        read_safetensors(newer)


def test_one_of_another_run_is_passed_over(tmp_path):
    CheckpointFolder(tmp_path, "theirs").save(3, checkpoint(3.0))
    told = []
    assert CheckpointFolder(tmp_path, "ours").load(told.append) is None
    path = tmp_path / "epoch-0003.safetensors"
    assert told == [f"{path}: the checkpoint of another run or of an earlier version"]
    assert CheckpointFolder(tmp_path, "theirs").load(pytest.fail).state["run"] == "theirs"


def test_the_checksum_is_over_state_and_tensors(tmp_path):
    """Computed here by hand from the format's description."""
    path = tmp_path / "file.safetensors"
    write_safetensors(path, Checkpoint({"b": torch.ones(2), "a": torch.tensor(3)}, {"x": 1}))
    digest = hashlib.sha256(b'{"x": 1}')
    digest.update(b"a torch.int64 ()" + (3).to_bytes(8, "little"))
    digest.update(b"b torch.float32 (2,)" + 2 * b"\x00\x00\x80\x3f")
    with safe_open(path, framework="pt") as file:
        assert file.metadata()["sha256"] == digest.hexdigest()
        assert file.metadata()["schema"] == "2"


def test_a_later_schema_is_refused_and_an_earlier_one_read(tmp_path):
    path = tmp_path / "file.safetensors"
    save_file({"w": torch.ones(2)}, path, metadata={"state": "{}", "schema": "3", "sha256": ""})
    with pytest.raises(InputError, match="of schema 3 where this version reads 2"):
        read_safetensors(path)
    save_file({"w": torch.ones(2)}, path, metadata={"state": '{"a": 1}'})
    assert read_safetensors(path).state == {"a": 1}


def test_the_one_before_stays_until_the_new_one_reads_back(tmp_path, monkeypatch):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, checkpoint(1.0))

    def lose_a_bit(tensors, path, metadata):
        save_file(tensors, path, metadata=metadata)
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with monkeypatch.context() as patch:
        patch.setattr("augury.training.checkpoint.save_file", lose_a_bit)
        with pytest.raises(DiskError, match="cannot read back what was just written"):
            folder.save(2, checkpoint(2.0))
    assert folder.load().state["epoch"] == 1


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
    restore_optimizer(optimizer, tensors)
    for i in range(3, 6):
        step(second, optimizer, i)
    for a, b in zip(straight.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
