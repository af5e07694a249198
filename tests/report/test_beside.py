"""The section beside the verdict shows what evidence.json holds."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from augury.report import load_study
from augury.report.html import render
from helpers.html_page import Element, read_page, table_rows
from helpers.report_studies import edit, renamed, write_study

ARMS = ["none", "normal", "random-erasing", "salience"]


@pytest.fixture(scope="module")
def page(two_datasets_study: Path) -> Element:
    return section(two_datasets_study)


@pytest.fixture(scope="module")
def written(two_datasets_study: Path) -> dict[tuple[str, str], dict]:
    content = json.loads((two_datasets_study / "evidence.json").read_text(encoding="utf-8"))
    return {(arm["dataset"], arm["augmentation"]): arm for arm in content["arms"]}


@pytest.fixture
def small_study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "s", arms=("none", "normal"), seeds=2, epochs=2)


def section(folder: Path) -> Element:
    return read_page(render(load_study(folder))).section("beside")


def written_as(value: float, digits: int, sign: bool = False) -> str:
    return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def size(entry: dict, digits: int) -> str:
    """A difference with its interval as the page shows them in one cell."""
    values = [entry["difference"], *(entry["interval"] or [])]
    difference, *ends = [written_as(v, digits, sign=True) for v in values]
    # What rounds to zero has no sign.
    text = difference + (f"{ends[0]} to {ends[1]}" if ends else "")
    return re.sub(rf"[+−](0\.0{{{digits}}})(?!\d)", r"\1", text)


def rows(page: Element, style: str, group: int) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in table_rows(page.all("table", style)[group])}


@pytest.mark.parametrize(("group", "dataset"), [(0, "digits"), (1, "tinted")])
def test_probabilities_stand_before_and_after_the_temperature(
    page: Element, written: dict, group: int, dataset: str
) -> None:
    shown = rows(page, "probabilities", group)
    assert list(shown) == ARMS
    for arm, (nll, difference, brier, calibration, temperature) in shown.items():
        m = written[dataset, arm]["measures"]
        for text, name in ((nll, "nll"), (brier, "brier"), (calibration, "calibration_error")):
            before, after = (written_as(m[n]["mean"], 3) for n in (name, f"{name}_scaled"))
            assert text == f"{before} → {after}"
        assert difference == ("baseline" if arm == "none" else size(m["nll"], 3))
        assert temperature == written_as(m["temperature"]["mean"], 2)
    everything = page.all("details")[group].all("table")[0]
    for row, arm in zip(table_rows(everything), ARMS[1:], strict=True):
        m = written[dataset, arm]["measures"]
        names = [
            f"{name}{end}"
            for name in ("nll", "brier", "calibration_error")
            for end in ("", "_scaled")
        ]
        assert row == [arm, *(size(m[name], 3) for name in names)]


def test_corruptions_have_a_row_for_each_arm_and_a_panel_for_each_corruption(
    page: Element, written: dict
) -> None:
    for group, dataset in enumerate(("digits", "tinted")):
        for arm, shown in rows(page, "corruptions", group).items():
            entry = written[dataset, arm]
            measure = entry["measures"]["corrupted_accuracy"]
            assert shown == [
                written_as(entry["corruptions"]["clean"], 2),
                written_as(measure["mean"], 2),
                "baseline" if arm == "none" else size(measure, 2),
                "200",
                str(entry["corruptions"]["runs"]),
            ]
        panels = page.all("div", "multiples")[group].all("figure")
        names = [panel.all("figcaption")[0].text for panel in panels]
        assert names == list(written[dataset, "none"]["corruptions"]["accuracy"])
        for panel in panels:
            lines = [line.attributes["class"] for line in panel.all("polyline")]
            assert lines == [f"mean arm{n}" for n in (3, 2, 1, 0)]
    legend = [item.text for item in page.all("ul", "legend")[0].all("li")]
    assert legend == ARMS
    assert "the mean over 4 corruptions at severities 1 to 5" in page.text


def test_equal_epochs_and_equal_time_stand_side_by_side(
    page: Element, written: dict, two_datasets_study: Path
) -> None:
    for arm, shown in rows(page, "equal", 0).items():
        runs = sorted(two_datasets_study.glob(f"runs/digits.small.{arm}.*/result.json"))
        tests = [json.loads(run.read_text())["test"]["accuracy"] for run in runs]
        last = [
            json.loads((run.parent / "epochs.jsonl").read_text().splitlines()[-1]) for run in runs
        ]
        time = written["digits", arm]["equal_time"]
        bound = "" if arm == "none" else "≥ "
        assert shown == [
            written_as(np.mean(100 * np.array(tests)), 2),
            written_as(np.mean([100 * line["validation_accuracy"] for line in last]), 2),
            f"{bound}{written_as(time['mean'], 2)}",
            "baseline" if arm == "none" else size(time, 2),
            {"none": "10 of 10", "salience": "5 of 10"}.get(arm, "9 of 10"),
            written_as(written["digits", arm]["optimism"], 2, sign=True),
        ]
    assert "the learning rate had not come down yet" in page.text
    assert "it is not done, as the best of many epochs is partly luck" in page.text


def test_no_bound_is_named_where_all_epochs_fit(small_study: Path) -> None:
    edit(
        small_study / "evidence.json",
        lambda e: [arm["equal_time"].update(epochs=2) for arm in e["arms"]],
    )
    found = section(small_study)
    assert [row[4] for row in rows(found, "equal", 0).values()] == ["2 of 2", "2 of 2"]
    assert "the learning rate had not come down" not in found.text
    assert "≥" not in found.text


def test_budgets_and_runs_are_shown_and_what_is_not_done_is_marked(page: Element) -> None:
    assert rows(page, "budget", 0) == {
        "none": ["10", "110", "1 min 2 s", "12.0 ms", "1.00×", "4", "4", "0", "0"],
        "normal": ["10", "110", "1 min 3 s", "12.4 ms", "1.03×", "4", "4", "0", "0"],
        "random-erasing": ["10", "110", "1 min 5 s", "12.6 ms", "1.05×", "4", "4", "0", "0"],
        "salience": ["10", "110", "1 min 57 s", "22.8 ms", "1.90×", "4", "2", "1", "1"],
    }
    bad = [cell.text for cell in page.all("table", "budget")[0].all("td", "bad")]
    assert bad == ["2", "1", "1"]
    assert not page.all("table", "budget")[1].all("td", "bad")
    notes = [note.text for note in page.all("p", "bad")]
    assert notes == ["salience: seeds 1 and 3 have no partner and are left out."]
    assert page.text.count("Every run was given the same number of epochs and steps.") == 2


@pytest.mark.parametrize(("decided", "looks", "alarm"), [
    (True, [2, 4], False), (False, [2, 4], True), (True, [], True),
])  # fmt: skip
def test_an_arm_that_was_stopped_on_purpose_is_no_alarm(
    small_study: Path, decided: bool, looks: list[int], alarm: bool
) -> None:
    def change(verdicts: dict) -> None:
        verdicts["rule"]["looks"] = looks
        verdicts["comparisons"][0].update(decided=decided, unpaired=[2, 3])

    edit(small_study / "verdicts.json", change)
    (note,) = [p for p in section(small_study).all("p") if "no partner" in p.text]
    assert note.text == "normal: seeds 2 and 3 have no partner and are left out."
    assert ("bad" in note.classes) is alarm


@pytest.mark.parametrize("decided", [True, False])
def test_a_decided_arm_of_a_race_needs_no_word_on_the_seeds_that_came_later(
    small_study: Path, decided: bool
) -> None:
    def change(verdicts: dict) -> None:
        verdicts["rule"].update(design="race", mixing=0.1, batches=[])
        verdicts["comparisons"][0].update(decided=decided, unpaired=[2, 3])

    edit(small_study / "verdicts.json", change)
    notes = [p.text for p in section(small_study).all("p") if "no partner" in p.text]
    assert len(notes) == (not decided)


def test_unequal_budgets_are_named(small_study: Path) -> None:
    edit(small_study / "evidence.json", lambda e: e["arms"][1]["budget"].update(steps=5))
    found = section(small_study)
    (note,) = found.all("p", "bad")
    assert note.text == "The runs were not all given the same number of epochs and steps."
    assert "Every run was given" not in found.text


def test_ranks_and_interquartile_means_over_all_problems(page: Element, two_datasets_study) -> None:
    overall = json.loads((two_datasets_study / "evidence.json").read_text())["overall"]
    shown = rows(page, "overall", 0)
    assert list(shown) == overall["arms"]
    for row, rank, middle in zip(
        shown.values(),
        overall["ranks"]["mean_ranks"],
        overall["interquartile_means"],
        strict=True,
    ):
        low, high = middle["interval"]
        assert row == [f"{rank:.2f}", f"{middle['mean']:.2f}", f"{low:.2f} to {high:.2f}"]
    assert "p = 0.145, by Iman and Davenport’s F p = 0.031" in page.text
    assert "closer than 3.32 are not told apart" in page.text
    assert "Ranks over 2 problems can show little" in page.text
    # Salience has finished seeds 0 and 2 alone.
    assert "4 runs of each augmentation, those of 2 seeds that all of them" in page.text


def test_two_arms_have_no_ranks(tmp_path: Path) -> None:
    folder = write_study(
        tmp_path / "s", datasets=("digits", "tinted"), arms=("none", "normal"), seeds=2, epochs=1
    )
    edit(folder / "evidence.json", lambda e: e["overall"].update(ranks=None))
    found = section(folder)
    heads = [th.text for th in found.all("table", "overall")[0].all("thead")[0].all("th")]
    assert heads == ["augmentation", "interquartile mean of test accuracy, %", "95 % interval"]
    assert "Friedman" not in found.text
    assert "can show little" not in found.text
    assert "There are no ranks: they take at least three augmentations" in found.text


def test_over_all_stands_only_where_there_are_several(
    small_study: Path, original_study: Path
) -> None:
    assert "Over all" not in section(small_study).text
    unfinished = section(original_study)
    assert "There is nothing to say over all of them" in unfinished.text
    assert not unfinished.all("table", "overall")


def test_an_arm_of_which_nothing_is_known_has_dashes_and_no_zero(original_study: Path) -> None:
    found = section(original_study)
    # densenet121 on digits is the third pair; its random erasing failed.
    assert rows(found, "budget", 2)["random-erasing"] == ["–"] * 5 + ["1", "0", "1", "0"]
    assert rows(found, "probabilities", 2)["random-erasing"] == ["–"] * 5
    assert rows(found, "corruptions", 2)["random-erasing"] == ["–"] * 5
    assert rows(found, "equal", 2)["random-erasing"] == ["–"] * 6
    # With one seed there is a difference, and no interval.
    assert re.fullmatch(r"[+−]\d+\.\d{2}", rows(found, "corruptions", 2)["salience"][2])
    assert not re.search(r"\b(nan|none|None)\b", " ".join(td.text for td in found.all("td")))


def test_values_that_are_absent_are_dashes(small_study: Path) -> None:
    def change(evidence: dict) -> None:
        arm = evidence["arms"][1]
        arm["measures"]["nll"] = {"mean": None, "difference": None, "interval": None}
        del arm["measures"]["temperature"], arm["measures"]["brier_scaled"]
        arm["measures"]["brier"]["mean"] = 0.125
        arm["budget"] |= {"cost": None, "seconds": None, "step_seconds": None}
        arm["equal_time"] = arm["corruptions"] = arm["optimism"] = None

    edit(small_study / "evidence.json", change)
    found = section(small_study)
    nll, difference, brier, _, temperature = rows(found, "probabilities", 0)["normal"]
    assert (nll, difference, brier, temperature) == ("–", "–", "0.125 → –", "–")
    assert rows(found, "budget", 0)["normal"] == ["2", "22", "–", "–", "–", "2", "2", "0", "0"]
    assert rows(found, "equal", 0)["normal"][2:] == ["–"] * 4
    clean, *_, images, runs = rows(found, "corruptions", 0)["normal"]
    assert (clean, images, runs) == ("–", "–", "–")


def test_without_predictions_and_corruptions_it_says_so(small_study: Path) -> None:
    edit(
        small_study / "evidence.json",
        lambda e: [arm.update(measures={}, corruptions=None) for arm in e["arms"]],
    )
    found = section(small_study)
    assert "No predictions were kept." in found.text
    assert "No network was tried on corrupted images." in found.text
    assert not found.all("table", "probabilities")
    assert not found.all("svg")


def test_evidence_that_was_not_gathered_is_asked_for(small_study: Path) -> None:
    (small_study / "evidence.json").unlink()
    found = section(small_study)
    assert "was not gathered yet: augury report with this study’s folder gathers it." in found.text
    assert not found.all("table")


def test_names_are_escaped(small_study: Path) -> None:
    renamed(small_study, {"normal": "<b>&"})
    renamed(small_study, {"fog": "<i>fog"})
    found = section(small_study)
    assert not found.all("b")
    assert not found.all("i")
    assert list(rows(found, "budget", 0)) == ["none", "<b>&"]
    assert "<i>fog" in [caption.text for caption in found.all("figcaption")]
