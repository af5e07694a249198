"""Folders that change, forbid, or lead in circles; and what bad files do to the others."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from odd_images import encoded, plain_png
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app
from augury.data import load_dataset
from augury.data.folders import directory as folder_module
from augury.data.folders import image_folder
from augury.errors import DataError

NOBODY = 65534


def picture(number: int, side: int = 16) -> bytes:
    shape = (side, side, 3)
    return plain_png(np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8))


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Ten pictures in each of two classes."""
    for number in range(20):
        path = tmp_path / "pictures" / ("ant" if number < 10 else "bee") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    return tmp_path / "pictures"


def everything(dataset) -> dict[int, bytes]:
    return {
        int(id): image.tobytes()
        for part in (dataset.train, dataset.test)
        for id, image in zip(part.ids, part.images, strict=True)
    }


def test_files_that_are_no_images_by_name_change_nothing(pictures):
    before = load_dataset(str(pictures))
    (pictures / "ant" / "00.txt").write_text("notes")
    (pictures / "ant" / "00.gif").write_bytes(b"GIF89a")
    (pictures / "ant" / "00a.png").symlink_to("nowhere")
    os.mkfifo(pictures / "ant" / "00b.png")
    (pictures / "ant" / ".00.png").write_bytes(b"hidden")
    after = load_dataset(str(pictures))
    assert after.fingerprint == before.fingerprint
    assert len(after.set_aside) == 4


def test_a_bad_image_takes_a_number_and_has_no_other_say(pictures):
    before = everything(load_dataset(str(pictures)))
    (pictures / "ant" / "04a.png").write_bytes(picture(99)[:-30])
    after = everything(load_dataset(str(pictures)))
    assert after == {id + (id > 4): image for id, image in before.items()}


def test_a_picture_that_goes_bad_leaves_the_others_their_numbers(pictures):
    before = everything(load_dataset(str(pictures)))
    (pictures / "ant" / "04.png").write_bytes(picture(4)[:-30])
    after = everything(load_dataset(str(pictures)))
    assert after == {id: image for id, image in before.items() if id != 4}


@pytest.mark.parametrize("bad", [picture(99, 40)[:-30], b"", b"no image"])
def test_a_cut_picture_says_nothing_about_size_or_color(tmp_path, bad):
    for number in range(8):
        path = tmp_path / "grayscale" / ("ant" if number < 4 else "bee") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(Image.new("L", (20, 20), number), "PNG"))
    (tmp_path / "grayscale" / "ant" / "cut.png").write_bytes(bad)
    dataset = load_dataset(str(tmp_path / "grayscale"))
    assert dataset.train.images.shape[1:] == (1, 20, 20)
    assert dataset.source.endswith("(PNG)")
    assert len(dataset.train) + len(dataset.test) == 8
    assert {int(image.flat[0]) for image in dataset.train.images} | {
        int(image.flat[0]) for image in dataset.test.images
    } == set(range(8))


def test_the_part_held_out_is_a_fifth_of_what_can_be_read(pictures):
    for number in range(10):
        (pictures / "ant" / f"bad-{number}.png").write_bytes(picture(number)[:-30])
    dataset = load_dataset(str(pictures))
    np.testing.assert_array_equal(np.bincount(dataset.test.labels), [2, 2])
    np.testing.assert_array_equal(np.bincount(dataset.train.labels), [8, 8])


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(bytes(10_000_000))


def shrink(path: Path) -> None:
    os.truncate(path, 100)


CHANGES = {
    "grown": (grow, None),  # what was there when the folder was listed is read
    "shrunk": (shrink, "damaged: image file is truncated"),
    "emptied": (lambda path: os.truncate(path, 0), "an empty file"),
    "gone": (Path.unlink, "cannot be read (No such file or directory)"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read (Is a directory)"),
    "another picture": (lambda path: path.write_bytes(picture(4)), None),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("moment", ["read_headers", "decode_images"])
def test_a_file_that_changes_while_the_folder_is_read(
    pictures, tmp_path, monkeypatch, name, moment
):
    change, reason = CHANGES[name]
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    before = everything(load_dataset(str(pictures)))
    original = getattr(image_folder, moment)

    def changed_first(*arguments):
        if (pictures / "ant" / "04.png").is_file():
            change(pictures / "ant" / "04.png")
        return original(*arguments)

    shutil.rmtree(os.environ["AUGURY_CACHE"])
    monkeypatch.setattr(image_folder, moment, changed_first)
    dataset = load_dataset(str(pictures))
    kept = {id: image for id, image in before.items() if reason is None or id != 4}
    assert everything(dataset) == kept
    told = [(aside.path, aside.reason.partition(" (4")[0]) for aside in dataset.set_aside]
    if reason is None:
        assert told == []
    else:
        assert told[0][0] == "ant/04.png"
        assert told[0][1].startswith(reason)


@contextlib.contextmanager
def as_nobody():
    """Root may read everything, so that it has to become somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public(pictures, monkeypatch):
    """The pictures where anybody can reach them, with a cache that anybody can write."""
    place = Path(tempfile.mkdtemp())
    shutil.copytree(pictures, place / "pictures")
    (place / "cache").mkdir()
    for path in (place, place / "cache"):
        path.chmod(0o777)
    monkeypatch.setenv("AUGURY_CACHE", str(place / "cache"))
    yield place / "pictures"
    shutil.rmtree(place)


def test_forbidden_files_are_set_aside_until_they_are_allowed(public):
    (public / "ant" / "04.png").chmod(0)
    with as_nobody():
        dataset = load_dataset(str(public))
    assert [(aside.path, aside.reason) for aside in dataset.set_aside] == [
        ("ant/04.png", "cannot be read (Permission denied)")
    ]
    assert len(dataset.train) + len(dataset.test) == 19
    (public / "ant" / "04.png").chmod(0o644)
    with as_nobody():
        dataset = load_dataset(str(public))
    assert dataset.set_aside == ()
    assert len(dataset.train) + len(dataset.test) == 20


def test_a_forbidden_folder_is_one_line(public):
    (public / "ant").chmod(0)
    with as_nobody(), pytest.raises(DataError, match=r"/ant: cannot be read \(Permission denied\)"):
        load_dataset(str(public))
    (public / "ant").chmod(0o755)


def test_folders_that_link_to_each_other_come_to_an_end(pictures, monkeypatch):
    """Twelve folders, each with links to all: 12! paths, of which none leads back."""
    monkeypatch.setattr(folder_module, "MOST_FOLDERS", 2000)
    for one in range(12):
        (pictures / "ant" / f"f{one}").mkdir()
    for one in range(12):
        for other in range(12):
            (pictures / "ant" / f"f{one}" / f"to{other}").symlink_to(pictures / "ant" / f"f{other}")
    with pytest.raises(DataError, match="more than 2,000 folders; do links lead around"):
        load_dataset(str(pictures))


def test_a_very_deep_folder(pictures):
    """Deeper than Python calls functions within each other; a path has room for 4096 bytes."""
    here = os.getcwd()
    os.chdir(pictures / "ant")
    try:
        for _ in range(1100):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.png").write_bytes(picture(99))
        os.chdir(here)
        dataset = load_dataset(str(pictures))
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-r", str(pictures)], check=True)  # shutil cannot
    assert len(dataset.train) + len(dataset.test) == 21
    assert dataset.set_aside == ()


def test_a_data_set_whose_own_name_is_odd(pictures):
    odd = pictures.with_name("odd\n\udcff")
    pictures.rename(odd)
    dataset = load_dataset(str(odd))
    assert dataset.name == "odd\\x0a\\xff"
    assert dataset.source == f"{odd.parent}/odd\\x0a\\xff (PNG)"
    assert dataset.source.encode()
    odd = odd.rename(odd.with_name("line\nbreak"))
    (odd / "empty").mkdir()
    told = CliRunner().invoke(app, ["data", str(odd)])
    assert told.exit_code == 2
    assert told.stderr.count("\n") == 1
    assert "class 'empty' has no images in its train part" in told.stderr
