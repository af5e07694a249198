"""Where compiled loops are stored, who compiles them, and what is told."""

import logging
import threading

import numpy as np
import pytest

from augury.kernels.processor import store
from augury.kernels.processor.compiled import loop
from augury.kernels.processor.store import compiling, folder_of_compiled


def double(values, out):
    """A loop that compiles at once."""
    for i in range(len(values)):
        out[i] = 2 * values[i]


def doubled(values):
    out = np.empty_like(values)
    loop(double)(values, out)
    return out


@pytest.fixture(autouse=True)
def a_folder_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(store.numba.config, "CACHE_DIR", "")
    folder_of_compiled.cache_clear()
    yield
    folder_of_compiled.cache_clear()


def test_loops_are_stored_in_the_cache_folder_one_for_each_dtype(tmp_path):
    for dtype in (np.uint8, np.float32):
        assert doubled(np.arange(5, dtype=dtype)).tolist() == [0, 2, 4, 6, 8]
    folder = folder_of_compiled()
    assert folder.parent == tmp_path / "cache" / "compiled"
    done = {file.name for file in folder.glob("*.done")}
    assert done == {"double-uint8.done", "double-float32.done"}
    assert len(list(folder.rglob("*double*.nbc"))) == 2
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.nb?")}
    assert doubled(np.arange(3, dtype=np.uint8)).tolist() == [0, 2, 4]  # read, not compiled
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.nb?")} == before


def test_numba_cache_dir_is_where_the_user_wants_it(monkeypatch, tmp_path):
    monkeypatch.setattr(store.numba.config, "CACHE_DIR", str(tmp_path / "own"))
    folder = folder_of_compiled()
    assert folder.parent == tmp_path / "own"
    assert doubled(np.arange(2, dtype=np.uint8)).tolist() == [0, 2]
    assert list(folder.rglob("*.nbc"))
    assert str(tmp_path / "own") == store.numba.config.CACHE_DIR


def test_where_nothing_can_be_stored_loops_are_compiled_in_memory(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "file"))
    assert folder_of_compiled() is None
    assert doubled(np.arange(2, dtype=np.uint8)).tolist() == [0, 2]
    assert not list(tmp_path.rglob("*.nb?"))


def test_other_code_is_stored_elsewhere(monkeypatch):
    first = folder_of_compiled()
    folder_of_compiled.cache_clear()
    monkeypatch.setattr(store.numba, "__version__", "another")
    assert folder_of_compiled() != first


def test_who_starts_at_the_same_time_waits_and_compiles_nothing():
    inside, order = threading.Event(), []

    def first():
        with compiling("some"):
            inside.set()
            second.join(0.2)
            order.append("first")

    def wait():
        inside.wait()
        with compiling("some"):
            order.append("second")

    second = threading.Thread(target=wait)
    # The second one waits until the first is inside; only a thread that was started can be joined.
    threads = [second, threading.Thread(target=first)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == ["first", "second"]


def test_what_takes_long_is_told_once(monkeypatch, caplog):
    monkeypatch.setattr(store, "_PATIENCE", 0.0)
    monkeypatch.setattr(store, "_told", threading.Event())
    with caplog.at_level(logging.WARNING, "augury"):
        for name in ("one", "two"):
            with compiling(name):
                assert store._told.wait(60)
        with compiling("one"):
            pass
    assert [record.getMessage() for record in caplog.records] == [
        "compiling loops for this processor, once"
    ]
