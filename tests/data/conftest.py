"""What the tests of the data package share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augury.data import search

WriteImage = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_data_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has an empty cache of its own and finds no data that the machine may have."""
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AUGURY_DATA", raising=False)
    monkeypatch.setattr(search, "SYSTEM_FOLDER", tmp_path / "system")


@pytest.fixture
def write_image() -> WriteImage:
    """Writes a plain image: (path, color, size) -> path; color a gray value or an RGB triple."""

    def write(path: Path, color: int | tuple[int, int, int], size=(12, 12)) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L" if isinstance(color, int) else "RGB", size, color).save(path)
        return path

    return write


@pytest.fixture
def animals(tmp_path: Path, write_image: WriteImage) -> Path:
    """A folder with parts, 12×12 gray: train 3 + 2 images, test 1 + 1, each of its own value."""
    folder = tmp_path / "animals"
    values = {
        "train/cat/0.png": 10,
        "train/cat/1.png": 20,
        "train/cat/2.png": 30,
        "train/dog/0.png": 40,
        "train/dog/1.png": 50,
        "test/cat/0.png": 60,
        "test/dog/0.png": 70,
    }
    for name, value in values.items():
        write_image(folder / name, value)
    return folder


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)
