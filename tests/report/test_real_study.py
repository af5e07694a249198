"""What `augury.study` writes is what the report reads: a tiny study, trained and judged."""

import json
from pathlib import Path

import pytest
import torch

from augury.data import load_dataset
from augury.records.plan import PlannedSpeed, write_plan
from augury.records.provenance import Provenance
from augury.report import load_study, verdict_table, write_report, write_summary
from augury.study import StudyFolder, judge_study, read_settings
from augury.study.planning.cells import make_cells
from augury.study.planning.plan import assemble_plan
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from helpers.html_page import Element, read_page, table_rows

SETTINGS = {
    "augmentations": ["none", "normal"],
    "seeds": 2,
    "corruptions": 10,
    "recipe": {"epochs": 2, "batch_size": 20, "train_limit": 40, "test_limit": 20},
}
SPEED = PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path) -> Path:
    """2 arms × 2 seeds, of which the last one is not run."""
    settings = read_settings(None, None, SETTINGS)
    datasets = {"digits": load_dataset("digits")}
    cells = make_cells(settings, datasets)
    provenance = Provenance(command="augury study")
    speed = {"small on digits": SPEED}
    plan = assemble_plan(settings, datasets, cells, speed, 1, "cpu", provenance)
    study = StudyFolder(tmp_path_factory.mktemp("real"))
    write_plan(study.plan_file, plan)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    for cell in plan.cells[:-1]:
        run_cell(cell, plan, study, datasets["digits"], Listener())
    torch.set_num_threads(before)
    judge_study(plan, study)
    return study.path


@pytest.fixture(scope="module")
def section(folder: Path) -> Element:
    return read_page(write_report(load_study(folder)).read_text(encoding="utf-8")).section("beside")


def test_the_files_are_read_whole(folder: Path) -> None:
    study = load_study(folder)
    evidence = json.loads((folder / "evidence.json").read_text())
    assert study.evidence is not None
    for arm, entry in zip(study.evidence.arms, evidence["arms"], strict=True):
        assert {n: m.mean for n, m in arm.measures.items()} == {
            n: m["mean"] for n, m in entry["measures"].items()
        }
        assert vars(arm.runs) == entry["runs"]
        assert vars(arm.budget) == entry["budget"]
    (comparison,) = study.comparisons
    assert (comparison.seeds, comparison.unpaired, comparison.decided) == ((0,), (1,), False)
    assert study.rule.confidence == 0.95
    write_summary(load_study(folder))
    assert str(verdict_table(study).renderables[-1]) == "1 of 4 runs left out: 1 not finished"


def test_the_page_shows_what_was_measured(section: Element, folder: Path) -> None:
    arms = json.loads((folder / "evidence.json").read_text())["arms"]
    tables = {
        name: {row[0]: row[1:] for row in table_rows(section.all("table", name)[0])}
        for name in ("budget", "probabilities", "corruptions", "equal")
    }
    for arm in arms:
        name, measures = arm["augmentation"], arm["measures"]
        budget = tables["budget"][name]
        assert budget[:2] == ["2", "4"]
        assert budget[5:] == (["2", "2", "0", "0"] if name == "none" else ["2", "1", "0", "1"])
        nll, scaled = (measures[n]["mean"] for n in ("nll", "nll_scaled"))
        assert tables["probabilities"][name][0] == f"{nll:.3f} → {scaled:.3f}"
        corrupted = tables["corruptions"][name]
        assert corrupted[1] == f"{measures['corrupted_accuracy']['mean']:.2f}"
        assert corrupted[3:] == ["10", str(arm["runs"]["done"])]
        assert tables["equal"][name][4].endswith("of 2")
        assert tables["equal"][name][5] == f"{arm['optimism']:+.2f}".replace("+0.00", "0.00")
    assert len(section.all("div", "multiples")[0].all("figure")) == 9
    assert "normal: seed 1 has no partner and is left out." in section.text
