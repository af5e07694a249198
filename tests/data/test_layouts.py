"""How the folders that people have are read: each tree beside what it must become."""

import tarfile
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augury.data import load_dataset
from augury.errors import DataError


def files(pattern: str, **classes: int) -> list[str]:
    """Paths with {c} replaced by each class and {n} by numbers."""
    counts = classes or {"cat": 3, "dog": 4}
    return [pattern.format(c=c, n=n) for c, count in counts.items() for n in range(count)]


def build(folder: Path, paths: list[str]) -> Path:
    """A tree of pictures, each with a gray value of its own: its place in `paths`."""
    for value, path in enumerate(paths):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix in (".png", ".jpg", ".jfif"):
            kind = "PNG" if file.suffix == ".png" else "JPEG"
            Image.new("L", (12, 12), value).save(file, kind)
        else:
            file.write_text("file,class\n")
    return folder


def contents(dataset, paths: list[str]) -> dict[str, dict[str, set[str]]]:
    """{part: {class: files}}, found by the pictures themselves."""
    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    found: dict[str, dict[str, set[str]]] = {}
    for part, split in parts.items():
        for image, label in zip(split.images, split.labels, strict=True) if split else ():
            classes = found.setdefault(part, {})
            classes.setdefault(dataset.classes[label], set()).add(paths[int(image.flat[0])])
    return found


def expected(paths: list[str], where: dict[str, tuple[str, str]]) -> dict[str, dict[str, set[str]]]:
    """`where` tells part and class by the beginning of a path."""
    found: dict[str, dict[str, set[str]]] = {}
    for path in paths:
        for start, (part, name) in where.items():
            if path.startswith(f"{start}/"):
                found.setdefault(part, {}).setdefault(name, set()).add(path)
    return found


def split_places(**folders: str) -> dict[str, tuple[str, str]]:
    """Of part folders: {"Training/cat": ("train", "cat"), …}; `folders` are {part: folder}."""
    return {f"{folder}/{c}": (part, c) for part, folder in folders.items() for c in ("cat", "dog")}


SPELLINGS = [
    ("Training", "Testing"),
    ("train", "testing"),
    ("TRAIN", "TEST"),
    ("Train", "Test"),
    ("train_set", "test_set"),
    ("training_set", "test_set"),
    ("trainset", "testset"),
    ("TrainData", "TestData"),
    ("train_images", "test_images"),
    ("flowers-train", "flowers-test"),
    ("asl_alphabet_train", "asl_alphabet_test"),
    ("train", "eval"),
    ("training", "evaluation"),
    ("train2017", "test2017"),
    ("TRAINING", "HoldOut"),
    ("train", "hold_out"),
    ("Train_Set", "hold-out-set"),
]


@pytest.mark.parametrize(("train", "test"), SPELLINGS)
def test_spellings_of_train_and_test(tmp_path, train, test):
    paths = files(train + "/{c}/{n}.png") + files(test + "/{c}/{n}.png", cat=1, dog=2)
    dataset = load_dataset(str(build(tmp_path / "x", paths)))
    assert contents(dataset, paths) == expected(paths, split_places(train=train, test=test))


@pytest.mark.parametrize(
    "name", ["dev", "Valid", "val", "validation_set", "VAL_images", "validate_data"]
)
@pytest.mark.parametrize("train", ["train", "Training"])
def test_spellings_of_validation(tmp_path, train, name):
    paths = files(train + "/{c}/{n}.png") + files(name + "/{c}/{n}.png", cat=1, dog=2)
    paths += files("testing/{c}/{n}.png", cat=2, dog=1)
    dataset = load_dataset(str(build(tmp_path / "x", paths)))
    places = split_places(train=train, validation=name, test="testing")
    assert contents(dataset, paths) == expected(paths, places)


def test_evaluation_is_the_test_part_unless_there_is_another(tmp_path):
    paths = files("training/{c}/{n}.png") + files("validation/{c}/{n}.png")
    paths += files("evaluation/{c}/{n}.png")
    dataset = load_dataset(str(build(tmp_path / "food11", paths)))
    places = split_places(train="training", validation="validation", test="evaluation")
    assert contents(dataset, paths) == expected(paths, places)
    assert dataset.notes == (
        "read as part/class/image: evaluation is test, training is train, validation is validation",
    )
    paths = files("train/{c}/{n}.png") + files("test/{c}/{n}.png") + files("eval/{c}/{n}.png")
    dataset = load_dataset(str(build(tmp_path / "other", paths)))
    places = split_places(train="train", validation="eval", test="test")
    assert contents(dataset, paths) == expected(paths, places)


SEG = (
    files("seg_train/seg_train/{c}/{n}.png")
    + files("seg_test/seg_test/{c}/{n}.png", cat=1, dog=2)
    + files("seg_pred/seg_pred/{n}.png", x=3)
)
SEG_PLACES = {
    f"seg_{part}/seg_{part}/{c}": (part, c) for part in ("train", "test") for c in ("cat", "dog")
}
COVID = [
    f"{c}/{kind}/{n}.png"
    for c, count in (("COVID", 3), ("Normal", 4))
    for kind in ("images", "masks")
    for n in range(count)
]
CLASS_FIRST = files("{c}/train/{n}.png") + files("{c}/test/{n}.png", cat=1, dog=2)
READ = {
    "intel": (SEG, SEG_PLACES),
    "test of the same name inside": (
        files("train/{c}/{n}.png") + files("test/test/{c}/{n}.png", cat=1, dog=2),
        split_places(train="train", test="test/test"),
    ),
    "images inside the parts": (
        files("train/images/{c}/{n}.png") + files("test/images/{c}/{n}.png", cat=1, dog=2),
        split_places(train="train/images", test="test/images"),
    ),
    "covid": (
        COVID,
        {"COVID/images": ("train", "COVID"), "Normal/images": ("train", "Normal")},
    ),
    "parts inside the classes": (
        CLASS_FIRST,
        {f"{c}/{part}": (part, c) for c in ("cat", "dog") for part in ("train", "test")},
    ),
    "an unlabelled test part": (
        files("train/{c}/{n}.png") + files("test1/{n}.png", x=3),
        {"train/cat": ("train", "cat"), "train/dog": ("train", "dog")},
    ),
    "classes named train and so on": (
        files("{c}/{n}.png", bus=3, car=4, train=5),
        {c: ("train", c) for c in ("bus", "car", "train")},
    ),
    "test and control": (
        files("{c}/{n}.png", test=3, control=4),
        {c: ("train", c) for c in ("test", "control")},
    ),
    "patients inside the classes": (
        files("{c}/p1/{n}.png", benign=3) + files("{c}/p2/{n}.png", malignant=4),
        {c: ("train", c) for c in ("benign", "malignant")},
    ),
    "numbered classes": (
        files("{c}/{n}.png", c0=3, c1=4, c2=3),
        {c: ("train", c) for c in ("c0", "c1", "c2")},
    ),
}


def whole(found: dict[str, dict[str, set[str]]]) -> dict[str, dict[str, set[str]]]:
    """With what was held out of training back in it, where the source has no test part."""
    for name, kept in found.pop("test").items():
        found["train"][name] |= kept
    return found


@pytest.mark.parametrize("wrapper", ["", "wrapper/"])
@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
@pytest.mark.parametrize("name", READ)
def test_what_is_unambiguous_is_read(tmp_path, name, kind, wrapper):
    paths, places = READ[name]
    source = build(tmp_path / "x" / wrapper, paths)
    source = tmp_path / "x"
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for path in paths:
                archive.write(source / wrapper / path, wrapper + path)
        source = tmp_path / "x.zip"
    elif kind == "tar.gz":
        with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
            archive.add(source, ".")
        source = tmp_path / "x.tar.gz"
    dataset = load_dataset(str(source))
    found, wanted = contents(dataset, paths), expected(paths, places)
    assert (found if "test" in wanted else whole(found)) == wanted
    left = set(paths) - {file for part in wanted.values() for c in part.values() for file in c}
    assert {file.path for file in dataset.set_aside} == {wrapper + file for file in left}


def test_how_it_was_read_is_told(tmp_path):
    dataset = load_dataset(str(build(tmp_path / "x", SEG)))
    assert dataset.notes == (
        "read as part/class/image: seg_test is test, seg_train is train, "
        "classes in seg_train/seg_train/, seg_test/seg_test/",
    )
    dataset = load_dataset(str(build(tmp_path / "y", COVID)))
    assert dataset.notes[0] == (
        "masks and annotations beside images are left out, 'COVID/masks' and 1 more"
    )


SAME = files("color/{c}/{n}.png") + files("grayscale/{c}/{n}.png") + files("segmented/{c}/{n}.png")
REFUSED = {
    "plantvillage": (
        SAME,
        "the same folders lie in several: color/{cat/, dog/}, grayscale/{cat/, dog/}, "
        "segmented/{cat/, dog/}. Give SOURCE/color for one of them, or 'SOURCE/*/{class}' for all "
        "together, where the class folders lie inside, or 'SOURCE/{class}' if 'color', "
        "'grayscale' and 1 more are the classes",
    ),
    "folds": (
        [path for k in range(1, 6) for path in files(f"fold{k}/{{c}}/{{n}}.png")],
        "'SOURCE/*/{class}'",
    ),
    "cameras with slightly different classes": (
        files("cam1/{c}/{n}.png") + files("cam2/{c}/{n}.png", cat=3, dog=2, eel=2),
        "SOURCE/cam1 for one of them",
    ),
    "cameras with parts": (
        files("cam1/train/{c}/{n}.png")
        + files("cam2/train/{c}/{n}.png")
        + files("cam1/test/{c}/{n}.png")
        + files("cam2/test/{c}/{n}.png"),
        "'SOURCE/*/{part}/{class}' for all together, where the part folders lie inside",
    ),
    "the data set once more inside": (
        files("{c}/{n}.png") + files("animals/{c}/{n}.png"),
        "animals holds folders named like those beside it",
    ),
    "ham10000": (
        [
            "HAM10000_metadata.csv",
            *files("HAM_part_1/{n}.png", x=3),
            *files("HAM_part_2/{n}.png", x=3),
        ],
        "HAM_part_1/{3 images}, HAM_part_2/{3 images}. Give 'SOURCE/{class}' if these are",
    ),
    "dogs against cats": (
        files("train/{c}.{n}.png") + files("test1/{n}.png", x=3),
        "train/ holds 7 images in no class folders, whose names begin with 'cat', 'dog'; if these "
        "are the classes, type 'SOURCE/train/{class}.#'",
    ),
    "parts of each class side by side": (
        files("{c}_train/{n}.png") + files("{c}_test/{n}.png"),
        "these are parts or pieces of one data set",
    ),
    "train alone, with names": (
        files("train/{c}.{n}.png"),
        "only one class, 'train'; at least 2 are needed; train/ holds 7 images in no class folders",
    ),
    "images and a table": (
        ["labels.csv", *files("images/{n}.png", x=5)],
        "images/ holds 5 images in no class folders, and labels.csv; if it has their labels, type "
        "--labels labels.csv",
    ),
    "images and masks": (
        files("images/{n}.png", x=3) + files("masks/{n}.png", x=3),
        "images/ holds 3 images in no class folders",
    ),
    "no folders": (
        files("{c}_{n}.png"),
        "there are 7 images in no class folders, whose names begin with 'cat', 'dog'; if these are "
        "the classes, type 'SOURCE/{class}_#'",
    ),
    "two for one part": (
        files("train/{c}/{n}.png") + files("Training/{c}/{n}.png") + files("test/{c}/{n}.png"),
        "two folders for one part: Training, test, train; rename or remove one, or type "
        "'SOURCE/{part}/{class}' to put them together",
    ),
    "testing alone": (
        files("Testing/{c}/{n}.png"),
        "there is no train folder beside Testing; to divide one of them, type "
        "'SOURCE/Testing/{class}'",
    ),
    "a class beside the parts": (
        files("train/{c}/{n}.png") + files("test/{c}/{n}.png") + files("cat/{n}.png", x=2),
        "is cat a class, a part or neither?",
    ),
    "vehicles with folders inside": (
        files("train/{c}/{n}.png", tgv=2, ice=2) + files("bus/{c}/{n}.png", long=2, short=2),
        "is bus a class, a part or neither?: bus/{long/, short/}, train/{ice/, tgv/}. "
        "Give 'SOURCE/train/{class}' for that folder, or 'SOURCE/{class}' if these are the classes",
    ),
}


@pytest.mark.parametrize("wrapper", ["", "wrapper/"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_is_refused_in_one_line(tmp_path, name, wrapper):
    paths, message = REFUSED[name]
    source = tmp_path / "x"
    build(source / wrapper, paths)
    with pytest.raises(DataError) as error:
        load_dataset(str(source))
    said = str(error.value)
    assert "\n" not in said
    wanted = message.replace("SOURCE/", f"{source}/{wrapper}")
    for start in ("train/ holds", "images/ holds", "labels.csv"):
        wanted = wanted.replace(start, wrapper + start)
    if wrapper:
        wanted = wanted.replace("there are 7", "wrapper/ holds 7")
    assert wanted in said
    assert not (tmp_path / "cache").exists()


def proposals(said: str) -> list[str]:
    return [piece.strip("',.") for piece in said.split() if "{class}" in piece]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_what_is_proposed_works(tmp_path, kind):
    source = build(tmp_path / "plants", SAME)
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "plants.zip", "w") as archive:
            for path in SAME:
                archive.write(source / path, path)
        source = tmp_path / "plants.zip"
    with pytest.raises(DataError) as error:
        load_dataset(str(source))
    *one, together, classes = proposals(str(error.value))
    assert one == ([] if kind == "folder" else [f"{source}/color/{{class}}"])
    dataset = load_dataset(one[0] if one else f"{source}/color")
    assert dataset.classes == ("cat", "dog")
    assert len(dataset.train) + len(dataset.test) == 7
    dataset = load_dataset(together)
    assert dataset.name == "plants"
    assert dataset.classes == ("cat", "dog")
    assert len(dataset.train) + len(dataset.test) == 21
    assert dataset.notes[0] == "read as */{class}/image, as asked"
    dataset = load_dataset(classes)
    assert dataset.classes == ("color", "grayscale", "segmented")
    assert whole(contents(dataset, SAME)) == expected(
        SAME, {c: ("train", c) for c in dataset.classes}
    )


NAMED = {
    "{class}.#": ["cat.0", "cat.12", "big dog.3", "big dog.4"],
    "{class}_#": ["great_pyrenees_1", "great_pyrenees_12", "pug_100", "pug_7"],
    "{class}-#": ["4-door-01", "4-door-02", "van-3", "van-4"],
    "{class} (#)": ["cat (1)", "cat (12)", "big dog (3)", "big dog (4)"],
    "{class}#": ["cat0", "cat12", "dog3", "dog04"],
    "{class}_*": ["cat_a1b", "cat_77c", "dog_x", "dog_y9"],
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("pattern", NAMED)
def test_classes_in_the_names_of_files_are_asked_for(tmp_path, pattern, kind):
    """The hint of the error names the pattern, and the pattern reads the classes."""
    names = NAMED[pattern]
    paths = [f"train/{name}.png" for name in names]
    source = build(tmp_path / "x", paths)
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for path in paths:
                archive.write(source / path, path)
        source = tmp_path / "x.zip"
    with pytest.raises(DataError) as error:
        load_dataset(str(source))
    typed = str(error.value).partition("type '")[2].rstrip("'")
    assert typed == f"{source}/train/{pattern}"
    dataset = load_dataset(typed)
    starts = ("cat", "big dog", "great_pyrenees", "pug", "4-door", "van", "dog")
    wanted = {c: {p for p in paths if p.startswith(f"train/{c}")} for c in starts}
    assert whole(contents(dataset, paths))["train"] == {c: p for c, p in wanted.items() if p}


def test_a_pattern_of_names_with_parts_and_what_does_not_fit(tmp_path):
    paths = ["train/cat.0.png", "train/cat.1.png", "train/dog.0.png", "train/notes.png"]
    paths += ["test/cat.7.png", "test/dog.8.png", "test/deep/dog.9.png"]
    source = build(tmp_path / "x", paths)
    dataset = load_dataset(f"{source}/{{part}}/{{class}}.*")
    assert contents(dataset, paths) == {
        "train": {"cat": set(paths[:2]), "dog": {paths[2]}},
        "test": {"cat": {paths[4]}, "dog": {paths[5]}},
    }
    reason = "does not fit {part}/{class}.*"
    assert {(a.path, a.reason) for a in dataset.set_aside} == {
        ("train/notes.png", reason),
        ("test/deep/dog.9.png", reason),
    }
    with_ending = load_dataset(f"{source}/{{part}}/{{class}}.*.png")
    assert with_ending.fingerprint == dataset.fingerprint
    for pattern, message in (
        ("train/{class}+#", "no image's name fits {class}+#; there are 'cat.0.png', 'cat.1.png'"),
        ("{class}.*/cat", "{class}.*/cat: a piece that holds more than {class} is matched by"),
        ("train/{class}.{class}", "needs {class} once"),
    ):
        with pytest.raises(DataError) as error:
            load_dataset(f"{source}/{pattern}")
        assert message in str(error.value)


def test_patterns_with_parts_and_folders_by_name(tmp_path):
    paths = files("cam1/Training/{c}/{n}.png") + files("cam2/Training/{c}/{n}.png")
    paths += files("cam1/Testing/{c}/{n}.png", cat=1, dog=2) + files("x/y/{n}.png", z=2)
    source = build(tmp_path / "cams", paths)
    found = contents(load_dataset(f"{source}/*/{{part}}/{{class}}"), paths)
    assert found == expected(
        paths,
        split_places(train="cam1/Training", test="cam1/Testing")
        | split_places(train="cam2/Training"),
    )
    found = contents(load_dataset(f"{source}/cam1/{{part}}/{{class}}"), paths)
    assert found == expected(paths, split_places(train="cam1/Training", test="cam1/Testing"))
    for pattern, message in (
        ("*/{class}/{class}", "needs {class} once"),
        ("cam1/{class}/nowhere", "no folder fits {class}/nowhere; there are Testing/"),
        ("nowhere/{class}", "no such folder or archive: .*/cams/nowhere/{class}"),
        ("{part}/{class}", "no folder fits"),
    ):
        with pytest.raises(DataError, match=message.replace("{", r"\{")):
            load_dataset(f"{source}/{pattern}")


def test_an_entry_of_an_earlier_version_is_not_taken_for_the_new_reading(tmp_path, monkeypatch):
    from augury.data.folders import image_folder

    paths = files("Training/{c}/{n}.png") + files("Testing/{c}/{n}.png")
    source = build(tmp_path / "x", paths)
    with monkeypatch.context() as patched:
        # As it was found before: under the path, the size and the files' state alone.
        patched.setattr(image_folder, "_read_anew", lambda path, pattern: {})
        patched.setattr(image_folder, "decode_folder", lambda *arguments: load_dataset("digits"))
        assert load_dataset(str(source)).num_classes == 10
    assert load_dataset(str(source)).classes == ("cat", "dog")


def test_where_entries_of_the_usual_layouts_lie_has_not_changed(tmp_path, monkeypatch):
    from augury.data.folders import image_folder

    origins = []
    original = image_folder.cached

    def noted(name, origin, state, decode):
        origins.append(origin)
        return original(name, origin, state, decode)

    monkeypatch.setattr(image_folder, "cached", noted)
    usual = files("Train/{c}/{n}.png") + files("val/{c}/{n}.png") + files("test/{c}/{n}.png")
    for name, paths in (("a", usual), ("b", files("{c}/{n}.png")), ("c", files("w/{c}/{n}.jpg"))):
        source = build(tmp_path / name, paths)
        dataset = load_dataset(str(source))
        assert origins.pop() == {"path": str(source), "image_size": None}
        assert not any("read as" in note for note in dataset.notes)


def test_accents_composed_in_two_ways_are_one_class(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    paths = files("train/{c}/{n}.png", **{composed: 3, "tea": 3})
    paths += files("test/{c}/{n}.png", **{decomposed: 2, "tea": 2})
    dataset = load_dataset(str(build(tmp_path / "x", paths)))
    assert dataset.classes == (composed, "tea")
    assert np.bincount(dataset.test.labels).tolist() == [2, 2]
    assert "accents composed in two ways are one: 'café'" in dataset.notes[0]
    paths = files("{c}/{n}.png", **{decomposed: 3, "tea": 3})  # nothing to agree on: left as it is
    assert load_dataset(str(build(tmp_path / "y", paths))).classes == (decomposed, "tea")


def test_a_class_whose_files_are_not_read_names_them(tmp_path):
    paths = files("{c}/{n}.png", cat=3) + files("{c}/{n}.gif", dog=12)
    with pytest.raises(DataError) as error:
        load_dataset(str(build(tmp_path / "x", paths)))
    assert str(error.value).endswith(
        "class 'dog' has no images in its train part; 12 files in it are not read, dog/0.gif: "
        "not a PNG, JPEG, WebP, BMP, TIFF, PPM, AVIF or HEIC file"
    )


def test_jfif_is_jpeg(tmp_path):
    paths = files("{c}/{n}.jfif", cat=3) + files("{c}/{n}.png", dog=4)
    dataset = load_dataset(str(build(tmp_path / "x", paths)))
    assert len(dataset.train) + len(dataset.test) == 7
    assert dataset.set_aside == ()


def test_many_classes_are_not_all_listed(tmp_path):
    names = {f"class{k:03}": 1 for k in range(200)}
    paths = files("train/{c}/{n}.png", **names) + files("test/{c}/{n}.png", other=1)
    with pytest.raises(DataError) as error:
        load_dataset(str(build(tmp_path / "x", paths)))
    assert str(error.value).endswith(
        "only one has 'class000', 'class001', 'class002', 'class003', 'class004' and 196 more"
    )


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_hidden_folder_of_images_is_told(tmp_path, kind):
    paths = files("{c}/{n}.png", java=3, perl=3, **{".net": 3})
    paths += [".git/objects/x", "java/.thumbnails/0.png"]
    source = build(tmp_path / "logos", paths)
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "logos.zip", "w") as archive:
            for path in paths:
                archive.write(source / path, path)
        source = tmp_path / "logos.zip"
    dataset = load_dataset(str(source))
    assert dataset.classes == ("java", "perl")
    assert [(file.path, file.reason) for file in dataset.set_aside] == [
        (".net", "hidden: a folder whose name begins with a dot is not read")
    ]
