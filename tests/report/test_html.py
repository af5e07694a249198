import base64
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from augury.errors import DiskError, InputError
from augury.report import load_study, write_report
from augury.report.html import render
from helpers.html_page import Element, read_page, table_rows
from helpers.report_studies import ODD_CLASSES, edit, planned_cell, run_folder, write_study


@pytest.fixture(scope="module")
def digits_page(digits_study: Path) -> Element:
    return read_page(write_report(load_study(digits_study)).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def original_page(original_study: Path) -> Element:
    return read_page(write_report(load_study(original_study)).read_text(encoding="utf-8"))


def verdict_file(folder: Path) -> list[dict]:
    return json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))["comparisons"]


def result_file(folder: Path, arm: str, seed: int = 0) -> dict:
    path = run_folder(folder, "digits", "small", arm, seed) / "result.json"
    return json.loads(path.read_text(encoding="utf-8"))


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("+", "").replace(",", ""))


def decode(address: str) -> np.ndarray:
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)))


def test_report_is_one_small_file_that_asks_for_nothing(original_study: Path) -> None:
    path = write_report(load_study(original_study))
    text = path.read_text(encoding="utf-8")
    assert path == original_study / "report.html"
    assert path.stat().st_size < 5_000_000
    assert "<script" not in text
    assert "<link" not in text
    assert "@import" not in text
    assert "//" not in re.sub(r"data:image/png;base64,[\w+/=]+", "", text)
    assert not re.search(r"url\(", text)
    page = read_page(text)
    for element in page.walk():
        for name in ("src", "href"):
            value = element.attributes.get(name, "#")
            assert value.startswith(("#", "data:image/png;base64,")), value
    targets = [a.attributes["href"][1:] for a in page.all("a")]
    ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
    assert set(targets) <= set(ids)
    assert len(ids) == len(set(ids))


def test_verdict_rows_hold_the_numbers_of_the_file(
    digits_page: Element, digits_study: Path
) -> None:
    (table,) = digits_page.section("verdicts").all("table", "verdicts")
    baseline, *rows = table_rows(table)
    expected = np.mean(
        [100 * result_file(digits_study, "none", s)["test"]["accuracy"] for s in range(6)]
    )
    assert baseline[0] == "none"
    assert number(baseline[1]) == pytest.approx(expected, abs=0.005)
    assert baseline[-1] == "baseline"
    comparisons = verdict_file(digits_study)
    assert [row[0] for row in rows] == [c["augmentation"] for c in comparisons]
    for row, c in zip(rows, comparisons, strict=True):
        difference, low, high = re.findall(r"[+−]?\d+\.\d+", row[3])
        assert number(row[1]) == pytest.approx(c["accuracy"], abs=0.005)
        assert number(difference) == pytest.approx(c["difference"], abs=0.005)
        assert [number(low), number(high)] == pytest.approx(c["interval"], abs=0.005)
        assert number(row[4]) == pytest.approx(c["p"], abs=0.0005)
        assert row[5] == "6"
        # The label says the verdict, so its sentence goes on without it.
        assert row[6].replace("not shown ", "not shown; ") == c["words"]


def test_verdict_labels_carry_their_color(digits_page: Element, digits_study: Path) -> None:
    labels = digits_page.section("verdicts").all("span", "label")
    found = [(label.text, label.classes[1]) for label in labels[1:]]
    verdicts = [c["verdict"] for c in verdict_file(digits_study)]
    assert found == [(v, v.replace(" ", "-")) for v in verdicts]
    assert sorted(verdicts) == ["helps", "hurts", "not shown"]


def test_dots_lie_on_one_common_axis(digits_page: Element, digits_study: Path) -> None:
    plots = digits_page.section("verdicts").all("svg", "difference")[1:]
    ticks = [
        (number(t.text), float(t.attributes["x"]))
        for t in digits_page.all("svg", "difference-ticks")[0].all("text")
    ]
    slope, start = np.polyfit(*zip(*ticks, strict=True), 1)
    for plot, c in zip(plots, verdict_file(digits_study), strict=True):
        line = next(e for e in plot.all("line", "interval"))
        zero, band = plot.all("line", "zero")[0], plot.all("rect", "band")[0]
        ends = [float(line.attributes["x1"]), float(line.attributes["x2"])]
        assert ends == pytest.approx([start + slope * x for x in c["interval"]], abs=0.2)
        dot = float(plot.all("circle")[0].attributes["cx"])
        assert dot == pytest.approx(start + slope * c["difference"], abs=0.2)
        assert float(zero.attributes["x1"]) == pytest.approx(start, abs=0.2)
        assert float(band.attributes["width"]) == pytest.approx(0.4 * slope, abs=0.2)


def test_answer_names_what_helps_and_what_hurts(digits_page: Element, digits_study: Path) -> None:
    (answer,) = digits_page.all("p", "answer")
    by_arm = {c["augmentation"]: c for c in verdict_file(digits_study)}
    erasing, salience = by_arm["random-erasing"], by_arm["salience"]
    low, high = erasing["interval"]
    assert answer.text == (
        f"Compared with none, random-erasing helps by {erasing['difference']:.2f} points of test "
        f"accuracy (95 % interval {low:.2f} to {high:.2f}); salience hurts by "
        f"{-salience['difference']:.2f} points ({-salience['interval'][1]:.2f} to "
        f"{-salience['interval'][0]:.2f}); no difference was shown for normal."
    )


def test_grid_cell_holds_means_over_seeds(digits_page: Element, digits_study: Path) -> None:
    (table,) = digits_page.section("grid").all("table")
    for row in table.all("tbody")[0].all("tr"):
        arm = row.all("th")[0].text
        results = [result_file(digits_study, arm, seed) for seed in range(6)]
        tests = [r["test"]["accuracy"] for r in results]
        names = [e.text for e in row.all("dt")]
        values = dict(zip(names, (e.text for e in row.all("dd")), strict=True))
        mean, spread = values["test"].split(" ± ")
        assert number(mean) == pytest.approx(100 * np.mean(tests), abs=0.005)
        assert number(spread) == pytest.approx(100 * np.std(tests, ddof=1), abs=0.005)
        for part in ("validation", "train"):
            expected = np.mean([100 * r[part]["accuracy"] for r in results])
            assert number(values[part]) == pytest.approx(expected, abs=0.005)
        loss = np.mean([r["test"]["loss"] for r in results])
        assert number(values["test loss"]) == pytest.approx(loss, abs=0.0005)
        step = 1000 * np.median([r["step_seconds"] for r in results])
        assert number(values["a step"].removesuffix(" ms")) == pytest.approx(step, abs=0.05)
        expected_cost = {"none": 1.0, "normal": 1.03, "random-erasing": 1.05, "salience": 1.9}
        assert values["cost"] == f"{expected_cost[arm]:.2f}× of none"


def test_grid_has_every_case_and_network(original_page: Element, original_study: Path) -> None:
    study = load_study(original_study)
    tables = original_page.section("grid").all("table")
    assert len(tables) == len(study.datasets) == 2
    for table, dataset in zip(tables, study.datasets, strict=True):
        head = [th.text for th in table.all("thead")[0].all("th")]
        assert head == ["augmentation", *study.models]
        rows = table.all("tbody")[0].all("tr")
        assert [row.all("th")[0].text for row in rows] == list(study.arms)
        for row, arm in zip(rows, study.arms, strict=True):
            for cell, model in zip(row.all("td"), study.models, strict=True):
                (planned,) = study.select(dataset, model, arm)
                if planned.status == "done":
                    test = cell.all("dd")[0].text
                    assert planned.result is not None
                    assert number(test) == pytest.approx(100 * planned.result.test.accuracy)
                else:
                    text = {"failed": "1 failed run", "missing": "1 run to come"}
                    assert cell.text == text[planned.status]


def test_failed_and_missing_runs_are_named(original_page: Element) -> None:
    failed, missing = original_page.section("unfinished").all("li")
    assert failed.classes == ["failed"]
    assert planned_cell("digits", "densenet121", "random-erasing", 0, 2).name in failed.text
    assert failed.all("span", "error")[0].text == "the loss is not finite in epoch 2 at step 17"
    assert missing.classes == ["missing"]
    assert planned_cell("tinted", "vgg19", "salience", 0, 2).name in missing.text
    (alert,) = original_page.all("p", "alert")
    assert alert.text.startswith("2 runs of 30 did not finish")


def test_a_finished_study_has_no_unfinished_section(digits_page: Element) -> None:
    assert not [e for e in digits_page.walk() if e.attributes.get("id") == "unfinished"]


def test_one_seed_cannot_say(original_page: Element, original_study: Path) -> None:
    (answer,) = original_page.all("p", "answer")
    assert answer.text == (
        "This study cannot say yet: a verdict takes at least 6 paired seeds an arm, and it has 1."
    )
    labels = [e.text for e in original_page.section("verdicts").all("span", "label")]
    assert labels.count("cannot say") == 20
    assert labels.count("baseline") == 10
    assert len(verdict_file(original_study)) == 18
    assert not original_page.section("verdicts").all("line", "interval")


def test_names_from_files_are_escaped(original_page: Element) -> None:
    assert not original_page.all("b")
    headings = original_page.section("classes").all("table")[0].all("tbody")[0].all("th")
    assert [th.text for th in headings] == list(ODD_CLASSES)
    labels = original_page.section("confusion").all("svg")[0].all("text")
    assert {t.text for t in labels} == set(ODD_CLASSES)
    files = original_page.section("data").all("table")[0]
    assert table_rows(files) == [["3/broken <1>.png", "not an image"]]
    alts = [img.attributes["alt"] for img in original_page.all("img")]
    assert any(alt.startswith("Training image 14 of digits: ") for alt in alts)


@pytest.mark.parametrize("name", ["digits_study", "original_study"])
def test_every_svg_is_well_formed(name: str, request: pytest.FixtureRequest) -> None:
    text = render(load_study(request.getfixturevalue(name)))
    drawings = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(drawings) > 10
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert "nan" not in drawing
        assert root.get("aria-hidden") == "true" or root.get("aria-label")


def test_learning_curves_draw_every_seed_and_the_mean(
    digits_page: Element, digits_study: Path
) -> None:
    accuracy, loss = digits_page.section("curves").all("svg", "curves")
    for panel in (accuracy, loss):
        lines = panel.all("polyline")
        assert len([e for e in lines if "seed" in e.classes]) == 4 * 2 * 6
        assert len([e for e in lines if "mean" in e.classes]) == 4 * 2
    ticks = [(number(t.text), float(t.attributes["y"]) - 4) for t in accuracy.all("text", "end")]
    slope, start = np.polyfit(*zip(*ticks, strict=True), 1)
    (line,) = [
        e
        for e in accuracy.all("polyline", "mean")
        if "validation" in e.classes and "arm0" in e.classes
    ]
    drawn = [float(point.split(",")[1]) for point in line.attributes["points"].split()]
    runs = [
        [json.loads(text)["validation_accuracy"] for text in path.read_text().splitlines()]
        for path in sorted(digits_study.glob("runs/digits.small.none.*/epochs.jsonl"))
    ]
    expected = start + slope * 100 * np.mean(runs, axis=0)
    assert drawn == pytest.approx(expected.tolist(), abs=0.2)


def test_pictures_are_the_pixels_of_the_examples(digits_page: Element, digits_study: Path) -> None:
    section = digits_page.section("pictures")
    with np.load(run_folder(digits_study, "digits", "small", "none", 0) / "examples.npz") as file:
        row = section.all("div", "row")[0].all("figure")
        assert [f.all("span", "index")[0].text for f in row] == [str(i) for i in file["ids"]]
        for figure, image in zip(row, file["originals"], strict=True):
            assert np.array_equal(decode(figure.all("img")[0].attributes["src"]), image[0])
    arms = section.all("div", "arm-pictures")
    assert [a.all("h4")[0].text.split(" ")[0] for a in arms] == [
        "normal",
        "random-erasing",
        "salience",
    ]
    with np.load(
        run_folder(digits_study, "digits", "small", "salience", 0) / "examples.npz"
    ) as file:
        for pair, original, shown in zip(
            arms[2].all("div", "pair"), file["originals"], file["augmented"], strict=True
        ):
            first, middle, last = (decode(i.attributes["src"]) for i in pair.all("img"))
            assert np.array_equal(first, original[0])
            assert middle.shape == (8, 8, 3)
            assert np.array_equal(last, shown[0])
    captions = [p.text for p in arms[1].all("div", "pair")]
    assert captions[0].endswith("left as it was")
    assert all(caption.endswith("as shown") for caption in captions[1:])
    assert all(img.attributes["alt"] for img in section.all("img"))


def test_class_effects_are_paired_means(digits_page: Element, digits_study: Path) -> None:
    (table,) = digits_page.section("classes").all("table")
    arms = [th.text for th in table.all("thead")[0].all("th")][1:]
    cells = np.array([[number(x) for x in row[1:]] for row in table_rows(table)])
    for column, arm in zip(cells.T, arms, strict=True):
        differences = [
            np.subtract(
                result_file(digits_study, arm, seed)["test"]["per_class"],
                result_file(digits_study, "none", seed)["test"]["per_class"],
            )
            for seed in range(6)
        ]
        assert column == pytest.approx(100 * np.mean(differences, axis=0), abs=0.0501)


def test_confusions_name_the_worst_mistakes(digits_page: Element, digits_study: Path) -> None:
    figures = digits_page.section("confusion").all("figure")
    arms = [f.all("h4")[0].text for f in figures]
    assert arms == ["none", "normal", "random-erasing", "salience"]
    for figure, arm in zip(figures, arms, strict=True):
        counts = [result_file(digits_study, arm, s)["test"]["confusion"] for s in range(6)]
        shares = np.mean([np.divide(c, np.sum(c, axis=1, keepdims=True)) for c in counts], axis=0)
        np.fill_diagonal(shares, 0)
        true, predicted = np.unravel_index(shares.argmax(), shares.shape)
        worst = figure.all("li")[0].text
        share = f"{100 * shares.max():.1f}"
        assert worst == f"{true} taken for {predicted}: {share} %"


def test_provenance_is_complete(digits_page: Element) -> None:
    section = digits_page.section("provenance")
    text = section.text
    for expected in (
        "augury study --dataset digits --seeds 6",
        "2026-11-23T12:00:00+00:00",
        "0123456789abcdef0123456789abcdef01234567",
        "2.15.0",
        "x86-64",
        "7.6",
        "the network in training",
    ):
        assert expected in text
    speed = table_rows(section.all("table")[0])
    assert speed == [
        [
            "small on digits",
            "channels last, float32",
            "contiguous float32 14.2, channels last float32 12.5",
        ]
    ]
    data = digits_page.section("data").text
    assert "9f2c" * 16 in data
    assert "1,437 training images, 360 test images" in data
    assert "no test part: 20 % held out with seed 0" in data
    assert re.search(r"set aside ?1 file", data)


def test_tables_have_headers(original_page: Element) -> None:
    for table in original_page.all("table"):
        heads = table.all("th")
        assert heads
        assert all(th.attributes.get("scope") in ("col", "row", "rowgroup") for th in heads)


def test_a_study_that_has_just_begun_renders(tmp_path: Path) -> None:
    cells = [("digits", "small", arm, 0) for arm in ("none", "normal")]
    folder = write_study(tmp_path / "new", arms=("none", "normal"), seeds=1, missing=cells)
    (folder / "verdicts.json").unlink()
    page = read_page(render(load_study(folder)))
    assert page.all("p", "answer")[0].text == "There is nothing to compare with “none” yet."
    assert len(page.section("unfinished").all("li")) == 2
    assert "No run has kept pictures yet." in page.section("pictures").text


def test_a_study_without_validation_shows_none(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=1, epochs=5)
    for path in folder.glob("runs/*/result.json"):
        edit(path, lambda result: result.update(validation=None))
    for path in folder.glob("runs/*/epochs.jsonl"):
        nothing = {"validation_loss": None, "validation_accuracy": None}
        lines = [json.dumps(json.loads(x) | nothing) for x in path.read_text().splitlines()]
        path.write_text("".join(f"{line}\n" for line in lines))
    page = read_page(render(load_study(folder)))
    values = page.section("grid").all("dl")[0].all("dd")
    assert values[1].text == "–"
    lines = page.section("curves").all("polyline")
    assert len(lines) == 4
    assert all("train" in line.classes for line in lines)


def test_large_pictures_are_shrunk_and_said_to_be(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=1)
    edit(folder / "plan.json", lambda plan: plan["datasets"]["digits"].update(image_size=200))
    for path in folder.glob("runs/*/examples.npz"):
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        for name in ("originals", "augmented"):
            arrays[name] = arrays[name].repeat(25, axis=2).repeat(25, axis=3)
        np.savez(path, **arrays)
    section = read_page(render(load_study(folder))).section("pictures")
    assert "Shrunk from 200 to 96 pixels for this page." in section.text
    images = section.all("img")
    assert {decode(i.attributes["src"]).shape for i in images} == {(96, 96)}


def test_many_classes_stay_light(tmp_path: Path) -> None:
    names = tuple(f"class {k}" for k in range(100))
    folder = write_study(tmp_path / "hundred", arms=("none", "normal"), seeds=2, classes=names)
    page = read_page(render(load_study(folder)))
    assert len(table_rows(page.section("classes").all("table")[0])) == 25
    assert "75 classes with smaller differences left out" in page.section("classes").text
    assert not page.section("confusion").all("text")


def test_a_file_that_cannot_be_written_is_a_disk_error(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=1)
    (folder / "report.html").mkdir()
    with pytest.raises(DiskError, match=r"report\.html: cannot be written"):
        write_report(load_study(folder))
    assert not list(folder.glob(".report.html*"))


def test_damaged_examples_are_named(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=1)
    path = run_folder(folder, "digits", "small", "none", 0) / "examples.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"examples\.npz"):
        write_report(load_study(folder))
