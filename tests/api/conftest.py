"""Fixtures of the Python interface's tests."""

import pytest

from augury import Study
from helpers.studies import QUICK_STUDY


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a study that was run in this process; tests only read it."""
    study = Study(path=tmp_path_factory.mktemp("api") / "finished", **QUICK_STUDY)
    study.run(engine="in-process", quiet=True)
    return study.path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
