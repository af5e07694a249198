import json
import re
from pathlib import Path

from rich.console import Console

from augury.report import load_study, verdict_table


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
    assert "≥ 0.9" in printed


def test_every_group_has_a_heading(original_study: Path) -> None:
    text = "\n".join(lines(original_study))
    study = load_study(original_study)
    for dataset, model in study.groups:
        assert re.search(rf"{model}\s+on {dataset}", text)
    assert text.count("cannot say") == 20
