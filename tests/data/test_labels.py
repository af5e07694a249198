"""Images with tables of labels: each table beside what it must become."""

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import augury
from augury.cli.app import app
from augury.data import data_title, file_names, load_dataset, whole_location
from augury.data.folders.labels.names import LabelsFile, split_labels, with_labels, without_labels
from augury.errors import AuguryError, DataError, InputError
from augury.records.recipe import Recipe
from augury.study import StudySettings, read_settings
from augury.study.doctor.data import examine_data
from augury.study.planning.datasets import load_datasets
from augury.study.planning.describe import describe

TEN = [f"images/{n}.png" for n in range(10)]
LABELS = ["cat", "dog"] * 5


def build(folder: Path, paths: list[str], **tables: str) -> Path:
    """Pictures, each with a gray value of its own, its place in `paths`; and NAME.csv files."""
    for value, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (12, 12), value).save(folder / path)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


def contents(dataset, paths: list[str]) -> dict[str, dict[str, set[str]]]:
    """{part: {class: files}}, found by the pictures themselves."""
    found: dict[str, dict[str, set[str]]] = {}
    for name in ("train", "validation", "test"):
        if (split := getattr(dataset, name)) is not None:
            for image, label in zip(split.images, split.labels, strict=True):
                classes = found.setdefault(name, {})
                classes.setdefault(dataset.classes[label], set()).add(paths[int(image.flat[0])])
    return found


def table(names: list[str], labels: list[str], header: str = "image,label", by: str = ",") -> str:
    return "\n".join([header, *(by.join(row) for row in zip(names, labels, strict=True))]) + "\n"


def whole(dataset, paths: list[str]) -> dict[str, set[str]]:
    """{class: files} of all parts."""
    found: dict[str, set[str]] = {}
    for classes in contents(dataset, paths).values():
        for name, files in classes.items():
            found[name] = found.get(name, set()) | files
    return found


EXPECTED = {"cat": set(TEN[::2]), "dog": set(TEN[1::2])}
WAYS = {
    "whole paths": table(TEN, LABELS),
    "names of files": table([path[7:] for path in TEN], LABELS, "filename,class"),
    "ids": table([str(n) for n in range(10)], LABELS, "Image ID;Category", by=";"),
    "from the folder above": table([f"photos/{path}" for path in TEN], LABELS, "path,target"),
    "with ./ and a mark of order": "\ufeff" + table([f"./{p}" for p in TEN], LABELS, "file,LABEL"),
    "backslashes and tabs": table([p.replace("/", "\\") for p in TEN], LABELS, "id\tlabel", "\t"),
    "other columns and quotes": "x,id,label\n"
    + "".join(f'"1,5",{n},"{label}"\n' for n, label in enumerate(LABELS)),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_names_as_people_write_them(tmp_path, way):
    source = build(tmp_path / "photos", TEN, labels=WAYS[way])
    dataset = load_dataset(str(source), labels="labels.csv")
    assert whole(dataset, TEN) == EXPECTED
    assert len(dataset.test) == 2
    assert dataset.notes[0].startswith("labels from labels.csv, column '")
    assert dataset.set_aside == ()
    assert file_names(f"{source}?labels=labels.csv") == dict(enumerate(TEN))


def test_columns_that_are_named(tmp_path):
    rows = [f"{n},{9 - n},{'xy'[n % 2]},{label}" for n, label in enumerate(LABELS)]
    source = build(tmp_path / "photos", TEN, t="\n".join(["id,image,label,species", *rows]))
    dataset = load_dataset(str(source), labels="t.csv:id,species")
    assert whole(dataset, TEN) == EXPECTED
    dataset = load_dataset(str(source), labels=["t.csv:image, label"])
    assert whole(dataset, TEN) == {"x": set(TEN[1::2]), "y": set(TEN[::2])}
    with pytest.raises(DataError) as error:
        load_dataset(str(source), labels="t.csv")
    assert str(error.value) == (
        "t.csv: 'id', 'image' could be the column of the files; say which: t.csv:FILES,LABELS"
    )


def test_a_column_of_parts(tmp_path):
    parts = ["train"] * 4 + ["Valid", "Valid", "TESTING", "TESTING", "train", "train"]
    rows = [f"{n},{c},{p}" for n, (c, p) in enumerate(zip(LABELS, parts, strict=True))]
    source = build(tmp_path / "photos", TEN, t="\n".join(["id,label,split", *rows]))
    dataset = load_dataset(str(source), labels="t.csv")
    found = contents(dataset, TEN)
    assert found["validation"] == {"cat": {TEN[4]}, "dog": {TEN[5]}}
    assert found["test"] == {"cat": {TEN[6]}, "dog": {TEN[7]}}
    assert "parts from column 'split'" in dataset.notes[0]
    # Two columns that are named are all that is read.
    dataset = load_dataset(str(source), labels="t.csv:id,label")
    assert dataset.validation is None


def test_a_table_for_each_part(tmp_path):
    """The names are the same in each; the folder that is named for the part tells them apart."""
    paths = [f"{part}_images/{n}.png" for part in ("train", "val", "test") for n in range(4)]
    some = table([f"{n}.png" for n in range(4)], LABELS[:4])
    source = build(tmp_path / "photos", paths, train=some, valid_labels=some, test=some)
    dataset = load_dataset(str(source), labels="train.csv,valid_labels.csv,test.csv")
    wanted = {
        part: {
            name: {f"{folder}_images/{n}.png" for n in range(k, 4, 2)}
            for k, name in enumerate(("cat", "dog"))
        }
        for part, folder in (("train", "train"), ("validation", "val"), ("test", "test"))
    }
    assert contents(dataset, paths) == wanted
    # The training part alone, as in a competition: the images of the others are set aside.
    dataset = load_dataset(str(source), labels="train.csv:image,label")
    assert whole(dataset, paths) == wanted["train"]
    assert {a.path for a in dataset.set_aside if a.reason == "no table names it"} == set(paths[4:])


def test_what_does_not_fit_is_named_and_counted(tmp_path):
    """One line tells it, and each file or name is listed as set aside."""
    names = [str(n) for n in range(10)]
    text = table([*names, "1", "x.png", "y\n".strip()], [*LABELS[:9], "", "dog", "cat", "cat"])
    source = build(tmp_path / "photos", [*TEN, "images/extra.png"], labels=text)
    dataset = load_dataset(str(source), labels="labels.csv")
    assert dataset.notes[0] == (
        "labels from labels.csv, column 'label' by 'image', 2 names without a file, 'x.png', "
        "'y', 1 file without a label, 'images/9.png', 1 repeated row"
    )
    assert {(a.path, a.reason) for a in dataset.set_aside} == {
        ("x.png", "named in labels.csv, but not there"),
        ("y", "named in labels.csv, but not there"),
        ("images/9.png", "has no label in labels.csv"),
        ("images/extra.png", "no table names it"),
    }
    assert whole(dataset, TEN) == {"cat": EXPECTED["cat"], "dog": EXPECTED["dog"] - {TEN[9]}}


NAMES = [str(n) for n in range(10)]
REFUSED = {
    "most names are no files": (
        table([f"z{n}" for n in range(10)], LABELS),
        "labels.csv: 10 of 10 names in its column 'image' are no files of SOURCE: 'z0', 'z1', 'z2' "
        "and 7 more",
    ),
    "two labels": (
        table([*NAMES, "0", "3"], [*LABELS, "dog", "cat"]),
        "SOURCE: 2 files with several labels: images/0.png (cat and dog), images/3.png (cat and "
        "dog); each must have one",
    ),
    "no usual column": (
        table(NAMES, LABELS, "picture,label"),
        "labels.csv: no column has a usual name for the files; there are 'picture', 'label'. Say "
        "which: labels.csv:FILES,LABELS",
    ),
    "one class": (
        table(NAMES, ["cat"] * 10),
        "SOURCE: only one class, 'cat'; at least 2 are needed",
    ),
    "no labels": (
        table(NAMES, [""] * 10),
        "SOURCE: no image has a class; at least 2 are needed",
    ),
    "empty": ("", "labels.csv: has no rows below a line of column names"),
    "parts that are none": (
        table(NAMES, [f"{c},{n % 3}" for n, c in enumerate(LABELS)], "id,label,split"),
        "labels.csv: 10 rows are of none of the parts train, val and test: '0', '1', '2'",
    ),
    "a class that only one part has": (
        table(
            NAMES, [f"{c},train" for c in LABELS[:8]] + ["cat,test", "cow,test"], "id,label,part"
        ),
        "SOURCE: the test part must have the classes of train; only one has 'cow', 'dog'",
    ),
    "two parts": (
        table([*NAMES, "0"], [f"{c},train" for c in LABELS] + ["cat,test"], "id,label,part"),
        "SOURCE: 1 file with several parts: images/0.png (test and train); each must have one",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path, name):
    text, message = REFUSED[name]
    source = build(tmp_path / "photos", TEN, labels=text)
    with pytest.raises(DataError) as error:
        load_dataset(str(source), labels="labels.csv")
    assert str(error.value) == message.replace("SOURCE", str(source))


def test_names_that_could_be_several_files(tmp_path):
    paths = [f"{folder}/{n}.png" for folder in ("a", "b") for n in range(3)]
    source = build(tmp_path / "photos", paths, t=table(["0", "1", "b/2"], ["cat", "dog", "cat"]))
    with pytest.raises(DataError) as error:
        load_dataset(str(source), labels="t.csv")
    assert str(error.value) == (
        "t.csv: 2 names could be several files: 0 (a/0.png or b/0.png), 1 (a/1.png or b/1.png); "
        "give them with their folders"
    )
    with pytest.raises(DataError, match=r"^labels: no such file: u.csv, neither here nor in "):
        load_dataset(str(source), labels="u.csv")
    (source / "latin.csv").write_bytes("image,label\n0,Käse\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin.csv: is not text in UTF-8 \(byte 15\)"):
        load_dataset(str(source), labels="latin.csv")


def test_tables_that_say_different_things_of_parts(tmp_path):
    source = build(tmp_path / "photos", TEN, train=WAYS["ids"], test=WAYS["ids"], other="a\n")
    for labels, message in (
        ("train.csv,other.csv", "'other.csv' could be any"),
        ("train.csv,train.csv", "two tables for one part: train.csv, train.csv"),
        ("test.csv,valid.csv", "none of 'test.csv', 'valid.csv' is of the train part"),
        ("train.csv,test.csv", "10 files with several parts: images/0.png"),
    ):
        with pytest.raises(DataError) as error:
            load_dataset(str(source), labels=labels)
        assert message in str(error.value)


def test_a_table_inside_an_archive(tmp_path):
    source = build(tmp_path / "photos", TEN, labels=WAYS["ids"], other=WAYS["names of files"])
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for path in [*TEN, "labels.csv"]:
            archive.write(source / path, f"deep/{path}")
    dataset = load_dataset(str(tmp_path / "photos.zip"), labels="labels.csv")
    assert whole(dataset, TEN) == EXPECTED
    beside = load_dataset(str(tmp_path / "photos.zip"), labels=source / "other.csv")
    assert whole(beside, TEN) == EXPECTED
    with pytest.raises(DataError, match=r"holds no files called u\.csv"):
        load_dataset(str(tmp_path / "photos.zip"), labels="u.csv")


def test_another_table_is_another_data_set(tmp_path):
    source = build(tmp_path / "photos", TEN, labels=WAYS["ids"])
    first = load_dataset(str(source), labels="labels.csv")
    (source / "labels.csv").write_text(table(NAMES, ["dog", *LABELS[1:]]))
    second = load_dataset(str(source), labels="labels.csv")
    assert first.fingerprint != second.fingerprint
    (source / "labels.csv").write_text(WAYS["ids"])
    assert load_dataset(str(source), labels="labels.csv").fingerprint == first.fingerprint


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("a.csv", ["a.csv"]),
        ("train.csv,test.tsv", ["train.csv", "test.tsv"]),
        ("train.csv:id,class,test.CSV:id,class,split", ["train.csv:id,class",
                                                       "test.CSV:id,class,split"]),
    ],
)  # fmt: skip
def test_several_tables_in_one_text(text, tables):
    assert split_labels(text) == tables
    location = with_labels("photos", tables)
    assert without_labels(location) == ("photos", tuple(map(LabelsFile.of, tables)))
    assert with_labels(location, ["other.csv"]) == location
    assert data_title(location) == data_title(f"a/{location}") == "photos"


def test_odd_names_of_tables_survive_in_a_location():
    odd = ["50%26&labels=x.csv:a b,c&d", "100%.csv"]
    assert without_labels(with_labels("x", odd))[1] == tuple(map(LabelsFile.of, odd))


def test_a_study_and_its_plan(tmp_path, monkeypatch):
    source = build(tmp_path / "photos", TEN, labels=WAYS["ids"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text('datasets = ["photos"]\nlabels = ["labels.csv"]\n')
    settings = read_settings(Path("study.toml"), None, {})
    assert settings.title == "photos"
    ((location, dataset),) = load_datasets(settings).items()
    assert location == f"{source}?labels={source}/labels.csv" == whole_location(location)
    planned = describe(dataset, location)
    assert (planned.location, planned.fingerprint) == (location, dataset.fingerprint)
    monkeypatch.chdir("/")  # a plan goes on from any folder
    assert load_dataset(planned.location).fingerprint == dataset.fingerprint
    monkeypatch.chdir(tmp_path)
    study = augury.Study(dataset="photos", labels=Path("labels.csv"), models="small")
    assert study.settings.labels == settings.labels
    for changes, message in (
        ({"datasets": ("a", "b")}, r"labels: are of one data set, got 2: .* 'PATH\?labels=l.csv'"),
        ({"datasets": ("a",), "labels": ("l.csv:x",)}, "after the colon stand two columns"),
    ):
        with pytest.raises(InputError, match=message):
            StudySettings(**{"labels": ("l.csv",), **changes})
    for name, message in (
        ("digits", "labels: are of a folder or archive of images, and not of digits"),
        ("photos/*/{class}", "labels: say the classes, and so does the pattern in photos/"),
    ):
        with pytest.raises(AuguryError, match=message.replace("*", r"\*")):
            load_dataset(name, labels="labels.csv")


def test_the_doctor_tells_how_and_names_files(tmp_path):
    parts = ["train"] * 8 + ["test"] * 2
    labels = [f"{c},{part}" for c, part in zip(LABELS, parts, strict=True)]
    source = build(tmp_path / "photos", TEN, t=table(TEN, labels, "id,label,split"))
    Image.new("L", (12, 12), 0).save(source / TEN[1])  # a dog that is equal to cat 0
    location = f"{source}?labels=t.csv"
    found = examine_data(load_dataset(location), Recipe(), 100.0, location=location)
    words = {notice.check: notice.words for notice in found if "8 training" not in notice.words}
    assert words["note"] == "labels from t.csv, column 'label' by 'id', parts from column 'split'"
    assert words["plain-images"].endswith("one color: images/8.png, images/9.png")
    assert words["conflicting-labels"].endswith("another label: images/0.png, images/1.png")


def test_on_the_command_line(tmp_path, monkeypatch):
    names = [f"images/{n:03}.png" for n in range(60)]
    build(tmp_path / "photos", names, labels=table(names, ["cat", "dog"] * 30))
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    told = run(app, ["data", "photos", "--labels", "labels.csv", "--json"])
    facts = json.loads(told.stdout)
    assert facts["classes"] == ["cat", "dog"]
    assert facts["notes"][0] == "labels from labels.csv, column 'label' by 'image'"
    assert facts["set_aside"] == []
    told = run(app, ["data", "photos", "--labels", "labels.csv"])
    assert "\n  labels from labels.csv, column" in told.stdout
    assert "read as" not in told.stdout
    told = run(app, ["data", "photos"])
    assert told.exit_code == 2
    assert "if it has their labels, type --labels labels.csv" in " ".join(told.stderr.split())
