"""Tables of images and their groups: each table beside what it must become."""

from pathlib import Path

import pytest
from PIL import Image

from augury.data import file_names
from augury.data.groups import check_groups, read_groups, split_groups, whole_groups
from augury.errors import AuguryError, InputError

PATHS = [f"{name}/{n}.png" for name in ("cat", "dog") for n in range(3)]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "photos"
    for value, path in enumerate(PATHS):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (12, 12), 40 * value).save(folder / path)
    return folder


def groups_of(photos: Path, file: Path, columns: str = "") -> dict[str, str]:
    """{path: group}."""
    names = file_names(str(photos))
    found = read_groups(f"{file}{columns}", str(photos), names)
    return {names[id]: group for id, group in found.of.items()}


def test_images_are_named_by_their_files(photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "cameras.csv"
    file.write_text(
        "image,camera\ncat/0.png,left\nphotos/dog/1.png, right \ndog/2,left\ncat/2.png,\n"
    )
    assert groups_of(photos, file) == {
        "cat/0.png": "left",
        "dog/1.png": "right",
        "dog/2.png": "left",
    }
    assert read_groups(str(file), str(photos), file_names(str(photos))).column == "camera"


def test_the_columns_are_said_where_there_are_more(photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    file.write_text("n;where;who\n1;cat/1.png;Ann\n2;dog/0.png;Bob\n")
    expected = {"cat/1.png": "Ann", "dog/0.png": "Bob"}
    assert groups_of(photos, file, ":where,who") == expected
    with pytest.raises(InputError, match=r"groups: all.csv: which columns .* 'n', 'where', 'who'"):
        groups_of(photos, file)


def test_images_of_other_data_have_numbers(tmp_path: Path) -> None:
    file = tmp_path / "writers.csv"
    file.write_text("id,writer\n7,Ann\n9,Bob\n1797,Cyd\n")
    found = read_groups(str(file), "digits", range(1797))
    assert found.of == {7: "Ann", 9: "Bob"}
    assert found.unknown == ("1797",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "image,camera\ngone.png,left\nlost.png,left\ncat/1.png,left\n",
            "2 of 3 names .* 'gone.png'",
        ),
        ("image,camera\ncat/1.png,left\ncat/1.png,right\n", "cat/1.png is in two groups, left or"),
        ("image,camera\n1.png,left\n", "1.png could be several images"),
        ("image,camera\n", "has no rows"),
        ("", "has no rows"),
        ("image,camera\n\xff,left\n", "is not text in UTF-8"),
    ],
    ids=["unknown", "two", "doubtful", "empty", "blank", "bytes"],
)
def test_bad_tables_are_refused_in_one_line(photos, tmp_path, text, says) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(AuguryError, match=says) as refused:
        groups_of(photos, file)
    assert str(refused.value).startswith("groups: bad.csv: ")
    assert "\n" not in str(refused.value)


def test_other_bad_input(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.csv: cannot be read"):
        groups_of(photos, tmp_path / "no.csv")
    file = tmp_path / "a.csv"
    file.write_text("image,camera\ncat/1.png,left\n")
    with pytest.raises(AuguryError, match="has no column 'lens'"):
        groups_of(photos, file, ":image,lens")
    for columns in (":image", ":a,b,c", ":,b"):
        with pytest.raises(InputError, match="after the colon stand two columns"):
            split_groups(f"a.csv{columns}")
    with pytest.raises(InputError, match="groups: are of one data set, got 2"):
        check_groups("a.csv", ["digits", "cifar10"])


def test_a_study_finds_the_table_from_any_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert whole_groups("a.csv:x,y") == f"{tmp_path / 'a.csv'}:x,y"
    assert split_groups(f"{tmp_path}/a.csv:x,y") == (tmp_path / "a.csv", ("x", "y"))
