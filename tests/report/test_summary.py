import csv
import json
from pathlib import Path

import pytest

from augury.report import load_study, write_summary


def read(folder: Path) -> list[dict[str, str]]:
    path = write_summary(load_study(folder))
    assert path == folder / "summary.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_for_every_cell_with_the_values_of_its_result(digits_study: Path) -> None:
    rows = read(digits_study)
    plan = json.loads((digits_study / "plan.json").read_text(encoding="utf-8"))
    assert len(rows) == len(plan["cells"]) == 24
    for row, cell in zip(rows, plan["cells"], strict=True):
        result = json.loads((digits_study / "runs" / cell["name"] / "result.json").read_text())
        assert list(row) == [
            "dataset", "model", "augmentation", "seed", "train_accuracy", "validation_accuracy",
            "test_accuracy", "test_loss", "step_seconds", "augment_cost", "seconds", "status",
            "error",
        ]  # fmt: skip
        for name in ("dataset", "model", "augmentation"):
            assert row[name] == cell[name]
        assert int(row["seed"]) == cell["seed"]
        for part in ("train", "validation", "test"):
            assert float(row[f"{part}_accuracy"]) == result[part]["accuracy"]
        assert float(row["test_loss"]) == result["test"]["loss"]
        assert float(row["step_seconds"]) == result["step_seconds"]
        assert float(row["seconds"]) == result["seconds"]
        step, augment = result["step_seconds"], result["augment_seconds"]
        assert float(row["augment_cost"]) == pytest.approx(step / (step - augment))
        assert (row["status"], row["error"]) == ("done", "")


def test_failed_and_missing_cells_keep_their_rows(original_study: Path) -> None:
    rows = {(r["dataset"], r["model"], r["augmentation"]): r for r in read(original_study)}
    assert len(rows) == 30
    failed = rows["digits", "densenet121", "random-erasing"]
    assert failed["status"] == "failed"
    assert failed["error"] == "the loss is not finite in epoch 2 at step 17"
    assert failed["test_accuracy"] == failed["seconds"] == ""
    missing = rows["tinted", "vgg19", "salience"]
    assert (missing["status"], missing["error"], missing["test_loss"]) == ("missing", "", "")
