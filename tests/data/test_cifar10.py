import io
import pickle
import resource
import tarfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augury.data import cifar10, load_dataset
from augury.data.cifar10 import BATCHES, CLASSES
from augury.errors import DataError

PER_BATCH = 20


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(cifar10, "IMAGES_PER_BATCH", PER_BATCH)


@pytest.fixture
def images(generator):
    return generator.integers(0, 256, (6 * PER_BATCH, 3, 32, 32), dtype=np.uint8)


LABELS = np.arange(6 * PER_BATCH) * 7 % 10


def binary_files(images) -> dict[str, bytes]:
    records = np.concatenate([LABELS[:, None].astype(np.uint8), images.reshape(-1, 3072)], axis=1)
    parts = np.split(records, 6)
    return {f"{name}.bin": part.tobytes() for name, part in zip(BATCHES, parts, strict=True)}


def python_files(images, protocol: int = 2) -> dict[str, bytes]:
    """As the official files: pickles with byte strings for keys."""
    files = {}
    for number, name in enumerate(BATCHES):
        rows = slice(number * PER_BATCH, (number + 1) * PER_BATCH)
        batch = {
            b"batch_label": name.encode(),
            b"labels": [int(label) for label in LABELS[rows]],
            b"data": images[rows].reshape(-1, 3072),
            b"filenames": [b"leptodactylus_pentadactylus_s_000004.png"] * PER_BATCH,
        }
        files[name] = pickle.dumps(batch, protocol=protocol)
    return files


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def write_tar(path: Path, files: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in reversed(files.items()):  # their order in the archive is of no weight
            info = tarfile.TarInfo(f"cifar-10-batches/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def check(dataset, images) -> None:
    assert dataset.classes == CLASSES
    for part, rows in ((dataset.train, slice(0, 100)), (dataset.test, slice(100, None))):
        np.testing.assert_array_equal(part.images, images[rows])
        np.testing.assert_array_equal(part.labels, LABELS[rows])
        np.testing.assert_array_equal(part.ids, np.arange(6 * PER_BATCH)[rows])


def test_the_binary_and_the_python_version_are_the_same_data(tmp_path, images):
    write_folder(tmp_path / "a" / "cifar-10-batches-bin", binary_files(images))
    write_tar(tmp_path / "b" / "cifar-10-binary.tar.gz", binary_files(images))
    write_folder(tmp_path / "c" / "cifar10" / "cifar-10-batches-py", python_files(images))
    write_tar(tmp_path / "d" / "CIFAR-10" / "cifar-10-python.tar.gz", python_files(images))
    write_folder(tmp_path / "e", binary_files(images))
    prints = set()
    for place, kind in zip("abcde", ["binary"] * 2 + ["Python"] * 2 + ["binary"], strict=True):
        dataset = load_dataset("cifar10", data_dir=tmp_path / place)
        check(dataset, images)
        assert dataset.source == f"CIFAR-10 ({kind} version)"
        prints.add(dataset.fingerprint)
    assert len(prints) == 1


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_pickles_of_any_age(tmp_path, images, protocol):
    write_folder(tmp_path / "cifar-10-batches-py", python_files(images, protocol))
    check(load_dataset("cifar10", data_dir=tmp_path), images)


class Hostile:
    """When unpickled, creates the file it names."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self):
        return (Path.touch, (self.victim,))


class HostileEval(Hostile):
    def __reduce__(self):
        return (eval, (f"open({str(self.victim)!r}, 'w').close()",))


@pytest.mark.parametrize("kind", [Hostile, HostileEval])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_hostile_pickle_is_refused_and_nothing_of_it_executed(tmp_path, images, kind, protocol):
    victim = tmp_path / "victim"
    content = pickle.dumps({b"data": kind(victim), b"labels": []}, protocol=protocol)
    pickle.loads(content)
    assert victim.exists(), "the attack must work where nothing defends"
    victim.unlink()
    write_folder(
        tmp_path / "cifar-10-batches-py", {**python_files(images), "data_batch_2": content}
    )
    with pytest.raises(DataError, match=r"data_batch_2 is not a batch .*refused: it asks for"):
        load_dataset("cifar10", data_dir=tmp_path)
    assert not victim.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle at all",
        pickle.dumps([1, 2, 3]),
        pickle.dumps({b"labels": []}),
        pickle.dumps({b"data": 3, b"labels": []}),
        pickle.dumps({b"data": np.zeros(3), b"labels": [0] * PER_BATCH}),
        pickle.dumps({b"data": np.array([None]), b"labels": [0] * PER_BATCH}),
        pickle.dumps({b"data": np.zeros((PER_BATCH, 3072), np.uint8), b"labels": [0]}),
        pickle.dumps({b"data": np.zeros((PER_BATCH, 3072), np.uint8), b"labels": [10] * PER_BATCH}),
        pickle.dumps({b"data": np.zeros((PER_BATCH, 3071), np.uint8), b"labels": [0] * PER_BATCH}),
        pickle.dumps(OrderedDict()),
        pickle.dumps({b"data": np.zeros((PER_BATCH, 3072), np.uint8)})[:-20],
    ],
)
def test_pickles_that_are_no_batch(tmp_path, images, content):
    write_folder(tmp_path / "cifar-10-batches-py", {**python_files(images), "test_batch": content})
    with pytest.raises(DataError, match="test_batch") as error:
        load_dataset("cifar10", data_dir=tmp_path)
    assert "\n" not in str(error.value)


def python_2_pickle(images: np.ndarray, labels: list[int], protocol: int) -> bytes:
    """A batch as Python 2 and its NumPy wrote them: the official files have protocol 2.

    Written by hand from the list of instructions in Python's pickletools.
    """

    def text(value: bytes) -> bytes:
        if protocol == 0:
            return b"S" + repr(value)[1:].encode() + b"\n"
        return b"U" + bytes([len(value)]) + value if len(value) < 256 else (
            b"T" + len(value).to_bytes(4, "little") + value
        )  # fmt: skip

    def number(value: int) -> bytes:
        return (
            b"I%d\n" % value if protocol == 0 else b"J" + value.to_bytes(4, "little", signed=True)
        )

    kind = b"cnumpy\ndtype\np4\n(" + text(b"u1") + number(0) + number(1) + b"tRp5\n"
    kind += b"(" + number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n("
    array += number(0) + b"t" + text(b"b") + b"tR("
    array += number(1) + b"(" + number(len(images)) + number(3072) + b"t" + kind
    array += b"I00\n" + text(images.tobytes()) + b"tb"
    listed = b"(l" + b"".join(number(label) + b"a" for label in labels)
    start = b"" if protocol == 0 else b"\x80\x02"
    return start + b"(dp1\n" + text(b"data") + array + b"s" + text(b"labels") + listed + b"s."


@pytest.mark.parametrize("protocol", [0, 2])
def test_pickles_of_python_2(tmp_path, images, protocol):
    files = {}
    for number, name in enumerate(BATCHES):
        rows = slice(number * PER_BATCH, (number + 1) * PER_BATCH)
        files[name] = python_2_pickle(images[rows], LABELS[rows].tolist(), protocol)
    ours = pickle.loads(files["test_batch"], encoding="bytes")  # as Python reads it
    np.testing.assert_array_equal(ours[b"data"], images[100:].reshape(-1, 3072))
    write_folder(tmp_path / "cifar-10-batches-py", files)
    check(load_dataset("cifar10", data_dir=tmp_path), images)


def long_binput(number: int) -> bytes:
    return b"]r" + number.to_bytes(4, "little") + b"."


def nested_key(depth: int) -> bytes:
    return b"})" + b"\x85" * depth + b"Ns."


GREEDY = {
    "memo": (long_binput(2**32 - 1), "no data and labels"),  # 5 GB in Python's unpickler
    "memo-text": (b"]p999999999999999\n.", "no data and labels"),
    "bytearray": (b"\x80\x05\x96" + (2**62).to_bytes(8, "little") + b".", "instruction"),
    "bytes": (b"B" + b"\xff" * 4 + b"x.", "cut short"),
    "bytes8": (b"\x8e" + (2**62).to_bytes(8, "little") + b"x.", "cut short"),
    "text8": (b"\x8d" + b"\xff" * 8 + b"x.", "cut short"),
    "long": (b"\x8b\xff\xff\xff\x7f.", "instruction"),
    "digits": (b"I" + b"9" * 1_000_000 + b"\n.", "damaged"),
    "frame": (b"\x80\x04\x95" + b"\xff" * 8 + b"].", "no data and labels"),
    "steps": (b"}" * 1_100_000 + b".", "more than 1,000,000 instructions"),
    "nested-key": (nested_key(200_000), "a key that is no string"),  # overflows Python's stack
    "nested": (b"]" * 100_000 + b"a" * 99_999 + b".", "no data and labels"),
    "encoded": (
        b"X" + (1000).to_bytes(4, "little") + b"a" * 1000 + b"q\x00c_codecs\nencode\nq\x01("
        + b"h\x01h\x00\x85R" * 50_000 + b"l.",
        "more bytes than it has",
    ),
    "attributes": (b"c_codecs\nencode\n}U\x0c__defaults__)sb.", "damaged"),
    "extension": (b"\x84" + b"\xff" * 4 + b".", "instruction"),
    "persistent": (b"Pwhatever\n.", "instruction"),
}  # fmt: skip


@pytest.mark.parametrize("name", GREEDY)
def test_a_pickle_takes_no_more_memory_than_its_size_allows(tmp_path, images, name):
    content, told = GREEDY[name]
    files = {**python_files(images), "data_batch_2": content}
    write_folder(tmp_path / "cifar-10-batches-py", files)
    before = peak_memory()
    with pytest.raises(DataError, match="data_batch_2 is not a batch") as error:
        load_dataset("cifar10", data_dir=tmp_path)
    assert told in str(error.value)
    assert len(str(error.value)) < 500 + len(str(tmp_path))
    assert peak_memory() - before < 300_000_000


def peak_memory() -> int:
    """The most bytes that this process has held since it began."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_labels_that_only_seem_to_be_few(tmp_path, images):
    """100 bytes that NumPy would make 10^15 numbers of."""
    data = python_2_pickle(images[:PER_BATCH], [], 2)
    levels = b"]K\x00aq\x64"
    for level in range(101, 116):
        levels = b"](" + levels + b"h%c" % (level - 1) * 9 + b"eq%c" % level
    content = data.removesuffix(b"(ls.") + levels + b"s."
    write_folder(tmp_path / "cifar-10-batches-py", {**python_files(images), "test_batch": content})
    with pytest.raises(DataError, match=r"test_batch: needs 20 labels in 0..9"):
        load_dataset("cifar10", data_dir=tmp_path)


def test_a_module_name_reaches_the_terminal_without_its_codes(tmp_path, images):
    """Escapes, a bidi mark, a window title; and a name of a million letters."""
    evil = "os\x1b[2J\x1b]0;title\x07\u202e\r"
    named = [f"c{evil}\nsystem\n.".encode(), b"c" + b"a" * 1_000_000 + b"\nb\n."]
    told = []
    for number, content in enumerate(named):
        files = {**python_files(images), "data_batch_1": content}
        write_folder(tmp_path / str(number) / "cifar-10-batches-py", files)
        with pytest.raises(DataError, match="refused: it asks for ") as error:
            load_dataset("cifar10", data_dir=tmp_path / str(number))
        told.append(str(error.value))
        assert told[-1].isprintable()
        assert len(told[-1]) < 400 + len(str(tmp_path))
    assert "asks for os\\x1b[2J\\x1b]0;title\\x07\\u202e\\x0d.system" in told[0]


def test_a_batch_of_a_terabyte_is_not_read(tmp_path, images):
    for form, files in (("py", python_files(images)), ("bin", binary_files(images))):
        folder = tmp_path / form / f"cifar-10-batches-{form}"
        write_folder(folder, files)
        with (folder / list(files)[2]).open("r+b") as file:
            file.truncate(1 << 40)
        with pytest.raises(DataError, match=r"data_batch_3\S*: larger than 200 MB"):
            load_dataset("cifar10", data_dir=tmp_path / form)


def test_damaged_binary_files(tmp_path, images):
    files = binary_files(images)
    write_folder(tmp_path / "short", {**files, "data_batch_3.bin": files["data_batch_3.bin"][:-1]})
    with pytest.raises(DataError, match=r"data_batch_3.bin must hold 61,460 bytes, holds 61,459"):
        load_dataset("cifar10", data_dir=tmp_path / "short")
    write_folder(tmp_path / "label", {**files, "test_batch.bin": bytes([10]) * 61460})
    with pytest.raises(DataError, match=r"test_batch.bin: needs 20 labels in 0..9"):
        load_dataset("cifar10", data_dir=tmp_path / "label")
    del files["data_batch_4.bin"]
    write_folder(tmp_path / "missing", files)
    with pytest.raises(DataError, match=r"data_batch_4.bin"):
        load_dataset("cifar10", data_dir=tmp_path / "missing")
    write_tar(tmp_path / "tar" / "cifar-10-binary.tar.gz", files)
    with pytest.raises(DataError, match=r"data_batch_4.bin is missing"):
        load_dataset("cifar10", data_dir=tmp_path / "tar")
    whole = (tmp_path / "tar" / "cifar-10-binary.tar.gz").read_bytes()
    (tmp_path / "tar" / "cifar-10-binary.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cifar-10-binary.tar.gz: data_batch_3.bin cannot be read"):
        load_dataset("cifar10", data_dir=tmp_path / "tar")


def image_files(suffix: str) -> dict[str, bytes]:
    files = {}
    for part, count in (("train", 2), ("test", 1)):
        for label, name in enumerate(CLASSES):
            for number in range(count):
                out = io.BytesIO()
                Image.new("RGB", (32, 32), (10 * label, number, 0)).save(out, suffix)
                files[f"{part}/{name}/{number:04}.{suffix}"] = out.getvalue()
    return files


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_image_versions(tmp_path, form):
    files = image_files("png")
    if form == "folder":
        for name, content in files.items():
            (tmp_path / "cifar10" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "cifar10" / name).write_bytes(content)
    else:
        with tarfile.open(tmp_path / "cifar10-png.tar.xz", "w:xz") as archive:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    dataset = load_dataset("cifar10", data_dir=tmp_path)
    assert (dataset.name, dataset.source) == ("cifar10", "CIFAR-10 (PNG)")
    assert dataset.classes == CLASSES
    np.testing.assert_array_equal(dataset.train.labels, np.repeat(np.arange(10), 2))
    np.testing.assert_array_equal(dataset.train.images[:, 0, 0, 0], 10 * dataset.train.labels)
    np.testing.assert_array_equal(dataset.test.ids, np.arange(20, 30))


def test_other_classes_are_not_cifar10(tmp_path, write_image):
    for name in ("airplane", "zebra"):
        for part in ("train", "test"):
            write_image(tmp_path / "cifar10" / part / name / "0.png", (1, 2, 3))
    with pytest.raises(DataError, match=r"not CIFAR-10, whose classes are airplane"):
        load_dataset("cifar10", data_dir=tmp_path)


def test_another_size_is_said_aloud(tmp_path, images):
    write_folder(tmp_path / "cifar-10-batches-bin", binary_files(images))
    dataset = load_dataset("cifar10", data_dir=tmp_path, image_size=16)
    assert dataset.image_size == 16
    assert dataset.notes == ("32×32 resized bilinearly to 16×16",)
    # Bilinear shrinking keeps the mean of what it shrinks.
    means = [d.mean() for d in (dataset.train.images, images[:100])]
    assert means[0] == pytest.approx(means[1], abs=1)


@pytest.mark.real_data
def test_the_real_images(real_data, cache_folder, monkeypatch):
    monkeypatch.setattr(cifar10, "IMAGES_PER_BATCH", 10_000)
    # The whole run's cache, as decoding CIFAR-10 takes a while.
    monkeypatch.setenv("AUGURY_CACHE", str(cache_folder))
    dataset = load_dataset("cifar10", data_dir=real_data)
    assert dataset.source.startswith("CIFAR-10 (")
    assert dataset.train.images.shape == (50000, 3, 32, 32)
    assert dataset.test.images.shape == (10000, 3, 32, 32)
    assert dataset.set_aside == ()
    np.testing.assert_array_equal(np.bincount(dataset.train.labels), [5000] * 10)
    np.testing.assert_array_equal(np.bincount(dataset.test.labels), [1000] * 10)
    np.testing.assert_array_equal(dataset.train.ids, np.arange(50000))
    np.testing.assert_array_equal(dataset.test.ids, np.arange(50000, 60000))
    # The channel means that are commonly used to normalize CIFAR-10; JPEG moves them a little.
    means = dataset.train.images.mean(axis=(0, 2, 3)) / 255
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=2e-3)
