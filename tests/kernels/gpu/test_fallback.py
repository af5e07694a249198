"""Where kernels cannot be built, the plain path goes on and one line says so."""

import pytest
import torch

from augury.augment import Normal
from augury.kernels import on_gpu
from augury.kernels.stream import Stream
from helpers.registered import labeled_batch, run

STREAM = Stream((1, 2), 3, torch.arange(4))


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    monkeypatch.setattr(on_gpu, "_told", [])


def failing(monkeypatch, error):
    """Every tensor counts as one on a supported GPU; building a kernel raises `error`."""

    def build(*arguments):
        raise error

    monkeypatch.setattr(on_gpu, "supported", lambda tensor: True)
    pytest.importorskip("triton", reason="Triton comes with PyTorch's CUDA wheels only")
    monkeypatch.setattr("augury.kernels.gpu.philox.numbers", build)


def test_a_kernel_that_cannot_be_built_is_told_once(monkeypatch, caplog):
    failing(monkeypatch, RuntimeError("Failed to find C compiler"))
    assert on_gpu.draw(STREAM, 3, "bits") is None
    assert on_gpu.draw(STREAM, 3, "bits") is None
    assert len(caplog.records) == 1
    assert "could not be built (RuntimeError: Failed to find C compiler)" in caplog.text


def test_tritons_own_errors_count(monkeypatch, caplog):
    errors = pytest.importorskip("triton.runtime.errors")
    failing(monkeypatch, errors.OutOfResources(300, 200, "shared memory"))
    assert on_gpu.draw(STREAM, 3, "bits") is None
    assert "OutOfResources" in caplog.text


def test_a_full_memory_is_no_reason_to_fall_back(monkeypatch):
    failing(monkeypatch, torch.OutOfMemoryError("full"))
    with pytest.raises(torch.OutOfMemoryError):
        on_gpu.draw(STREAM, 3, "bits")


def test_a_missing_triton(monkeypatch, caplog):
    monkeypatch.setattr(on_gpu, "supported", lambda tensor: True)
    monkeypatch.setitem(__import__("sys").modules, "augury.kernels.gpu.philox", None)
    assert on_gpu.draw(STREAM, 3, "bytes") is None
    assert "ModuleNotFoundError" in caplog.text


def test_tensors_elsewhere_are_left_alone(caplog):
    assert on_gpu.draw(STREAM, 3, "bits") is None
    batch = labeled_batch((3, 8, 8), n=4)
    assert run(Normal(), batch).images.dtype == torch.float32
    assert "on the GPU" not in caplog.text
