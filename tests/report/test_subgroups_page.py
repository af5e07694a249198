"""Who is helped and hurt, and which images turned, on the page, in report.md and the terminal."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from augury.data import load_dataset
from augury.records.plan import PlannedDataset
from augury.report import load_study, verdict_table
from augury.report.html import render
from augury.report.markdown import markdown
from augury.report.turned_pictures import turned_pictures
from helpers.html_page import Element, read_page
from helpers.report_studies import edit, write_study

ARM = "random-erasing"


def effect(name, difference, interval, found=False):
    return {
        "name": name,
        "images": 36,
        "seeds": 6,
        "accuracy": 90.0 + difference,
        "baseline_accuracy": 90.0,
        "difference": difference,
        "interval": interval,
        "false_discovery": 0.01 if found else 0.4,
        "found": found,
    }


TURNED = {
    "seeds": 6,
    "images": 360,
    "lost": 7,
    "won": 1,
    "most_lost": [{"id": 14, "label": 3, "called": 8, "right_without": 6, "right_with": 0}],
    "most_won": [{"id": 15, "label": 5, "called": 9, "right_without": 1, "right_with": 5}],
}


@pytest.fixture(scope="module")
def hurt_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_study(tmp_path_factory.mktemp("studies") / "hurt", arms=("none", ARM))

    def add_evidence(content):
        arm = next(arm for arm in content["arms"] if arm["augmentation"] == ARM)
        arm["classes"] = [
            effect("3", -4.12, [-7.0, -1.24], found=True),
            effect("5", -9.5, [-20.0, 1.0]),
            effect("<b>", 2.0, [0.5, 3.5], found=True),
        ]
        arm["groups"] = [effect("left", -1.5, [-2.0, -1.0], found=True), effect("right", 0, None)]
        arm["turned"] = TURNED

    def add_plan(content):
        dataset = content["datasets"]["digits"]
        dataset["test_files"] = [[14, "3/a <14>.png"]]
        dataset["groups"] = {
            "column": "camera",
            "names": ["left", "right"],
            "ids": [14, 15],
            "of": [0, 1],
            "ungrouped": 358,
        }

    edit(folder / "evidence.json", add_evidence)
    edit(folder / "plan.json", add_plan)
    return folder


@pytest.fixture(scope="module")
def section(hurt_study: Path) -> Element:
    return read_page(render(load_study(hurt_study))).section("hurt")


LOSSES = "hurts class 3 by 4.1 (1.2 to 7.0); hurts camera left by 1.5 (1.0 to 2.0)"


def test_the_terminal_has_a_short_line_of_who_is_hurt(hurt_study: Path) -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(verdict_table(load_study(hurt_study)))
    assert f"{ARM} {LOSSES}\n" in capture.get()


def test_the_short_report_says_who_is_helped_too(hurt_study: Path) -> None:
    lines = markdown(load_study(hurt_study)).splitlines()
    assert f"- {ARM} {LOSSES}; helps class \\<b\\> by 2.0 (0.5 to 3.5) points" in lines


def test_the_page_says_and_draws_what_is_found(section: Element) -> None:
    assert (
        section.all("li")[0].text == f"{ARM} {LOSSES}; helps class <b> by 2.0 (0.5 to 3.5) points"
    )
    classes, groups = section.all("svg", "subgroups")
    kinds = [g.classes[1] for g in classes.all("g", "difference")]
    assert kinds == ["hurts", "unsure", "helps"]
    assert classes.all("title")[0].text == "3: −4.1 points (−7.0 to −1.2)"
    assert [t.text for t in groups.all("text", "end")] == ["left", "right"]
    # An interval that is not known is not drawn.
    assert [len(g.all("line")) for g in groups.all("g", "difference")] == [1, 0]


def test_the_charts_numbers_lie_on_its_scale(section: Element) -> None:
    chart = section.all("svg", "subgroups")[0]
    dots = [float(dot.attributes["cx"]) for dot in chart.all("circle")]
    ticks = {
        t.text.replace("−", "-"): float(t.attributes["x"]) for t in chart.all("text", "middle")
    }
    (one, first), (other, second) = [(float(text), x) for text, x in ticks.items()][:2]
    a_point = (second - first) / (other - one)
    assert np.diff(dots) == pytest.approx([a_point * (-9.5 + 4.12), a_point * 11.5], abs=0.2)


def test_the_page_has_all_numbers(section: Element) -> None:
    table = section.all("table")[0]
    rows = [[cell.text for cell in row.all("td")] for row in table.all("tr")[1:]]
    assert rows[0] == ["36", "90.0", "−4.1−7.0 to −1.2"]
    assert rows[1] == ["36", "90.0", "−9.5−20.0 to +1.0"]


def test_images_that_turned_are_named_where_the_data_set_is_not_here(section: Element) -> None:
    assert section.all("summary")[-1].text == (
        f"{ARM}: 7 images lost, 1 won, of 360 test images and over 6 seeds"
    )
    captions = [caption.text for caption in section.all("figcaption")[2:]]
    assert captions == [
        "3, called 8 6 → 0 of 6 3/a <14>.png",
        "5, called 9 1 → 5 of 6 image 15",
    ]
    assert section.all("img") == []
    assert "digits is not in the cache of the machine that wrote this page" in section.text


def test_a_study_without_predictions_has_no_such_section(digits_study: Path) -> None:
    page = render(load_study(digits_study))
    assert 'id="hurt"' not in page
    assert "#hurt" not in page


def image_of(address: str) -> np.ndarray:
    kind, _, content = address.partition(";base64,")
    image = np.array(Image.open(io.BytesIO(base64.b64decode(content))))
    assert kind == ("data:image/png" if image.shape[0] < 80 else "data:image/jpeg")
    return image


def planned(**changes) -> PlannedDataset:
    values = {"location": "digits", "source": "", "classes": ("0", "1"), "channels": 1, "train": 9}
    return PlannedDataset(**values, own_validation=False, test=9, **changes)


def test_pictures_are_the_pixels_that_networks_see() -> None:
    digits = load_dataset("digits")
    ids = digits.test.ids[[3, 30]].tolist()
    found = turned_pictures(planned(fingerprint=digits.fingerprint, image_size=16), ids)
    assert sorted(found) == sorted(ids)
    assert np.array_equal(image_of(found[ids[1]]), digits.test.images[30, 0])
    # Where images are stored larger, networks see the center.
    center = turned_pictures(planned(fingerprint=digits.fingerprint, image_size=12), ids[:1])
    assert np.array_equal(image_of(center[ids[0]]), digits.test.images[3, 0, 2:14, 2:14])


def test_large_pictures_are_small_files() -> None:
    digits = load_dataset("digits", image_size=96)
    (id,) = ids = digits.test.ids[:1].tolist()
    found = turned_pictures(planned(fingerprint=digits.fingerprint, image_size=96), ids)
    assert image_of(found[id]).shape == (80, 80)


def test_another_data_set_is_not_shown() -> None:
    assert turned_pictures(planned(fingerprint="0" * 64, image_size=16), [1]) == {}
