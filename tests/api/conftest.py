"""Fixtures of the Python interface's tests."""

import pytest

from augury import Study

# A second of training for all cells together.
QUICK = {
    "models": ["small"],
    "augment": ["none", "flip"],
    "seeds": 1,
    "epochs": 1,
    "batch_size": 20,
    "train_limit": 60,
    "test_limit": 50,
    "corruptions": 0,
}


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a study that was run in this process; tests only read it."""
    study = Study(path=tmp_path_factory.mktemp("api") / "finished", **QUICK)
    study.run(engine="in-process", quiet=True)
    return study.path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
