"""What augury has written into a data set's folder is never read as data."""

import zipfile

import pytest

from augury.data import check_output, data_title, load_dataset
from augury.errors import DataError, InputError


@pytest.fixture
def insects(tmp_path, write_image):
    for value, name in enumerate(("ant/0", "ant/1", "ant/2", "bee/0", "bee/1")):
        write_image(tmp_path / "insects" / f"{name}.png", value)
    return tmp_path / "insects"


def make_study(folder, write_image, begun=False):
    folder.mkdir(parents=True)
    (folder / ".plan.lock").touch()
    if not begun:
        (folder / "plan.json").write_text("{}")
        (folder / "study.toml").write_text("")
        write_image(folder / "runs/cell/figure.png", 99)
    return folder


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("where", ["studies/insects", "results", "studies/a/b"])
def test_a_study_in_a_data_folder(insects, write_image, where, begun):
    before = load_dataset(str(insects))
    make_study(insects / where, write_image, begun)
    after = load_dataset(str(insects))
    assert after.fingerprint == before.fingerprint
    assert [(file.path, file.reason) for file in after.set_aside] == [
        (where, "a study of augury's, not data")
    ]
    # What the study writes does not change the data, which would be decoded anew each time.
    write_image(insects / where / "runs/other.png", 3)
    found = []
    load_dataset(str(insects), progress=lambda *call: found.append(call))
    assert found == []


def test_a_study_in_an_archive(insects, tmp_path, write_image):
    before = load_dataset(str(insects))
    make_study(insects / "studies/x", write_image)
    with zipfile.ZipFile(tmp_path / "insects.zip", "w") as archive:
        for file in insects.rglob("*"):
            archive.write(file, str(file.relative_to(insects)))
    dataset = load_dataset(str(tmp_path / "insects.zip"))
    assert dataset.fingerprint == before.fingerprint
    assert [file.path for file in dataset.set_aside] == ["studies/x"]


def test_a_folder_of_pictures_with_a_lock_in_it_is_a_class(insects):
    (insects / "bee" / ".plan.lock").touch()
    assert load_dataset(str(insects)).classes == ("ant", "bee")


def test_an_empty_folder_beside_a_study_is_still_told(insects, write_image):
    make_study(insects / "studies/x", write_image)
    (insects / "studies/wasp").mkdir()
    with pytest.raises(DataError, match="class 'studies' has no images"):
        load_dataset(str(insects))


def test_a_study_is_no_data_set(tmp_path, write_image):
    study = make_study(tmp_path / "study", write_image)
    with pytest.raises(DataError, match="the folder of a study, not of images"):
        load_dataset(str(study))


def test_figures_of_the_data_are_no_class(insects, write_image):
    before = load_dataset(str(insects))
    for figure in ("images", "normalization"):
        write_image(insects / "figures" / f"insects-{figure}.png", 1, (300, 200))
    after = load_dataset(str(insects))
    assert after.classes == ("ant", "bee")
    assert after.fingerprint == before.fingerprint
    assert {file.reason for file in after.set_aside} == {"a figure of augury's, not data"}


def test_the_cache_in_a_data_folder(insects, monkeypatch):
    before = load_dataset(str(insects))
    monkeypatch.setenv("AUGURY_CACHE", str(insects / "cache"))
    for _ in range(2):
        after = load_dataset(str(insects))
        assert after.fingerprint == before.fingerprint
    assert after.classes == ("ant", "bee")


def test_output_inside_the_data_is_refused_wherever_links_lead(insects, tmp_path):
    (tmp_path / "link").symlink_to(insects)
    for output in (insects, insects / "x/y", tmp_path / "link" / "x", insects / "ant/../x"):
        for data in (str(insects), f"{tmp_path}/link", f"{insects}/*/{{class}}"):
            with pytest.raises(InputError, match=r"would lie in the data set .*insects, and be"):
                check_output(output, data, "it", "figures")
    for output in (tmp_path, tmp_path / "insects-2", tmp_path / "other"):
        check_output(output, str(insects), "it", "figures")
    check_output(insects, "digits", "it", "figures")


def test_titles(insects, monkeypatch):
    monkeypatch.chdir(insects / "ant")
    for name, title in (
        ("..", "insects"),
        (".", "ant"),
        ("../bee/..", "insects"),
        ("digits", "digits"),
        (f"{insects}/", "insects"),
        ("a/b.zip", "b"),
        (f"{insects}/*/{{class}}", "insects"),
    ):
        assert data_title(name) == title
