import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from augury.report import load_study, verdict_table
from helpers.report_studies import edit, write_study


def lines(folder: Path) -> list[str]:
    console = Console(width=80, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as capture:
        console.print(verdict_table(load_study(folder)))
    return [line.strip() for line in capture.get().splitlines() if line.strip()]


def test_the_numbers_are_those_of_the_file_in_80_columns(digits_study: Path) -> None:
    printed = lines(digits_study)
    assert printed[0] == "small on digits"
    rows = {line.split()[0]: line.split() for line in printed}
    assert rows["none"][-1] == "baseline"
    content = json.loads((digits_study / "verdicts.json").read_text(encoding="utf-8"))
    for c in content["comparisons"]:
        low, high = c["interval"]
        expected = (
            f"{c['accuracy']:.2f} {c['difference']:+.2f} {low:+.2f} to {high:+.2f} "
            f"{c['p']:.3f} 6 {c['verdict']}"
        ).replace("-", "−")
        assert " ".join(rows[c["augmentation"]][1:]) == expected
    assert any("could see" in line for line in printed)
    assert "≥ 0.88" in printed


def test_every_group_has_a_heading(original_study: Path) -> None:
    text = "\n".join(lines(original_study))
    study = load_study(original_study)
    for dataset, model in study.groups:
        assert re.search(rf"{model}\s+on {dataset}", text)
    assert text.count("cannot say") == 20


def test_nothing_stands_under_a_table_that_lacks_nothing(digits_study: Path) -> None:
    assert lines(digits_study)[-1].startswith("salience")


def test_runs_that_are_not_there_are_counted_under_the_table(original_study: Path) -> None:
    assert lines(original_study)[-1] == "2 of 30 runs left out: 1 failed, 1 not finished"


@pytest.mark.parametrize(
    ("datasets", "where"), [(("digits",), ""), (("digits", "tinted"), "digits: ")]
)
def test_leaking_test_images_are_counted_under_the_table(
    tmp_path: Path, datasets: tuple[str, ...], where: str
) -> None:
    folder = write_study(tmp_path / "s", datasets=datasets, arms=("none", "normal"), seeds=1)
    leakage = {"exact": 0, "mirrored": 0, "label_conflicts": 0, "of": 500, "pairs": []}
    edit(
        folder / "plan.json",
        lambda plan: [
            entry.update(leakage=leakage | {"images": 12 if name == "digits" else 0})
            for name, entry in plan["datasets"].items()
        ],
    )
    # Folded where the table is narrower than 80 columns.
    expected = f"{where}12 of 500 test images have a near-duplicate in the training part"
    assert " ".join(lines(folder)).endswith(expected)


def test_the_confidence_is_that_of_the_rule(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=2, epochs=1)
    edit(folder / "verdicts.json", lambda verdicts: verdicts["rule"].update(confidence=0.9))
    assert "90 % interval" in " ".join(lines(folder))
