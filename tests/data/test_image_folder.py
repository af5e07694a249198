import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from augury.data import load_dataset
from augury.data.folders import archive as archive_module
from augury.data.folders import image_folder, listing
from augury.data.folders.form import DEFAULT_SIZE
from augury.errors import DataError, InputError
from augury.records.recipe import Recipe
from augury.study.doctor.data import examine_data


def values(part) -> list[int]:
    return [int(image.flat[0]) for image in part.images]


def test_parts_classes_labels_and_ids(animals):
    dataset = load_dataset(str(animals))
    assert dataset.name == "animals"
    assert dataset.classes == ("cat", "dog")
    assert (dataset.channels, dataset.image_size) == (1, 12)
    assert values(dataset.train) == [10, 20, 30, 40, 50]
    assert values(dataset.test) == [60, 70]
    np.testing.assert_array_equal(dataset.train.labels, [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(dataset.train.ids, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(dataset.test.ids, [5, 6])
    assert dataset.source == f"{animals} (PNG)"
    assert dataset.notes == ()
    assert dataset.set_aside == ()
    assert dataset.validation is None


@pytest.mark.parametrize("name", ["val", "valid", "Validation"])
def test_a_validation_part(animals, write_image, name):
    write_image(animals / name / "cat" / "0.png", 80)
    write_image(animals / name / "dog" / "0.png", 90)
    dataset = load_dataset(str(animals))
    assert values(dataset.validation) == [80, 90]
    np.testing.assert_array_equal(dataset.validation.ids, [5, 6])
    np.testing.assert_array_equal(dataset.test.ids, [7, 8])


COMPRESSIONS = {"tar": "", "tar.gz": "gz", "tgz": "gz", "tar.xz": "xz", "tar.bz2": "bz2"}


@pytest.mark.parametrize("suffix", ["zip", *COMPRESSIONS])
@pytest.mark.parametrize("prefix", ["", "./", "wrapper/deeper/"])
def test_archives_hold_what_the_folder_holds(animals, tmp_path, suffix, prefix):
    archive = tmp_path / f"animals.{suffix}"
    images = sorted(animals.rglob("*.png"), reverse=True)
    if suffix == "zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for file in images:
                opened.write(file, f"{prefix}{file.relative_to(animals)}")
    else:
        with tarfile.open(archive, f"w:{COMPRESSIONS[suffix]}") as opened:
            for file in images:
                opened.add(file, f"{prefix}{file.relative_to(animals)}")
    folder, unpacked = load_dataset(str(animals)), load_dataset(str(archive))
    assert unpacked.fingerprint == folder.fingerprint
    assert unpacked.name == "animals"
    np.testing.assert_array_equal(unpacked.train.images, folder.train.images)
    np.testing.assert_array_equal(unpacked.train.ids, folder.train.ids)


def test_without_a_test_part_a_fifth_is_held_out(tmp_path, write_image):
    for name, count in (("ant", 20), ("bee", 10)):
        for number in range(count):
            write_image(tmp_path / "insects" / name / f"{number:02}.png", number)
    dataset = load_dataset(str(tmp_path / "insects"))
    np.testing.assert_array_equal(np.bincount(dataset.test.labels), [4, 2])
    ids = np.concatenate([dataset.train.ids, dataset.test.ids])
    np.testing.assert_array_equal(np.sort(ids), np.arange(30))
    for part in (dataset.train, dataset.test):  # ids count the sorted paths
        assert values(part) == [int(i) if i < 20 else int(i) - 20 for i in part.ids]
    assert dataset.notes == ("no test part: 20% held out, stratified, with seed 0",)


def test_a_held_out_part_does_not_depend_on_sizes_or_on_validation(tmp_path, write_image):
    for part in ("train", "val"):
        for name in ("ant", "bee"):
            for number in range(10):
                write_image(tmp_path / "insects" / part / name / f"{number}.png", number)
    dataset = load_dataset(str(tmp_path / "insects"))
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (16, 20, 4)
    resized = load_dataset(str(tmp_path / "insects"), image_size=16)
    np.testing.assert_array_equal(resized.test.ids, dataset.test.ids)
    assert dataset.test.ids.max() < 20  # out of train


def test_one_image_cannot_be_divided(tmp_path, write_image):
    write_image(tmp_path / "x" / "ant" / "0.png", 1)
    write_image(tmp_path / "x" / "bee" / "0.png", 1)
    write_image(tmp_path / "x" / "bee" / "1.png", 1)
    with pytest.raises(DataError) as error:
        load_dataset(str(tmp_path / "x"))
    assert str(error.value).endswith(
        "1 of 2 classes have a single image, 'ant'; without a test part each needs at least 2: "
        "add images, or take the class out"
    )
    write_image(tmp_path / "x" / "ant" / "1.png", 2)
    dataset = load_dataset(str(tmp_path / "x"))
    assert np.bincount(dataset.train.labels).tolist() == [1, 1]
    assert np.bincount(dataset.test.labels).tolist() == [1, 1]


def test_three_hundred_classes_of_which_one_has_fifty_times_the_images(tmp_path, write_image):
    write_image(tmp_path / "one.png", 1)
    content = (tmp_path / "one.png").read_bytes()
    for number in range(300):
        folder = tmp_path / "many" / f"class {number}"
        folder.mkdir(parents=True)
        for image in range(100 if number == 7 else 2):
            (folder / f"{image}.png").write_bytes(content)
    dataset = load_dataset(str(tmp_path / "many"))
    assert dataset.num_classes == 300
    assert np.bincount(dataset.test.labels).tolist() == [1] * 300
    found = examine_data(dataset, Recipe(), 100.0)
    words = {notice.check: notice.words for notice in found}
    assert "class 7 has 99 training images, class 0 has 1" in words["imbalance"]
    assert "299 of 300 classes have no validation images" in words["few-validation-images"]
    assert "299 of 300 classes have fewer than 10 training images" in words["few-training-images"]


def test_files_that_cannot_be_used_are_set_aside_with_their_reasons(animals, write_image):
    whole = (animals / "train/cat/0.png").read_bytes()
    big = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(big, "JPEG")
    made = {
        "train/cat/cut.png": whole[:40],
        "train/cat/cut.jpg": big.getvalue()[: len(big.getvalue()) // 2],
        "train/cat/empty.png": b"",
        "train/dog/text.jpg": b"not an image",
        "train/dog/notes.txt": b"notes",
        "test/cat/photo.gif": b"GIF89a",
        "README.md": b"read me",
        "extra/readme.png": whole,
        "train/stray.png": whole,
        "train/cat/.DS_Store": b"x",
        "train/Thumbs.db": b"x",
        ".hidden/cat/0.png": whole,
    }
    for name, content in made.items():
        (animals / name).parent.mkdir(exist_ok=True, parents=True)
        (animals / name).write_bytes(content)
    (animals / "train/dog/gone.png").symlink_to(animals / "nowhere.png")
    os.mkfifo(animals / "train/dog/pipe.png")
    dataset = load_dataset(str(animals), image_size=12)
    reasons = {file.path: file.reason for file in dataset.set_aside}
    assert reasons.pop("train/cat/cut.png").startswith(("damaged", "not an image"))
    assert reasons.pop("train/cat/cut.jpg").startswith("damaged: image file is truncated")
    assert reasons == {
        "train/cat/empty.png": "an empty file",
        "train/dog/text.jpg": "not an image that can be read",
        "train/dog/notes.txt": "not a PNG, JPEG, WebP, BMP, TIFF, PPM, AVIF or HEIC file",
        "test/cat/photo.gif": "not a PNG, JPEG, WebP, BMP, TIFF, PPM, AVIF or HEIC file",
        "README.md": "not a PNG, JPEG, WebP, BMP, TIFF, PPM, AVIF or HEIC file",
        "extra/readme.png": "lies outside the train, val and test classes",
        "train/stray.png": "lies outside the train, val and test classes",
        "train/dog/gone.png": "a broken link",
        "train/dog/pipe.png": "not a regular file",
    }
    assert [file.path for file in dataset.set_aside] == sorted(f.path for f in dataset.set_aside)
    assert values(dataset.train) == [10, 20, 30, 40, 50]
    again = load_dataset(str(animals), image_size=12)
    assert again.set_aside == dataset.set_aside


def test_an_unreadable_file_keeps_its_number(animals):
    (animals / "train/cat/1.png").write_bytes(b"")
    dataset = load_dataset(str(animals))
    np.testing.assert_array_equal(dataset.train.ids, [0, 2, 3, 4])


def test_too_many_pixels_are_set_aside(animals, write_image, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    write_image(animals / "train/cat/warned.png", 1, (40, 40))
    write_image(animals / "train/cat/refused.png", 1, (100, 100))
    dataset = load_dataset(str(animals))
    assert {file.path: file.reason for file in dataset.set_aside} == {
        "train/cat/refused.png": "more than 1,000 pixels",
        "train/cat/warned.png": "more than 1,000 pixels",
    }
    assert dataset.image_size == 12


def test_sizes(tmp_path, write_image):
    def sized(name, first, second, image_size=None):
        for number in range(4):
            write_image(tmp_path / name / "a" / f"{number}.png", 1, first)
            write_image(tmp_path / name / "b" / f"{number}.png", 1, second)
        dataset = load_dataset(str(tmp_path / name), image_size=image_size)
        return dataset.image_size, dataset.notes[:-1]

    assert sized("same", (20, 20), (20, 20)) == (20, ())
    assert sized("mixed", (20, 20), (30, 30)) == (
        64,
        ("images of 2 sizes resized bilinearly to 64×64",),
    )
    cut = "cut to their center square and resized bilinearly to 64×64"
    assert sized("oblong", (20, 30), (20, 30)) == (64, (f"images of 20×30 {cut}",))
    assert sized("chosen", (20, 30), (40, 40), 24) == (
        24,
        (f"images of 2 sizes {cut.replace('64', '24')}",),
    )
    assert sized("tiny", (4, 4), (4, 4)) == (64, ("images of 4×4 resized bilinearly to 64×64",))


def test_color_wins(animals, write_image):
    assert load_dataset(str(animals)).channels == 1
    write_image(animals / "train/cat/9.png", (200, 100, 0))
    dataset = load_dataset(str(animals))
    assert dataset.channels == 3
    np.testing.assert_array_equal(dataset.train.images[3, :, 0, 0], [200, 100, 0])
    np.testing.assert_array_equal(dataset.train.images[0, :, 0, 0], [10, 10, 10])


def remove(folder):
    for file in folder.iterdir():
        file.unlink()


def test_folders_unfit_for_a_study(animals, tmp_path, write_image):
    def refused(message):
        with pytest.raises(DataError, match=message) as error:
            load_dataset(str(animals))
        assert "\n" not in str(error.value)

    write_image(animals / "test/eel/0.png", 1)
    refused("the test part must have the classes of train; only one has 'eel'")
    remove(animals / "test/eel")
    refused("class 'eel' has no images in its test part")
    (animals / "test/eel").rmdir()
    (animals / "train/cat/0.png").rename(tmp_path / "saved.png")
    remove(animals / "train/cat")
    refused("class 'cat' has no images in its train part")
    (animals / "train/cat/0.png").write_bytes(b"broken")
    refused("no image of class 'cat' can be read in its train part, for instance train/cat/0.png")
    for part in ("train", "test"):
        remove(animals / part / "cat")
        (animals / part / "cat").rmdir()
    refused("only one class, 'dog'")


def test_a_class_whose_images_are_all_cut_short(animals):
    noise = io.BytesIO()
    Image.effect_noise((12, 12), 50).save(noise, "PNG")
    for number in range(2):
        (animals / f"train/dog/{number}.png").write_bytes(noise.getvalue()[:-60])
    with pytest.raises(DataError, match="no image of class 'dog' can be read"):
        load_dataset(str(animals))


def test_paths_that_lead_nowhere(tmp_path):
    for path, message in (
        (tmp_path / "nowhere", "no such folder or archive"),
        (tmp_path / "nowhere.zip", "no such folder or archive"),
        (tmp_path / "empty", "no images in class folders"),
        (tmp_path / "file.txt", "neither a folder nor an archive"),
        (tmp_path / "no.zip", "a damaged archive"),
        (tmp_path / "no.tar", "a damaged archive"),
        (tmp_path / "no.tar.gz", "a damaged archive"),
    ):
        if path.name == "empty":
            path.mkdir()
        elif not path.name.startswith("nowhere"):
            path.write_bytes(b"\x1f\x8b\x08 text")
        with pytest.raises(DataError, match=message) as error:
            load_dataset(str(path))
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


def test_a_test_folder_alone(tmp_path, write_image):
    for name in ("ant", "bee"):
        write_image(tmp_path / "x" / "test" / name / "0.png", 1)
        write_image(tmp_path / "x" / "val" / name / "0.png", 1)
    with pytest.raises(DataError, match="there is no train folder beside test, val"):
        load_dataset(str(tmp_path / "x"))


def test_a_class_may_be_named_train(tmp_path, write_image):
    for name in ("bus", "train"):
        for number in range(3):
            write_image(tmp_path / "vehicles" / name / f"{number}.png", 1)
    assert load_dataset(str(tmp_path / "vehicles")).classes == ("bus", "train")


def test_a_truncated_archive(animals, tmp_path):
    archive = tmp_path / "animals.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(animals, "animals")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"animals.tar.gz: a damaged archive"):
        load_dataset(str(archive))


def test_dangerous_members_are_set_aside_and_nothing_leaves_the_cache(animals, tmp_path):
    image = (animals / "train/cat/0.png").read_bytes()
    archive = tmp_path / "deep" / "evil.tar"
    archive.parent.mkdir()
    with tarfile.open(archive, "w") as opened:
        opened.add(animals, ".")

        def add(name, kind=tarfile.REGTYPE, link=""):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = len(image) if kind == tarfile.REGTYPE else 0
            opened.addfile(info, io.BytesIO(image) if info.size else None)

        add("../escaped.png")
        add("train/cat/../../../escaped.png")
        add(f"{tmp_path}/absolute.png")
        add("train/cat/soft.png", tarfile.SYMTYPE, "/etc/passwd")
        add("train/cat/hard.png", tarfile.LNKTYPE, "train/cat/0.png")
        add("train/cat/device.png", tarfile.CHRTYPE)
        add("train/cat/0.png")
    before = set(tmp_path.rglob("*"))
    dataset = load_dataset(str(archive))
    created = set(tmp_path.rglob("*")) - before
    assert all(tmp_path / "cache" in (path, *path.parents) for path in created)
    assert values(dataset.train) == [10, 20, 30, 40, 50]
    leads_out = "refused: its path leads out of the archive"
    special = "refused: a link or device"
    assert {(file.path, file.reason) for file in dataset.set_aside} == {
        ("../escaped.png", leads_out),
        ("train/cat/../../../escaped.png", leads_out),
        (f"{tmp_path}/absolute.png".lstrip("/"), "refused: an absolute path"),
        ("train/cat/soft.png", special),
        ("train/cat/hard.png", special),
        ("train/cat/device.png", special),
        ("train/cat/0.png", "occurs more than once in the archive"),
    }


def test_dangerous_members_of_a_zip(animals, tmp_path):
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for file in animals.rglob("*.png"):
            opened.write(file, str(file.relative_to(animals)))
        opened.writestr("../escaped.png", b"x")
        opened.writestr("train\\..\\..\\escaped.png", b"x")
        opened.writestr("C:\\windows\\x.png", b"x")
        link = zipfile.ZipInfo("train/cat/link.png")
        link.external_attr = 0o120777 << 16
        opened.writestr(link, "/etc/passwd")
    dataset = load_dataset(str(archive))
    assert len(dataset.train) == 5
    assert sorted(file.reason for file in dataset.set_aside) == [
        "refused: a link or device",
        "refused: an absolute path",
        "refused: its path leads out of the archive",
        "refused: its path leads out of the archive",
    ]


def test_a_member_that_unpacks_to_too_much_is_set_aside(animals, tmp_path, monkeypatch):
    for module in (listing, archive_module):
        monkeypatch.setattr(module, "LARGEST_FILE", 5_000_000)
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in animals.rglob("*.png"):
            opened.write(file, str(file.relative_to(animals)))
        opened.writestr("train/cat/bomb.png", bytes(6_000_000))
    assert archive.stat().st_size < 20_000
    dataset = load_dataset(str(archive))
    assert [(file.path, file.reason) for file in dataset.set_aside] == [
        ("train/cat/bomb.png", "larger than 5 MB")
    ]


def test_a_member_with_a_wrong_checksum_is_set_aside(animals, tmp_path):
    archive = tmp_path / "animals.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as opened:
        for file in sorted(animals.rglob("*.png")):
            opened.write(file, str(file.relative_to(animals)))
    whole, image = archive.read_bytes(), (animals / "train/cat/1.png").read_bytes()
    at = whole.index(image)
    archive.write_bytes(whole[: at + 20] + b"\xff" + whole[at + 21 :])
    dataset = load_dataset(str(archive))
    assert [file.path for file in dataset.set_aside] == ["train/cat/1.png"]
    assert "CRC" in dataset.set_aside[0].reason


def test_links_to_folders_are_followed_once(animals, tmp_path):
    (animals / "train/cat/loop").symlink_to(animals)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "train").symlink_to(animals / "train")
    (linked / "test").symlink_to(animals / "test")
    assert values(load_dataset(str(linked)).test) == [60, 70]


def test_an_unknown_name_lists_the_choices_and_the_nearest():
    with pytest.raises(InputError, match=r"Did you mean 'fashion-mnist'.*digits, fashion"):
        load_dataset("fashon-mnist")


def test_progress_is_told(animals):
    calls = []
    load_dataset(str(animals), progress=lambda *call: calls.append(call))
    assert calls[-1] == (7, 7, "decoding images")
    load_dataset(str(animals), progress=lambda *call: pytest.fail("nothing is left to do"))


def test_the_default_size_is_documented():
    assert f"else {DEFAULT_SIZE}." in image_folder.load.__doc__
