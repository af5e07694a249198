"""The original study beside its report: every figure beside one that was worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.original import orders, pictures, reading, tables
from benchmarks.original.__main__ import join, main, report
from matplotlib.image import imread

from augury.records.cell import Cell
from augury.records.epochs import Epoch
from augury.records.plan import plan_of
from augury.records.provenance import Machine, Provenance
from augury.records.result import Learned
from augury.study.store import StudyFolder
from helpers import report_studies
from helpers.results import make_result, store_run

ARMS = ("none", "normal", "random-erasing", "salience")
ORIGIN = Provenance(
    versions={"augury": "0.9", "torch": "2.9"},
    machine=Machine(processor="A processor", cores=2),
    git_commit="0123456789abcdef",
)
# By network and arm: the seeds' (test, training) accuracies. Means of test accuracy by arm:
# vgg19 80, 81, 79, 81; resnet50 70, 72, 73, 72; of training accuracy: vgg19 95, 97, 99, 98;
# resnet50 90, 91, 93, 93.
ACCURACIES = {
    ("vgg19", "none"): [(0.79, 0.94), (0.81, 0.96)],
    ("vgg19", "normal"): [(0.80, 0.97), (0.82, 0.97)],
    ("vgg19", "random-erasing"): [(0.81, 0.99), (0.77, 0.99)],
    ("vgg19", "salience"): [(0.80, 0.98), (0.82, 0.98)],
    ("resnet50", "none"): [(0.70, 0.90), (0.70, 0.90)],
    ("resnet50", "normal"): [(0.71, 0.91), (0.73, 0.91)],
    ("resnet50", "random-erasing"): [(0.72, 0.93), (0.74, 0.93)],
    ("resnet50", "salience"): [(0.73, 0.93), (0.71, 0.93)],
}


@pytest.fixture(autouse=True)
def plateau(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies that the helpers write have the preset's schedule."""
    planned = report_studies.planned_cell

    def with_plateau(*names: object) -> Cell:
        cell = planned(*names)
        return replace(cell, recipe=replace(cell.recipe, schedule="plateau"))

    monkeypatch.setattr(report_studies, "planned_cell", with_plateau)


def write(folder: Path, **settings: object) -> Path:
    """A study with the accuracies above. `settings`: those of `report_studies.write_study`."""
    usual: dict[str, object] = {"datasets": ["cifar10"], "models": ["vgg19"], "arms": ARMS}
    given = {**usual, "seeds": 2, "epochs": 4, **settings}
    report_studies.write_study(folder, **given)
    store = StudyFolder(folder)
    for cell in plan_of(folder).cells:
        if store.run(cell).done:
            test, train = ACCURACIES[cell.model, reading.case_of(cell.augmentation)][cell.seed]
            learned = Learned(images=1000, right=0.9, steps=1400, slope=None)
            result = make_result(cell, test, learned=learned, provenance=ORIGIN)
            store_run(store.run(cell), result, epochs(train, rates_of(cell)))
    return folder


def rates_of(cell: Cell) -> Sequence[float]:
    """Lowered in one run of normal after 2 epochs, in both of salience after 1 and after 3."""
    if (cell.augmentation, cell.seed) == ("normal", 0):
        return [0.01, 0.01, 0.001, 0.0001]
    if cell.augmentation == "salience":
        return [[0.01, 0.001, 0.001, 0.001], [0.01, 0.01, 0.01, 0.001]][cell.seed]
    return [0.01] * 4


def epochs(train: float, rates: Sequence[float]) -> list[Epoch]:
    """The last of them has the training accuracy, those before have less."""
    last = len(rates) - 1
    return [
        Epoch(i, 1.0, train if i == last else 0.5, None, None, rate, 1.0, 0.01, 0.001)
        for i, rate in enumerate(rates)
    ]


def rows(text: str, title: str) -> list[list[str]]:
    """The cells of a section's tables, without their heads."""
    section = text.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if "|" in line]
    return [line for line in lines if "---" not in line and line[0] not in ("network", "data set")]


def report_of(folders: Sequence[Path]) -> str:
    return report(join(folders))


def test_our_accuracies_beside_the_reports(tmp_path: Path) -> None:
    text = report_of([write(tmp_path / "study")])

    shown = rows(text, "Accuracies")
    assert shown[:3] == [
        # Deviations of two seeds: their distance over the root of 2.
        [
            *("vgg19", "test", "80.00 ± 1.41 (2 seeds)", "81.00 ± 1.41 (2 seeds)"),
            *("79.00 ± 2.83 (2 seeds)", "81.00 ± 1.41 (2 seeds)"),
        ],
        ["vgg19", "training", "95.00", "97.00", "99.00", "98.00"],
        ["vgg19", "training, report", "–", "99.19", "99.22", "99.20"],
    ]
    assert shown[3] == ["resnet50", "test", *["not run"] * 4]
    assert shown[8] == ["densenet121", "training, report", "–", "75.46", "10.03", "97.34"]
    assert len(shown) == 15


def test_no_figures_of_the_report_for_other_data_sets(tmp_path: Path) -> None:
    text = report_of([write(tmp_path / "study", datasets=["fashion-mnist"], seeds=1)])

    assert "training, report" not in text
    assert rows(text, "Accuracies")[0][2:4] == ["79.00 (1 seed)", "80.00 (1 seed)"]
    assert "No network of the report has two of its cases on cifar10" in text


def test_cases_that_were_not_run_and_that_failed(tmp_path: Path) -> None:
    failed = [("cifar10", "vgg19", "salience", 0)]
    study = write(tmp_path / "study", arms=("none", "normal", "salience"), seeds=1, failed=failed)

    text = report_of([study])

    assert rows(text, "Accuracies")[0][2:] == [
        *("79.00 (1 seed)", "80.00 (1 seed)", "not run", "failed")
    ]
    assert "2 runs (1 failed)" in text


def test_orders_as_in_the_report(tmp_path: Path) -> None:
    text = report_of([write(tmp_path / "study", models=["vgg19", "resnet50"])])

    # The report's training: vgg19 normal < salience < erasing, resnet50 the same. Ours orders all
    # of vgg19's alike, and ties erasing and salience of resnet50. Test: vgg19 has erasing last and
    # a tie of the others; resnet50 has erasing first and the same tie, so two of its are right.
    assert rows(text, "Orders as in the report") == [
        ["vgg19", "3", "3 of 3", "0 of 3", "0 of 3", "1 of 3"],
        ["resnet50", "3", "2 of 3", "1 of 3", "2 of 3", "1 of 3"],
        ["all", "6", "5 of 6", "1 of 6", "2 of 6", "2 of 6"],
    ]


def test_single_seeds_that_order_otherwise(tmp_path: Path) -> None:
    text = report_of([write(tmp_path / "study")])

    # erasing less none: +2 and -4, mean -1; erasing less normal: +1 and -5, mean -2.
    assert [row[2:] for row in rows(text, "Single seeds")] == [
        ["normal less none", "+1.00", "2", "0", "0"],
        ["random-erasing less none", "-1.00", "2", "1", "0"],
        ["salience less none", "+1.00", "2", "0", "0"],
        ["random-erasing less normal", "-2.00", "2", "1", "0"],
        ["salience less normal", "+0.00", "2", "the means are equal", "the means are equal"],
        ["salience less random-erasing", "+2.00", "2", "1", "0"],
    ]
    assert "the report's cases: 2 of 4 single seeds order otherwise, 0 are ties" in text
    assert "cases and `none`: 1 of 6 single seeds order otherwise, 0 are ties" in text


def test_single_seeds_that_do_not_order(tmp_path: Path) -> None:
    (study,) = [reading.read_study(write(tmp_path / "study", seeds=1))]
    (run,) = [run for run in study.runs if run.key[2] == "none"]
    first = {seed: replace(run, test=value) for seed, value in enumerate((50.0, 50.0, 50.0, 1.0))}
    second = {seed: replace(run, test=value) for seed, value in enumerate((50.0, 49.0, 53.0))}

    # 0, -1 and +3 over the three common seeds.
    assert orders.flips(first, second) == orders.Flips(pytest.approx(2 / 3), 3, 1, 1)
    assert orders.flips({0: run}, second) is None


def test_plateaus(tmp_path: Path) -> None:
    text = report_of([write(tmp_path / "study")])

    assert rows(text, "Plateaus")[0] == [
        *("cifar10", "vgg19", "0 of 2", "1 of 2, after 2", "0 of 2", "2 of 2, after 1 to 3 (2)")
    ]
    assert "All runs: 3 of 8, after 1 to 3 (2)." in text
    assert tables.first_lowered([0.1, 0.1, 0.01, 0.001]) == 2
    assert tables.first_lowered([0.1]) is None


def test_verdicts_are_those_of_the_study(tmp_path: Path) -> None:
    study = write(tmp_path / "study", arms=("none", "normal"))

    def change(content: dict[str, list[dict[str, object]]]) -> None:
        words = {"difference": 1.25, "interval": [-0.5, 3.0], "words": "cannot say: 2 seeds"}
        content["comparisons"][0].update(words)

    report_studies.edit(study / "verdicts.json", change)
    text = report_of([study])
    told = ["study", "cifar10", "vgg19", "normal", "2", "+1.25", "-0.50 to +3.00"]
    title = "Verdicts against `none`"
    assert [*told, "cannot say: 2 seeds"] in rows(text, title)

    (study / "verdicts.json").unlink()
    text = report_of([study])
    assert [*told[:4], "–", "–", "–", "not judged"] in rows(text, title)


def test_where_it_comes_from(tmp_path: Path) -> None:
    text = report_of([write(tmp_path / "study")])

    assert text.splitlines()[-1] == (
        "- study: 8 runs; A processor, 2 cores; augury 0.9, torch 2.9, commit 0123456789ab; "
        "cifar10: 1,437 training images, 30 % of them held out, 360 test images; epochs: 4; "
        "steps: 1,400"
    )


def test_folders_are_joined(tmp_path: Path) -> None:
    cheap = write(tmp_path / "cheap")
    slow = write(tmp_path / "slow", models=["resnet50"], seeds=1, epochs=3)

    text = report_of([cheap, slow])

    shown = rows(text, "Accuracies")
    assert [row[2] for row in shown if row[1] == "test"][:2] == [
        *("80.00 ± 1.41 (2 seeds)", "70.00 (1 seed)")
    ]
    assert "- cheap: 8 runs" in text
    assert "- slow: 4 runs" in text


def test_both_names_of_the_salience_arm_are_one_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = write(tmp_path / "study", arms=("none", "salience"))
    report_studies.renamed(study, {"salience": "salience-blend"})

    shown = rows(report_of([study]), "Accuracies")
    assert shown[0][2:] == [
        *("80.00 ± 1.41 (2 seeds)", "not run", "not run", "81.00 ± 1.41 (2 seeds)")
    ]

    other = write(tmp_path / "other", arms=("salience",))
    assert main([str(study), str(other)]) == 2
    assert "salience-blend and salience, seed 0: found twice" in capsys.readouterr().err


def test_todays_salience_beside_the_reports_is_none_of_its_cases(tmp_path: Path) -> None:
    study = write(tmp_path / "study", arms=("none", "normal", "salience"))
    report_studies.renamed(study, {"salience": "salience-blend"})
    report_studies.renamed(study, {"normal": "salience"})

    shown = rows(report_of([study]), "Accuracies")
    assert shown[0][2:] == [
        *("80.00 ± 1.41 (2 seeds)", "not run", "not run", "81.00 ± 1.41 (2 seeds)")
    ]
    assert "- study: 4 runs" in report_of([study])


def test_the_same_cell_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [write(tmp_path / "a"), write(tmp_path / "b", seeds=1)]

    assert main([str(folder) for folder in folders]) == 2
    assert capsys.readouterr().err == (
        "original: cifar10, vgg19, none, seed 0: found twice, in a and b; "
        "each cell may be there once\n"
    )


def test_other_recipes_of_one_network_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = write(tmp_path / "a", arms=("none",))
    b = write(tmp_path / "b", arms=("normal",), epochs=3)

    assert main([str(a), str(b)]) == 2
    assert capsys.readouterr().err == (
        "original: cifar10, vgg19: data, recipe or head differ between a and b, "
        "so they cannot be joined\n"
    )


def test_no_study_and_one_that_is_not_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = [("cifar10", "vgg19", "salience", 1)]
    study = write(tmp_path / "study", missing=missing)

    assert main([str(tmp_path)]) == 2
    assert main([str(study)]) == 2

    none, unfinished = capsys.readouterr().err.splitlines()
    assert "no study here (plan.json is missing)" in none
    assert "not finished, 1 of 8 cells are left" in unfinished


def test_a_damaged_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write(tmp_path / "study", seeds=1)
    run = report_studies.run_folder(study, "cifar10", "vgg19", "none", 0)
    (run / "epochs.jsonl").unlink()

    assert main([str(study)]) == 2
    assert capsys.readouterr().err.endswith("epochs.jsonl is missing\n")


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write(tmp_path / "study", seeds=1))]) == 0

    assert "## Where this comes from" in capsys.readouterr().out


def test_pictures_are_those_that_the_runs_kept(tmp_path: Path, monkeypatch) -> None:
    study, drawn = write(tmp_path / "study", seeds=1), {}

    def note(rows: Sequence[pictures.Row], path: Path) -> None:
        drawn[path.name] = dict(rows)

    monkeypatch.setattr(pictures, "draw_rows", note)
    pictures.draw_pictures(join([study]), tmp_path / "drawn")

    def kept(arm: str, array: str) -> np.ndarray:
        (folder,) = (study / "runs").glob(f"cifar10.vgg19.{arm}.s0.*")
        return np.load(folder / "examples.npz")[array].transpose(0, 2, 3, 1)

    assert list(drawn) == ["images.png", "erased.png", "salient.png"]
    assert np.array_equal(drawn["images.png"]["cifar10"], kept("none", "originals"))
    erased = drawn["erased.png"]
    assert np.array_equal(erased["cifar10\noriginal"], kept("random-erasing", "originals"))
    assert np.array_equal(erased["cifar10\nerased"], kept("random-erasing", "augmented"))
    salient = drawn["salient.png"]
    assert list(salient) == ["cifar10\nnormal", "cifar10\nmap", "cifar10\nsalient"]
    assert np.array_equal(salient["cifar10\nnormal"], kept("normal", "augmented"))
    assert np.array_equal(salient["cifar10\nsalient"], kept("salience", "augmented"))


def test_the_command_draws_four_pictures(tmp_path: Path) -> None:
    study, folder = write(tmp_path / "study"), tmp_path / "drawn"
    assert main([str(study), "--pictures", str(folder)]) == 0
    drawn = {path.name: imread(path) for path in folder.iterdir()}
    assert drawn.keys() == {"images.png", "erased.png", "salient.png", "curves.png"}
    heights = [len(drawn[f"{name}.png"]) for name in ("images", "erased", "salient")]
    assert heights == pytest.approx([heights[0], 2 * heights[0], 3 * heights[0]], rel=0.1)
    for name, picture in drawn.items():
        assert len(np.unique(picture)) > 10, name


def test_curves_are_means_over_seeds(tmp_path: Path) -> None:
    runs = list(join([write(tmp_path / "study")]).of("cifar10", "vgg19", "none").values())
    # 0.94 and 0.96 after the last epoch; no validation part.
    assert pictures.training_curve(runs).tolist() == pytest.approx([50, 50, 50, 95])
    assert pictures.validation_curve(runs) is None


def test_a_case_without_kept_examples_is_one_line(tmp_path: Path, capsys) -> None:
    study = write(tmp_path / "study", seeds=1)
    for path in study.glob("runs/*salience*/examples.npz"):
        path.unlink()
    assert main([str(study), "--pictures", str(tmp_path / "drawn")]) == 2
    assert "cifar10, salience: no run has kept its examples" in capsys.readouterr().err
