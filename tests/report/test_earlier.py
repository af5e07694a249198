"""Runs that an earlier version augmented in a way that has been mended since."""

from dataclasses import replace
from pathlib import Path

import pytest

from augury.report import load_study
from augury.report.earlier import BORDER, SHARED, TOUCHED, mended_since
from augury.report.html import render
from helpers.html_page import read_page
from helpers.report_studies import edit, renamed, run_folder, write_study

FLIP, ROTATE = {"name": "flip"}, {"name": "rotate", "p": 0.5}
LIGHT = {"light": {"name": "chain", "parts": [FLIP]}}


def faults(tmp_path: Path, arm: str, parameters: dict, draws: int = 1, revision: int = 1) -> list:
    """Of a study whose arm "normal" is `arm`."""
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=2, epochs=1)
    for seed in range(2):
        path = run_folder(folder, "digits", "small", "normal", seed) / "result.json"
        edit(path, lambda result: result.update(draws=draws))
    study = load_study(folder)
    changed = {"augmentation": arm, "parameters": parameters, "saliency_revision": revision}
    runs = [
        replace(run, cell=replace(run.cell, **changed))
        if run.cell.augmentation == "normal"
        else run
        for run in study.runs
    ]
    return mended_since(replace(study, runs=tuple(runs)))


@pytest.mark.parametrize(
    ("arm", "parameters", "fault"),
    [
        ("flip+light", LIGHT, SHARED),
        ("light", {"light": {"name": "chain", "parts": [FLIP, LIGHT["light"]]}}, SHARED),
        ("rotate", {"rotate": {"p": 0.5}}, TOUCHED),
        ("flip+mine", {"mine": {"name": "keepaugment", "augmentation": ROTATE}}, TOUCHED),
        ("flip+saliencymix", {}, BORDER),
        ("guidedmixup", {"guidedmixup": {"p": 0.8}}, BORDER),
        ("puzzlemix", {"puzzlemix": {"saliency": "spectral-residual"}}, BORDER),
    ],
)
def test_an_arm_that_had_a_fault_is_named(tmp_path, arm, parameters, fault):
    assert faults(tmp_path, arm, parameters) == [(arm, 2, fault)]
    assert faults(tmp_path, arm, parameters, draws=2, revision=2) == []


@pytest.mark.parametrize(
    ("arm", "parameters"),
    [
        ("flip+crop", {}),
        ("light", LIGHT),
        ("rotate", {}),
        ("cutout", {"cutout": {"p": 0.5}}),
        ("saliencymix", {"saliencymix": {"saliency": "gradient"}}),
    ],
)
def test_an_arm_that_was_right_is_not(tmp_path, arm, parameters):
    assert faults(tmp_path, arm, parameters) == []


def test_the_page_says_so(tmp_path):
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=2, epochs=1)
    renamed(folder, {"normal": "saliencymix"})
    text = read_page(render(load_study(folder))).section("provenance").text
    assert "saliencymix, 2 runs: spectral-residual smoothed with a repeated border" in text
    other = write_study(tmp_path / "t", arms=("none", "normal"), seeds=2, epochs=1)
    assert "had a fault" not in read_page(render(load_study(other))).section("provenance").text
