"""Data sets of Python objects: arrays, map-style data sets, Hugging Face's, and functions."""

import os
import re
import shutil
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import IterableDataset, TensorDataset

from augury.data import (
    data_title,
    file_names,
    from_arrays,
    from_hugging_face,
    from_torch,
    load_dataset,
    named_sources,
    own_dataset,
    whole_location,
)
from augury.errors import DataError, InputError
from augury.own import trust
from augury.own.kinds import DATASET
from augury.own.trust import confirm, point_to


@pytest.fixture
def gray(generator):
    """60 gray images of 10×10, and labels 0..2 in turns."""
    return generator.integers(0, 256, (60, 10, 10), dtype=np.uint8), np.arange(60) % 3


def every_image(dataset):
    parts = [p for p in (dataset.train, dataset.validation, dataset.test) if p is not None]
    order = np.argsort(np.concatenate([part.ids for part in parts]))
    return (
        np.concatenate([part.images for part in parts])[order],
        np.concatenate([part.labels for part in parts])[order],
    )


def test_arrays_keep_their_pixels_labels_and_order(gray):
    images, labels = gray
    dataset = from_arrays(images, labels, name="made")
    found, found_labels = every_image(dataset)
    assert np.array_equal(found, images[:, None])
    assert np.array_equal(found_labels, labels)
    assert (dataset.name, dataset.classes) == ("made", ("0", "1", "2"))
    assert dataset.notes == ("no test part: 20% held out, stratified, with seed 0",)
    assert dataset.validation is None
    # 20 images a class, of which a fifth is held out.
    assert np.bincount(dataset.test.labels).tolist() == [4, 4, 4]
    assert len(np.unique(np.concatenate([dataset.train.ids, dataset.test.ids]))) == 60


def test_sixteen_bits_are_scaled_by_one_range(generator):
    """Of 12 bits, given as arrays, tensors and PIL images, with one image of 8 bits among them."""
    deep = generator.integers(0, 3000, (20, 10, 10), dtype=np.uint16)
    deep[7, 0, 0] = 4000
    labels = np.arange(20) % 2
    expected = np.rint(deep / 4095 * 255)[:, None]
    color = np.repeat(deep[..., None], 3, axis=-1)
    for given in (deep, torch.from_numpy(deep), [Image.fromarray(each) for each in deep], color):
        dataset = from_arrays(given, labels)
        found = every_image(dataset)[0]
        np.testing.assert_array_equal(found, np.broadcast_to(expected, found.shape))
        assert dataset.notes[:2] == (
            "20 of 20 images: 16 bits scaled to 8",
            "16-bit images use 12 bits: 0..4095 becomes 0..255 in all of them",
        )
    plain = generator.integers(0, 256, (10, 10), dtype=np.uint8)
    dataset = from_torch([(plain, 0), *zip(deep[1:], labels[1:].tolist(), strict=True)])
    np.testing.assert_array_equal(every_image(dataset)[0], [plain[None], *expected[1:]])


def test_every_layout_of_the_same_pixels_is_the_same_data_set(gray, generator):
    images, labels = gray
    colors = generator.integers(0, 256, (60, 10, 10, 3), dtype=np.uint8)
    fingerprints = {
        from_arrays(form, as_labels).fingerprint
        for form in (
            colors,
            colors.transpose(0, 3, 1, 2),
            torch.from_numpy(colors).permute(0, 3, 1, 2),
            list(colors),
            [Image.fromarray(image) for image in colors],
            colors / 255,
            (colors / 255).astype(np.float32),
            torch.from_numpy(colors / 255).float(),
        )
        for as_labels in (labels, labels.tolist(), torch.from_numpy(labels))
    }
    assert len(fingerprints) == 1
    forms = (images, images[:, None], images[..., None], torch.from_numpy(images))
    assert len({from_arrays(form, labels).fingerprint for form in forms}) == 1
    pairs = [(Image.fromarray(i), int(k)) for i, k in zip(images, labels, strict=True)]
    assert from_torch(pairs).fingerprint == from_arrays(images, labels).fingerprint
    rounded = from_arrays(colors / 255, labels)
    assert "60 of 60 images: floats in [0, 1] rounded to 8 bits" in rounded.notes


def write_file(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def test_parts_classes_and_sizes(generator, tmp_path):
    def part(n, size=(12, 16)):
        return generator.integers(0, 256, (n, *size), dtype=np.uint8), ["cat", "dog"] * (n // 2)

    train, validation, test = part(8), part(4), part(6)
    dataset = from_arrays(*train, validation=validation, test=test, image_size=8)
    assert [len(p) for p in (dataset.train, dataset.validation, dataset.test)] == [8, 4, 6]
    assert dataset.classes == ("cat", "dog")
    assert dataset.train.images.shape == (8, 1, 8, 8)
    assert dataset.test.ids.tolist() == [12, 13, 14, 15, 16, 17]
    assert dataset.notes == ("images of 16×12 cut to their center square and resized bilinearly "
                             "to 8×8",)  # fmt: skip
    # The same images as files of a folder have the same pixels.
    for i, (image, label) in enumerate(zip(*train, strict=True)):
        write_file(tmp_path / "folder" / label / f"{i}.png", image)
    folder = load_dataset(str(tmp_path / "folder"), image_size=8)
    by_class = np.argsort(np.array(train[1]), kind="stable")
    assert np.array_equal(every_image(folder)[0], dataset.train.images[by_class])
    mixed = [*train[0], *part(2, (20, 20))[0]]
    dataset = from_arrays(mixed, ["cat", "dog"] * 5)
    assert dataset.image_size == 64
    gray_and_color = [*part(4, (9, 9))[0], *generator.integers(0, 9, (4, 9, 9, 3), dtype=np.uint8)]
    dataset = from_arrays(gray_and_color * 4, [0, 1] * 16)
    assert (dataset.channels, dataset.image_size) == (3, 9)
    named = from_arrays(*part(10)[:1], [0, 1] * 5, classes=["no", "yes"])
    assert named.classes == ("no", "yes")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 1] * 29}, "arrays: train: 60 images, and 58 labels"),
        ({"labels": [0] * 60}, "only one class, '0'; at least 2 are needed"),
        ({"labels": np.eye(60)}, r"labels must have shape \(N,\), .* got \(60, 60\)"),
        ({"labels": [0.5] * 60}, r"train\[0\]: its label must be a whole number .* float 0.5"),
        ({"labels": [None] * 60}, "whole number or a name, got NoneType"),
        ({"labels": [0, "a"] * 30}, "labels must be all numbers or all names"),
        ({"labels": "cat"}, "labels must be an array, tensor or list, got str"),
        ({"images": np.zeros((60, 100), np.uint8)}, r"images must have shape .*, got \(60, 100\)"),
        ({"images": np.zeros((60, 9, 9, 4), np.uint8)}, r"train\[0\]: must have shape .*9, 4\)"),
        ({"images": np.zeros((60, 9, 9), np.int64)}, "must be uint8, or floats .*, got int64"),
        ({"images": np.full((60, 9, 9), np.nan)}, r"train\[0\]: has values that are NaN"),
        ({"images": np.full((60, 9, 9), 1.5)}, r"floats must lie in \[0, 1\], got 0..1.5"),
        ({"images": np.full((60, 9, 9), -0.5)}, "before they are normalized"),
        ({"images": np.zeros((0, 9, 9), np.uint8), "labels": []}, "train: has no images"),
        ({"images": ["a.png"] * 60}, "must be a PIL image, an array or a tensor, got str"),
        ({"test": (np.zeros((4, 9, 9), np.uint8), [0] * 4)}, "class '1' has no images in its test"),
        ({"test": (np.zeros((4, 9, 9), np.uint8), [0, 1, 2, 3])}, "class '3' has no images in its"),
        ({"classes": ["a", "b"]}, r"labels must lie in 0..1, as there are 2 classes, got 2"),
        ({"classes": ["a", "b", "c", "d"]}, "class 'd' has no images in its train part"),
        ({"classes": ["a", "a"]}, "each must have a name of its own"),
        ({"name": "a/b"}, "name: must be at most 100 printable bytes without a slash"),
        ({"image_size": 4}, "image size must lie in 8..1024 pixels, got 4"),
        ({"labels": [0, 1] * 29 + [2, 1]}, "each class needs at least 2 images"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(change, message, gray):
    given = {"images": gray[0], "labels": gray[1], **change}
    with pytest.raises(InputError, match=message) as caught:
        from_arrays(**given)
    assert "\n" not in str(caught.value)
    assert not list((_kept_folder()).glob("*")) or change.get("test") is None


def _kept_folder():
    from augury.data import cache_folder

    return cache_folder() / "kept"


class Shapes:
    """A map-style data set; some of its files are damaged."""

    classes = ["round", "square", "never"]  # noqa: RUF012 - as torchvision has it

    def __init__(self, n=30, damaged=()):
        self.n, self.damaged = n, damaged

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i in self.damaged:
            raise OSError("image file is truncated")
        if i >= self.n:
            raise IndexError(i)
        image = np.full((9, 9, 3), i, np.uint8)
        return Image.fromarray(image), torch.tensor(i % 2)


def test_map_style_data_sets():
    dataset = from_torch(Shapes(), test=Shapes(4))
    assert dataset.name == "Shapes"
    assert dataset.classes == ("round", "square")
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(30))
    tensors = TensorDataset(torch.rand(20, 1, 9, 9), torch.arange(20) % 2)
    assert from_torch(tensors, name="noise").train.images.shape == (16, 1, 9, 9)
    subset = torch.utils.data.Subset(Shapes(), range(10))
    assert from_torch(subset).classes == ("round", "square")


def test_damaged_files_are_set_aside():
    dataset = from_torch(Shapes(damaged=(0, 17)), test=Shapes(4))
    told = [(each.path, each.reason) for each in dataset.set_aside]
    assert told == [(f"train[{i}]", "cannot be read: image file is truncated") for i in (0, 17)]
    assert 17 not in dataset.train.ids
    assert dataset.train.images[:, 0, 0, 0].tolist() == [i for i in range(30) if i not in (0, 17)]
    with pytest.raises(DataError, match="no images in its train part; 15 images are set aside"):
        from_torch(Shapes(damaged=range(0, 30, 2)), test=Shapes(4))
    with pytest.raises(DataError, match=r"no image can be read, train\[0\]: cannot be read"):
        from_torch(Shapes(4, damaged=range(4)))


class Stream(IterableDataset):
    def __iter__(self):
        yield from Shapes()


class Failing(Shapes):
    def __getitem__(self, i):
        raise KeyError("no such column")


class Flipping(Shapes):
    """Has a random transform."""

    draws = np.random.default_rng(0)

    def __getitem__(self, i):
        image = np.arange(81, dtype=np.uint8).reshape(9, 9)
        return image[:, :: self.draws.choice((1, -1))], i % 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Stream(), "must be a map-style data set, not an iterable one"),
        (Failing(), r"train\[0\]: KeyError: 'no such column'"),
        (Flipping(), "differs from call to call. Take random transforms out"),
        (3, "must be .images, labels., a map-style data set"),
        (np.zeros((9, 9, 9)), "got numpy.ndarray"),
        ([(1, 2, 3)] * 9, r"train\[0\]: must be \(image, label\), got 3 values"),
        ([Image.new("L", (9, 9))] * 9, r"must be \(image, label\), got Image"),
        ([(Image.new("F", (9, 9)), 0)] * 9, "a PIL image of mode F; give one of 8 or 16 bits"),
        ([(Image.new("I", (9, 9), -3), 0)] * 9, r"samples must lie in 0..65535, got -3..-3"),
        ([], "has no images"),
    ],
)
def test_data_sets_that_cannot_be_used(given, message):
    with pytest.raises(DataError, match=message) as caught:
        from_torch(given)
    assert "\n" not in str(caught.value)


class Feature:
    """In place of a type of Hugging Face's `datasets.features`."""

    def __init__(self, names=None):
        self.names = names


class Image_(Feature):
    pass


class ClassLabel(Feature):
    pass


Image_.__name__ = "Image"


class Rows:
    """What is used of `datasets.Dataset`: features, column_names, len(), rows by number."""

    builder_name = "beans"

    def __init__(self, n, **columns):
        self._n = n
        columns = columns or {"image": Image_(), "label": ClassLabel(["cat", "dog"])}
        self.features = {"id": Feature(), **columns}

    @property
    def column_names(self):
        return list(self.features)

    def __len__(self):
        return self._n

    def __getitem__(self, i):
        values = {"image": Image.new("RGB", (9, 9), (i, 0, 0)), "label": i % 2}
        return {"id": i} | {
            name: values["label" if isinstance(feature, ClassLabel) or "label" in name else "image"]
            for name, feature in self.features.items()
            if name != "id"
        }


def test_hugging_face_data_sets():
    dataset = from_hugging_face({"train": Rows(20), "validation": Rows(4), "test": Rows(6)})
    assert (dataset.name, dataset.classes) == ("beans", ("cat", "dog"))
    assert [len(p) for p in (dataset.train, dataset.validation, dataset.test)] == [20, 4, 6]
    assert dataset.train.images[:, 0, 4, 4].tolist() == list(range(20))
    alone = from_hugging_face(Rows(20, picture=Image_(), kind=ClassLabel(["a", "b"])), name="mine")
    assert (alone.name, alone.classes, len(alone.test)) == ("mine", ("a", "b"), 4)
    two = {"a": Image_(), "b": Image_(), "fine_label": ClassLabel(), "label": ClassLabel()}
    with pytest.raises(DataError, match=r"image column: none of type Image alone; there are id, a"):
        from_hugging_face(Rows(20, **two))
    chosen = from_hugging_face(Rows(20, **two), image="b", label="fine_label")
    assert chosen.classes == ("0", "1")
    with pytest.raises(DataError, match="unknown train: image column 'c'"):
        from_hugging_face(Rows(20), image="c")
    with pytest.raises(DataError, match=r"train: must be a datasets\.Dataset, got Shapes"):
        from_hugging_face(Shapes())
    assert data_title(own_dataset({"train": Rows(20), "test": Rows(4)})) == "beans"


def test_objects_are_kept_under_a_name_that_any_process_finds(gray):
    dataset = from_arrays(*gray, name="made")
    name = own_dataset(dataset)
    assert re.fullmatch("stored:made@[0-9a-f]{16}", name)
    assert own_dataset((gray[0][:, None], gray[1]), name="made") == name
    found = load_dataset(name)
    assert (found.fingerprint, found.name, found.notes) == (
        dataset.fingerprint,
        "made",
        dataset.notes,
    )
    assert (data_title(name), whole_location(name), file_names(name)) == ("made", name, {})
    larger = load_dataset(name, image_size=20)
    assert larger.image_size == 20
    assert larger.notes[-1] == "10×10 resized bilinearly to 20×20"
    renamed = own_dataset(dataset, name="other")
    assert load_dataset(renamed).name == "other"
    shutil.rmtree(_kept_folder())
    with pytest.raises(DataError, match=r"not in .*kept.* give the same object to augury.Study"):
        load_dataset(name)
    assert own_dataset((*gray,), name="made") == name
    for odd in ("stored:", "stored:../../etc@0", "stored:made@" + "0" * 16):
        with pytest.raises(DataError, match="It was given as an object"):
            load_dataset(odd)


MODULE = """
from pathlib import Path
import numpy as np

Path("imported").touch()

def make_data():
    labels = np.arange(40) % 2
    return np.random.default_rng(0).integers(0, 256, (40, 9, 9), dtype=np.uint8), labels

def parts():
    images, labels = make_data()
    return {"train": (images, labels), "val": (images[:8], labels[:8]),
            "Test": (images[:6], labels[:6]), "classes": ["cat", "dog"]}

class Three:
    def __init__(self):
        self.train = self.test = make_data()

def drawn():
    return np.random.randint(0, 256, (40, 9, 9)).astype(np.uint8), np.arange(40) % 2

def fails():
    raise RuntimeError("no file here")

def needs(path):
    return path

nothing = 3
twice = lambda: {"val": 1, "validation": 2}
odd = lambda: {"train": make_data(), "banana": make_data()}
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "data_of_mine.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trust, "_granted", set())
    yield "data_of_mine"
    sys.modules.pop("data_of_mine", None)


def test_a_function_is_asked_once_and_its_arrays_are_kept(module, tmp_path):
    with pytest.raises(InputError, match=r"not confirmed: data_of_mine\.py"):
        load_dataset(f"{module}:make_data")
    assert not (tmp_path / "imported").exists()
    point_to([f"{module}:make_data"], DATASET)
    first = load_dataset(f"{module}:make_data")
    assert (first.name, len(first.train), len(first.test)) == ("make_data", 32, 8)
    assert first.source == "data_of_mine:make_data (a function)"
    (tmp_path / "imported").unlink()
    sys.modules.pop(module)
    trust._granted.clear()  # another process: arrays are read, and no code is run
    assert load_dataset(f"{module}:make_data").fingerprint == first.fingerprint
    assert not (tmp_path / "imported").exists()
    (tmp_path / "data_of_mine.py").write_text(MODULE + "# changed\n")
    with pytest.raises(InputError, match="not confirmed"):
        load_dataset(f"{module}:make_data")
    confirm([f"{module}:make_data"], DATASET)
    assert load_dataset(f"{module}:make_data").fingerprint == first.fingerprint
    assert load_dataset(f"{module}:make_data", image_size=12).image_size == 12


def test_what_functions_may_give(module):
    point_to([f"{module}:make_data"], DATASET)
    dataset = load_dataset(f"{module}:parts")
    assert dataset.classes == ("cat", "dog")
    assert [len(p) for p in (dataset.train, dataset.validation, dataset.test)] == [40, 8, 6]
    assert len(load_dataset(f"{module}:Three").test) == 40
    drawn = load_dataset(f"{module}:drawn").fingerprint
    shutil.rmtree(os.environ["AUGURY_CACHE"])
    np.random.seed(5)
    assert load_dataset(f"{module}:drawn").fingerprint == drawn


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fails", "data_of_mine:fails: RuntimeError: no file here"),
        ("needs", "must be callable without arguments"),
        ("nothing", "must be a function without arguments"),
        ("missing", "the module has no 'missing'"),
        ("twice", "twice: 'validation' is given under two names"),
        ("odd", "'banana' is no part: train, validation or test"),
        ("np.zeros", "is not yours but of numpy"),
    ],
)
def test_functions_that_give_nothing_of_use(name, message, module):
    point_to([f"{module}:make_data"], DATASET)
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(f"{module}:{name}")
    assert "\n" not in str(caught.value)


def test_which_names_are_functions(module, tmp_path):
    (tmp_path / "a:b").mkdir()
    names = ["digits", "mine:make", "a:b", "x.y:Z.make", "photos/*:a", "photos:2020", "stored:x@0"]
    assert named_sources(names) == ["mine:make", "x.y:Z.make"]
    for name in ("os:listdir", "numpy:zeros", "sklearn.datasets:load_digits"):
        with pytest.raises(InputError, match="data sets"):
            point_to([name], DATASET)


def test_objects_that_can_be_imported_keep_their_name(module):
    point_to([f"{module}:make_data"], DATASET)
    load_dataset(f"{module}:make_data")
    made = sys.modules[module]
    trust._granted.clear()
    assert own_dataset(made.make_data) == "data_of_mine:make_data"
    assert trust.granted()
    local = own_dataset(lambda: made.make_data())
    assert local.startswith("stored:lambda@")
    assert load_dataset(local).fingerprint == load_dataset("data_of_mine:make_data").fingerprint
