"""Synthetic studies, written once."""

from pathlib import Path

import pytest

from helpers.report_studies import ODD_CLASSES, write_study


@pytest.fixture(scope="session")
def digits_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data set and network, 4 arms × 6 seeds, all finished."""
    return write_study(tmp_path_factory.mktemp("studies") / "digits")


@pytest.fixture(scope="session")
def original_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2 data sets × 5 networks × 3 arms × 1 seed without `none`; one failed, one missing."""
    return write_study(
        tmp_path_factory.mktemp("studies") / "original",
        datasets=("digits", "tinted"),
        models=("vgg19", "resnet50", "densenet121", "mobilenetv2", "efficientnet-b0"),
        arms=("normal", "random-erasing", "salience"),
        seeds=1,
        epochs=2,
        classes=ODD_CLASSES,
        failed=[("digits", "densenet121", "random-erasing", 0)],
        missing=[("tinted", "vgg19", "salience", 0)],
    )


@pytest.fixture(scope="session")
def two_datasets_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2 data sets × 1 network × 4 arms × 4 seeds; one run of salience failed, one is missing."""
    return write_study(
        tmp_path_factory.mktemp("studies") / "two",
        datasets=("digits", "tinted"),
        seeds=4,
        epochs=10,
        failed=[("digits", "small", "salience", 1)],
        missing=[("digits", "small", "salience", 3)],
    )
