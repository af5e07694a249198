import gzip
import struct

import numpy as np
import pytest

from augury.data import load_dataset, search
from augury.data.fashion_mnist import FILES, read_idx
from augury.errors import DataError


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def arrays(generator):
    return {
        "train-images-idx3-ubyte": generator.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte": (np.arange(30) % 10).astype(np.uint8),
        "t10k-images-idx3-ubyte": generator.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "t10k-labels-idx1-ubyte": (np.arange(20) % 10).astype(np.uint8),
    }


@pytest.fixture
def folder(tmp_path, arrays):
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    for number, (name, array) in enumerate(arrays.items()):
        if number % 2:  # both forms are met in practice
            (folder / name).write_bytes(idx(array))
        else:
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
    return folder


def test_images_are_padded_and_in_their_order(folder, arrays):
    dataset = load_dataset("fashion-mnist", data_dir=folder)
    assert dataset.train.images.shape == (30, 1, 32, 32)
    for part, name in ((dataset.train, "train"), (dataset.test, "t10k")):
        inner = part.images[:, 0, 2:-2, 2:-2]
        np.testing.assert_array_equal(inner, arrays[f"{name}-images-idx3-ubyte"])
        assert part.images.sum() == inner.sum()
        np.testing.assert_array_equal(part.labels, arrays[f"{name}-labels-idx1-ubyte"])
    np.testing.assert_array_equal(dataset.train.ids, np.arange(30))
    np.testing.assert_array_equal(dataset.test.ids, np.arange(30, 50))
    assert dataset.classes[9] == "Ankle boot"
    assert dataset.notes == ("28×28 padded with black to 32×32",)
    assert dataset.validation is None


def test_other_sizes(folder, arrays):
    kept = load_dataset("fashion-mnist", data_dir=folder, image_size=28)
    np.testing.assert_array_equal(kept.train.images[:, 0], arrays["train-images-idx3-ubyte"])
    assert kept.notes == ()
    half = load_dataset("fashion-mnist", data_dir=folder, image_size=14)
    assert half.train.images.shape == (30, 1, 14, 14)
    assert half.notes == ("28×28 resized bilinearly to 14×14",)


def test_search_order(folder, tmp_path, monkeypatch):
    """The folder given, then AUGURY_DATA, then the user's downloads, then the system's."""
    places = {
        "given": tmp_path / "given",
        "variable": tmp_path / "variable",
        "downloads": tmp_path / "cache" / "downloads",
        "system": search.SYSTEM_FOLDER,
    }
    layouts = ("FashionMNIST/raw", "", "fashion-mnist", "fashion-mnist")
    for number, (place, layout) in enumerate(zip(places.values(), layouts, strict=True)):
        target = place / layout
        target.mkdir(parents=True)
        for file in folder.iterdir():
            (target / file.name).write_bytes(file.read_bytes())
        # Tells the places apart by the corner of their first image.
        images = np.full((10, 28, 28), number, np.uint8)
        (target / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (target / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(10, dtype=np.uint8)))
    monkeypatch.setenv("AUGURY_DATA", str(places["variable"]))

    def found(data_dir=None):
        return int(load_dataset("fashion-mnist", data_dir=data_dir).test.images.max())

    assert found(places["given"]) == 0
    assert found() == 1
    monkeypatch.delenv("AUGURY_DATA")
    assert found() == 2
    for file in (places["downloads"] / "fashion-mnist").iterdir():
        file.unlink()
    assert found() == 3


def test_a_data_folder_that_is_missing(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"data folder is not a folder: .*/nowhere"):
        load_dataset("fashion-mnist", data_dir=tmp_path / "nowhere")
    monkeypatch.setenv("AUGURY_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="AUGURY_DATA is not a folder"):
        load_dataset("fashion-mnist")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"\x00\x00\x08\x01\x00\x00", "not an IDX file"),
        (b"\x00\x00\x08\x03\x00\x00", "inside its header"),
        (struct.pack(">HBB3I", 0, 8, 3, 2, 2, 2) + bytes(7), "8 bytes of data .* holds 7"),
        (struct.pack(">HBB3I", 0, 8, 3, 2, 2, 2) + bytes(9), "8 bytes of data .* holds 9"),
        (struct.pack(">HBB3I", 0, 13, 3, 2, 2, 2) + bytes(32), "not an IDX file"),
        (gzip.compress(bytes(100), mtime=0)[:-10], "cannot be read"),
        (b"\x1f\x8bnonsense", "cannot be read"),
    ],
)
def test_damaged_files_are_named(tmp_path, content, message):
    file = tmp_path / "train-images-idx3-ubyte.gz"
    file.write_bytes(content)
    with pytest.raises(DataError, match=f"{file.name}: .*{message}") as error:
        read_idx(file, 3)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (FILES[0], np.zeros((30, 27, 28), np.uint8), "must be 28×28, found 27×28"),
        (FILES[1], np.zeros(29, np.uint8), "29 labels for 30 images"),
        (FILES[1], np.full(30, 10, np.uint8), "must be 0..9"),
    ],
)
def test_files_that_do_not_fit(folder, name, array, message):
    for old in folder.glob(f"{name}*"):
        old.unlink()
    (folder / name).write_bytes(idx(array))
    with pytest.raises(DataError, match=message):
        load_dataset("fashion-mnist", data_dir=folder)


@pytest.mark.real_data
def test_the_real_files(real_data):
    dataset = load_dataset("fashion-mnist", data_dir=real_data)
    assert dataset.train.images.shape == (60000, 1, 32, 32)
    assert dataset.test.images.shape == (10000, 1, 32, 32)
    np.testing.assert_array_equal(np.bincount(dataset.train.labels), [6000] * 10)
    np.testing.assert_array_equal(np.bincount(dataset.test.labels), [1000] * 10)
    # The mean and deviation that are commonly used to normalize the 28×28 training images.
    pixels = dataset.train.images[:, :, 2:-2, 2:-2] / np.float32(255)
    assert pixels.mean() == pytest.approx(0.2860, abs=1e-4)
    assert pixels.std() == pytest.approx(0.3530, abs=1e-4)
    assert dataset.classes[dataset.train.labels[0]] == "Ankle boot"
