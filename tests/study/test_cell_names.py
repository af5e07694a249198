"""Names of cells, which are names of folders and locks."""

from dataclasses import replace

import pytest

from augury.names import bounded
from augury.study import Cell, StudyFolder
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from helpers.studies import quick_plan, quick_settings

MOST = 250  # bytes: with ".lock" a file's name, which may have 255


def cell(dataset="digits", augmentation="none", seed=0, **fields):
    return Cell(dataset, "f" * 64, "small", augmentation, seed, **fields)


def test_names_of_stored_cells_stay():
    # As version 0.1 made them.
    assert cell(augmentation="cutout", seed=3).name == "digits.small.cutout.s3.c8d5a6b0"
    foreign = Cell(
        "käse 猫", "f" * 64, "timm:resnet10t", "normal+cutout", 0,
        parameters={"cutout": {"length": 0.25}},
    )  # fmt: skip
    assert foreign.name == "käse-猫.timm-resnet10t.normal+cutout.s0.a0e11265"
    longest = cell(dataset="d" * 200, augmentation="salience").name
    assert longest == "d" * 200 + ".small.salience.s0.20210cf2"


@pytest.mark.parametrize(
    ("dataset", "augmentation"),
    [
        ("d" * 248, "none"),
        ("猫" * 82, "none"),
        ("digits", "+".join(["random-erasing"] * 18)),
        ("digits", "x" * 100_000),
        ("d" * 222, "none"),
        ("d" * 223, "none"),
    ],
)
def test_no_name_is_longer_than_a_file_system_takes(dataset, augmentation, tmp_path):
    names = {cell(dataset, augmentation, seed).name for seed in range(3)}
    # Ends that a cut takes away still tell cells apart.
    names |= {cell(f"{dataset}{end}", augmentation).name for end in "ab"}
    assert len(names) == 5
    for name in names:
        assert len(name.encode()) <= MOST
        (tmp_path / f"{name}.lock").touch()


def test_only_what_is_too_long_is_cut():
    assert bounded("ab", 20) == "ab"
    assert bounded("x" * 20, 20) == "x" * 20
    # SHA-256 of 21 times "x" begins with these digits.
    assert bounded("x" * 21, 20) == "x" * 11 + "-" + SHA_OF_21
    assert len(bounded("猫" * 21, 20).encode()) <= 20


SHA_OF_21 = "7799e514"


def test_an_arm_of_eighteen_parts_is_trained(digits, tmp_path):
    arm = "+".join(["random-erasing"] * 18)
    settings = quick_settings(augmentations=[arm], recipe={"epochs": 1})
    plan = replace(quick_plan(settings), corruptions=0)
    (only,) = plan.cells
    assert run_cell(only, plan, StudyFolder(tmp_path), digits, Listener()).epochs == 1
