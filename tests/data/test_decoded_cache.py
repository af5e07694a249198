import errno
import io
import os
import shutil
import signal
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augury.data import Dataset, SetAside, Split, cache_folder, load_dataset
from augury.data.cache import cached
from augury.data.folders import image_folder
from augury.errors import DiskError


def dataset_of(seed: int = 0, **changes) -> Dataset:
    generator = np.random.default_rng(seed)

    def part(n, first):
        images = generator.integers(0, 256, (n, 3, 8, 8), dtype=np.uint8)
        return Split(images, np.arange(n) % 2, np.arange(first, first + n))

    fields = {
        "name": "made",
        "classes": ("a", "b"),
        "train": part(10, 0),
        "validation": part(4, 10),
        "test": part(6, 14),
        "fingerprint": "",
        "source": "nowhere",
        "notes": ("said aloud",),
        "set_aside": (SetAside("a/1.png", "broken"),),
    }
    return Dataset(**{**fields, **changes})


def store(dataset: Dataset, name: str = "made", state: int = 0) -> Dataset:
    return cached(name, {"from": "here"}, {"state": state}, lambda _: dataset)


def decoded_entries() -> list[Path]:
    return [p for p in (cache_folder() / "decoded").iterdir() if p.suffix != ".lock"]


def test_where_the_cache_is(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("AUGURY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().name == "augury"
    monkeypatch.setenv("AUGURY_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"


def test_what_is_stored_comes_back():
    made = dataset_of()
    back = store(made)
    for name in ("train", "validation", "test"):
        for array in ("images", "labels", "ids"):
            stored, expected = (
                getattr(getattr(back, name), array),
                getattr(getattr(made, name), array),
            )
            np.testing.assert_array_equal(stored, expected)
            assert stored.dtype == expected.dtype
    for name in ("name", "classes", "source", "notes", "set_aside"):
        assert getattr(back, name) == getattr(made, name)
    assert not back.train.images.flags.writeable  # it is a map of the file


def test_the_second_time_nothing_is_decoded():
    first = store(dataset_of())
    second = cached("made", {"from": "here"}, {"state": 0}, lambda _: pytest.fail("decoded"))
    assert second.fingerprint == first.fingerprint
    assert second.train.images.tobytes() == first.train.images.tobytes()


def test_the_fingerprint_covers_what_a_study_sees():
    made = dataset_of()

    def changed_part(name, **arrays):
        part = getattr(made, name)
        arrays = {"images": part.images, "labels": part.labels, "ids": part.ids, **arrays}
        return dataset_of(**{name: Split(**arrays)})

    one_pixel = made.test.images.copy()
    one_pixel[5, 2, 7, 7] ^= 1
    variants = [
        made,
        changed_part("test", images=one_pixel),
        changed_part("train", labels=1 - made.train.labels),
        changed_part("train", ids=made.train.ids[::-1]),
        dataset_of(classes=("a", "c")),
        dataset_of(validation=None),
        dataset_of(train=made.train.take(slice(0, 9)), validation=None),
    ]
    prints = [store(variant, f"variant{n}").fingerprint for n, variant in enumerate(variants)]
    assert len(set(prints)) == len(variants)
    same = dataset_of(source="elsewhere", notes=(), set_aside=(), name="other")
    assert store(same, "same").fingerprint == prints[0]
    assert len(prints[0]) == 64


def test_a_changed_source_is_decoded_anew_and_the_old_entry_goes():
    old = store(dataset_of(0), state=0)
    new = store(dataset_of(1), state=1)
    assert new.fingerprint != old.fingerprint
    assert len(decoded_entries()) == 1
    np.testing.assert_array_equal(old.train.images, dataset_of(0).train.images)  # still mapped


def test_a_change_to_any_file_of_a_folder_is_seen(animals, write_image):
    def fingerprint():
        return load_dataset(str(animals)).fingerprint

    prints = [fingerprint()]
    file = animals / "train/cat/0.png"
    stamp = file.stat().st_mtime_ns
    write_image(file, 99)
    os.utime(file, ns=(stamp, stamp + 1))  # a rewrite within the clock's tick, of equal size
    prints.append(fingerprint())
    write_image(animals / "train/cat/7.png", 1)
    prints.append(fingerprint())
    (animals / "train/cat/7.png").rename(animals / "train/cat/8.png")
    assert fingerprint() == prints[-1]  # the same pixels in the same order
    (animals / "train/cat/8.png").unlink()
    assert fingerprint() == prints[1]
    write_image(file, 10)
    assert fingerprint() == prints[0]
    assert len(set(prints)) == 3


def swap(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def swap_contents(one: Path, other: Path) -> None:
    """Write each file's content into the other, and set the times back."""
    contents, times = one.read_bytes(), one.stat().st_mtime_ns
    one.write_bytes(other.read_bytes())
    other.write_bytes(contents)
    for file in (one, other):
        os.utime(file, ns=(times, times))


@pytest.mark.parametrize("how", ["files", "folders", "contents", "links"])
def test_relabelled_images_are_seen_though_size_and_time_are_equal(tmp_path, write_image, how):
    """As after an archive was unpacked that gives all its files one time."""
    folder, values = tmp_path / "insects", {"ant": 10, "bee": 200}
    files = []
    for name, value in values.items():
        for number in range(5):
            place = tmp_path / "outside" if how == "links" else folder
            file = write_image(place / name / f"{number}.bmp", value)
            os.utime(file, ns=(10**18, 10**18))
            files.append(file)
            if how == "links":
                (folder / name).mkdir(parents=True, exist_ok=True)
                (folder / name / file.name).symlink_to(file)
    assert len({file.stat().st_size for file in files}) == 1
    before = load_dataset(str(folder))
    change = swap_contents if how == "contents" else swap
    if how == "folders":
        change(folder / "ant", folder / "bee")
    else:
        for number in range(5):
            change(folder / "ant" / f"{number}.bmp", folder / "bee" / f"{number}.bmp")
    after = load_dataset(str(folder))
    for dataset, first in ((before, 10), (after, 200)):
        pixels = dataset.train.images[:, 0, 0, 0]
        assert set(pixels[dataset.train.labels == 0].tolist()) == {first}
    assert after.fingerprint != before.fingerprint


def test_another_archive_in_the_place_of_one_is_seen_though_size_and_time_are_equal(tmp_path):
    def pack(values: dict[str, int]) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, value in values.items():
                for number in range(3):
                    picture = io.BytesIO()
                    Image.new("L", (8, 8), value).save(picture, "BMP")
                    archive.writestr(zipfile.ZipInfo(f"{name}/{number}.bmp"), picture.getvalue())
        (tmp_path / "insects.zip").write_bytes(out.getvalue())
        os.utime(tmp_path / "insects.zip", ns=(10**18, 10**18))

    pack({"ant": 10, "bee": 200})
    before = load_dataset(str(tmp_path / "insects.zip"))
    pack({"ant": 200, "bee": 10})
    after = load_dataset(str(tmp_path / "insects.zip"))
    assert after.fingerprint != before.fingerprint
    assert set(after.train.images[after.train.labels == 0].ravel().tolist()) == {200}


def test_what_is_only_read_is_not_decoded_again(animals, monkeypatch):
    first = load_dataset(str(animals))
    monkeypatch.setattr(image_folder, "decode_folder", None)
    for file in animals.rglob("*.png"):
        file.read_bytes()
    assert load_dataset(str(animals)).fingerprint == first.fingerprint


@pytest.mark.parametrize("name", ["meta.json", "images.npy", "labels.npy", "ids.npy"])
@pytest.mark.parametrize("damage", ["cut", "gone", "empty"])
def test_a_damaged_entry_is_built_again(name, damage):
    first = store(dataset_of())
    file = decoded_entries()[0] / name
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    again = store(dataset_of())
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.train.images, dataset_of().train.images)


def full_disk(monkeypatch, number=errno.ENOSPC):
    def fail(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_full_disk_is_one_line_and_leaves_nothing_behind(monkeypatch, tmp_path, number):
    full_disk(monkeypatch, number)
    with pytest.raises(DiskError) as error:
        store(dataset_of())
    message = str(error.value)
    assert str(tmp_path / "cache") in message
    assert os.strerror(number) in message
    assert "\n" not in message
    assert decoded_entries() == []


def test_a_disk_that_fills_up_while_decoding(monkeypatch, animals):
    def fail(file, shape):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(image_folder, "allocate", fail)
    with pytest.raises(DiskError, match="No space left on device"):
        load_dataset(str(animals))
    assert decoded_entries() == []


def test_a_cache_folder_that_is_a_file(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "file"))
    with pytest.raises(DiskError, match=r"cannot write to .*/file"):
        store(dataset_of())


def test_an_interruption_leaves_nothing_behind():
    def interrupted(scratch):
        (scratch / "large").write_bytes(bytes(1000))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached("made", {"from": "here"}, {"state": 0}, interrupted)
    assert decoded_entries() == []


def test_what_a_killed_process_left_is_removed():
    store(dataset_of())
    entry = decoded_entries()[0]
    stem = entry.name.rpartition("-")[0]
    left = entry.with_name(f".{stem}.partial")
    (left / "scratch").mkdir(parents=True)
    (left / "scratch" / "junk").write_bytes(b"x")
    store(dataset_of(1), state=1)
    assert not left.exists()


def test_two_at_once_decode_once():
    calls = []

    def slow(_):
        calls.append(1)
        time.sleep(0.3)
        return dataset_of()

    prints = []

    def work():
        prints.append(cached("made", {"from": "here"}, {"state": 0}, slow).fingerprint)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(set(prints)) == 1
    assert len(prints) == 3


def test_two_builds_give_equal_bytes(animals, monkeypatch, tmp_path):
    contents = []
    for name in ("first", "second"):
        monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / name))
        load_dataset(str(animals))
        files = {p.name: p.read_bytes() for p in decoded_entries()[0].iterdir()}
        contents.append(files)
    assert contents[0] == contents[1]
    assert set(contents[0]) == {"images.npy", "labels.npy", "ids.npy", "meta.json"}


def precious(folder):
    """A folder with contents that an entry's writing or removing would show in."""
    (folder / "scratch").mkdir(parents=True)
    for name in ("images.npy", "notes.txt", "scratch/notes.txt"):
        (folder / name).write_bytes(b"precious")
    return folder


def contents(folder):
    return {str(p.relative_to(folder)): p.is_file() and p.read_bytes() for p in folder.rglob("*")}


@pytest.mark.parametrize("place", ["the entry", "the half-written one"])
def test_no_link_in_the_cache_is_followed(place, tmp_path):
    """As somebody may have left one where a cache is shared."""
    store(dataset_of())
    (entry,) = decoded_entries()
    shutil.rmtree(entry)
    stem = entry.name.rpartition("-")[0]
    link = entry if place == "the entry" else entry.with_name(f".{stem}.partial")
    victim = precious(tmp_path / "victim")
    before = contents(victim)
    link.symlink_to(victim)
    assert store(dataset_of()).fingerprint
    assert contents(victim) == before
    assert [path.name for path in decoded_entries()] == [entry.name]
    assert not entry.is_symlink()


def test_an_entry_is_not_read_through_a_link(tmp_path):
    expected = store(dataset_of()).fingerprint
    (entry,) = decoded_entries()
    entry.rename(tmp_path / "theirs")
    entry.symlink_to(tmp_path / "theirs")
    before = contents(tmp_path / "theirs")
    built = []
    cached("made", {"from": "here"}, {"state": 0}, lambda _: built.append(1) or dataset_of())
    assert built == [1]
    assert store(dataset_of()).fingerprint == expected
    assert contents(tmp_path / "theirs") == before


@pytest.mark.parametrize("name", ["meta.json", "images.npy", "labels.npy"])
def test_a_pipe_in_the_cache_hangs_nobody(name):
    store(dataset_of())
    (entry,) = decoded_entries()
    (entry / name).unlink()
    os.mkfifo(entry / name)

    def wake(number, frame):
        pytest.fail("waits for a pipe")

    before = signal.signal(signal.SIGALRM, wake)
    signal.alarm(20)
    try:
        assert store(dataset_of()).fingerprint
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert (entry / name).is_file()
