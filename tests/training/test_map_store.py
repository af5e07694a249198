import os
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from augury.data import cache_folder
from augury.errors import DiskError
from augury.saliency import MapCache
from augury.training import map_store
from augury.training.map_store import stored_maps
from helpers.datasets import batch_of, make_dataset, make_split
from helpers.networks import CPU


class Counted:
    """Maps that can be told from their image, and how often they were computed."""

    def __init__(self, signed=False):
        self.signed, self.images = signed, 0

    def __call__(self, batch):
        self.images += len(batch)
        images = batch.images.float() / 255
        return images * 3 - 1.5 if self.signed else images[:, 0]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))


def files():
    return sorted((cache_folder() / "maps").glob("*.npy"))


def store(saliency, dataset=None, kind="gradient", origin=None):
    dataset = dataset or make_dataset()
    return stored_maps(kind, saliency.signed, saliency, origin or {}, dataset, CPU)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("batch_pixels", [2**18, 1000])
def test_maps_are_computed_once_and_found_by_id(signed, batch_pixels, monkeypatch):
    monkeypatch.setattr(map_store, "_BATCH_PIXELS", batch_pixels)
    split = make_split(channels=3)
    saliency = Counted(signed)
    first = store(saliency, make_dataset(split))
    again = store(saliency, make_dataset(split))
    assert saliency.images == 12
    batch = batch_of(split, np.array([7, 0, 11, 7]))
    for maps in (first, again):
        assert isinstance(maps, MapCache)
        expected = MapCache.of(Counted(signed), [batch_of(split, np.arange(12))])(batch)
        assert torch.equal(maps(batch), expected)
    torch.testing.assert_close(expected, Counted(signed)(batch), atol=0.5 / 255 + 1e-6, rtol=1e-3)
    assert first.values.dtype == (torch.float16 if signed else torch.uint8)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists its maps")
def test_values_are_mapped_into_memory():
    maps = store(Counted())
    (file,) = files()
    assert str(file) in Path("/proc/self/maps").read_text()
    assert maps.values.numpy().tobytes() in file.read_bytes()


def test_each_origin_has_its_own_file():
    counted = Counted()
    store(counted)
    store(counted, kind="smoothgrad")
    store(counted, origin={"weights": "other"})
    store(counted, make_dataset(fingerprint="0" * 64))
    assert len(files()) == 4
    assert counted.images == 4 * 12


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other", "header"])
def test_a_damaged_file_is_found_out_and_written_anew(damage):
    whole = store(Counted()).values.clone()
    (file,) = files()
    content = file.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    store(Counted(), make_dataset(make_split(seed=5), fingerprint="0" * 64))
    (other,) = (f for f in files() if f != file)
    file.unlink()
    file.write_bytes(
        {
            "cut": content[:-40],
            "flipped": bytes(flipped),
            "empty": b"",
            "other": other.read_bytes(),
            "header": b"\x93NUMPY" + content[20:],
        }[damage]
    )
    counted = Counted()
    assert torch.equal(store(counted).values, whole)
    assert counted.images == 12
    assert file.read_bytes() == content


def test_a_failed_computation_leaves_nothing_behind():
    class Broken(Counted):
        def __call__(self, batch):
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        store(Broken())
    assert [f for f in (cache_folder() / "maps").iterdir() if f.suffix != ".lock"] == []
    assert store(Counted()).values.shape == (12, 16, 16)


def test_a_full_disk_is_said_so(monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=r"cannot write to .*maps: No space left"):
        store(Counted())
    assert files() == []


def test_another_process_is_waited_for(monkeypatch):
    """What was written while this process waited for the lock is used."""
    enter = FileLock.__enter__

    def written_meanwhile(lock):
        monkeypatch.setattr(FileLock, "__enter__", enter)
        store(Counted())
        return enter(lock)

    monkeypatch.setattr(FileLock, "__enter__", written_meanwhile)
    counted = Counted()
    store(counted)
    assert counted.images == 0


def test_no_link_in_the_cache_is_written_through(tmp_path):
    """As somebody may have left one where a cache is shared."""
    store(Counted())
    (file,) = files()
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    file.unlink()
    file.with_suffix(".partial").symlink_to(victim)
    again = Counted()
    store(again)
    assert again.images == 12
    assert victim.read_bytes() == b"precious"
    assert file.is_file()
    assert not file.with_suffix(".partial").exists()


def test_maps_are_not_read_through_a_link(tmp_path):
    store(Counted())
    (file,) = files()
    file.rename(tmp_path / "theirs.npy")
    file.symlink_to(tmp_path / "theirs.npy")
    theirs = (tmp_path / "theirs.npy").read_bytes()
    again = Counted()
    store(again)
    assert again.images == 12
    assert not file.is_symlink()
    assert (tmp_path / "theirs.npy").read_bytes() == theirs
