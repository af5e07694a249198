"""What a plan says of single test images: their files and groups, and that no run depends on it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from augury.data import file_names, load_dataset
from augury.errors import DataError
from augury.records.plan import read_plan, write_plan
from augury.study.doctor.groups import group_notices
from augury.study.planning.describe import describe
from augury.study.planning.extend import extend_plan
from augury.study.planning.single_images import single_images
from helpers.studies import quick_plan, quick_settings


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Ten images of two classes in a training part, and four in a test part."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    for part, count in (("train", 5), ("test", 2)):
        for label in ("cat", "dog"):
            for n in range(count):
                path = folder / part / label / f"{n}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = np.random.default_rng(len(str(path)) + n).integers(0, 255, (12, 12))
                Image.fromarray(pixels.astype(np.uint8)).save(path)
    return str(folder)


def table(folder, *rows):
    file = folder / "subjects.csv"
    file.write_text("\n".join(["image,subject", *rows]) + "\n")
    return str(file)


def test_the_test_images_files_and_groups(photos, tmp_path):
    dataset, names = load_dataset(photos), file_names(photos)
    rows = ["test/cat/0.png,Bo", "test/dog/1.png,Al", "test/cat/1.png,Al", "train/cat/0.png,Cy"]
    groups = table(tmp_path, *rows, "gone.png,Al")
    planned = single_images(dataset, photos, groups).added_to(describe(dataset, photos))
    files = dict(planned.test_files)
    assert files == {id: names[id] for id in dataset.test.ids.tolist()}
    assert sorted(files.values()) == [f"test/{c}/{n}.png" for c in ("cat", "dog") for n in (0, 1)]
    found = planned.groups
    # Cy is in training only.
    assert (found.column, found.names, found.ungrouped) == ("subject", ("Al", "Bo"), 1)
    of = {files[id]: found.names[n] for id, n in zip(found.ids, found.of, strict=True)}
    assert of == {"test/cat/0.png": "Bo", "test/cat/1.png": "Al", "test/dog/1.png": "Al"}
    assert (found.unknown, found.unknown_names) == (1, ("gone.png",))


def test_groups_of_training_images_alone_are_refused(photos, tmp_path):
    dataset = load_dataset(photos)
    groups = table(tmp_path, "train/cat/0.png,Al")
    with pytest.raises(DataError, match=r"subjects.csv: names a group for none of the test images"):
        single_images(dataset, photos, groups)


def test_the_doctor_counts_the_groups(photos, tmp_path):
    dataset = load_dataset(photos)
    rows = ["test/cat/0.png,Bo", "test/dog/1.png,Al", "test/cat/1.png,Al", "gone.png,Al"]
    found = list(group_notices(dataset, photos, table(tmp_path, *rows)))
    assert [(notice.level, notice.check, notice.count, notice.words) for notice in found] == [
        ("fine", "groups", 2, "test images by subject: Al 2, Bo 1"),
        ("warning", "ungrouped", 1, "test images without a subject: 1"),
        ("warning", "unknown-groups", 1, "named in the table of groups, but no images: gone.png"),
    ]
    (problem,) = group_notices(dataset, photos, str(tmp_path / "no.csv"))
    assert (problem.level, problem.check) == ("problem", "groups")
    assert list(group_notices(dataset, photos, "")) == []


def test_groups_rename_no_run_and_come_to_a_study_that_is_there(tmp_path):
    digits = load_dataset("digits")
    groups = table(tmp_path, f"{digits.test.ids[0]},Al")
    old = quick_plan(quick_settings())
    new = quick_plan(quick_settings(groups=groups))
    assert [cell.name for cell in new.cells] == [cell.name for cell in old.cells]
    grouped = single_images(digits, "digits", groups).added_to(new.datasets["digits"])
    extended = extend_plan(old, replace(new, datasets={"digits": grouped}))
    assert extended.datasets["digits"].groups == grouped.groups
    # A later call without the table takes nothing away.
    again = extend_plan(extended, old)
    assert again.datasets["digits"].groups == grouped.groups
    write_plan(tmp_path / "plan.json", again)
    assert read_plan(tmp_path / "plan.json") == again
