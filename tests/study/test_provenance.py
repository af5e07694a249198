"""The command that a result names can be typed."""

import subprocess
import sys

import pytest

from augury.study import provenance as module
from augury.study.provenance import git_commit, provenance


@pytest.mark.parametrize(
    ("argv", "processes", "command"),
    [
        (["/usr/bin/augury", "study", "a b.toml"], 1, "augury study 'a b.toml'"),
        (["/site/augury/__main__.py", "study"], 1, "augury study"),
        (["/site/benchmarks/aa/__main__.py", "real"], 1, "aa real"),
        (
            ["/site/augury/__main__.py", "study", "--seeds", "2"],
            4,
            "torchrun --nproc-per-node 4 -m augury study --seeds 2",
        ),
    ],
)
def test_the_command(argv, processes, command, monkeypatch):
    monkeypatch.setattr(sys, "argv", argv)
    assert provenance(processes).command == command


def test_a_checkout_around_an_installed_augury_is_not_asked(tmp_path, monkeypatch):
    """Its settings may name commands, which git then runs."""
    git = ["git", "-C", tmp_path]
    subprocess.run([*git, "init", "-q"], check=True)
    mark = tmp_path / "called"
    subprocess.run([*git, "config", "core.fsmonitor", f"touch {mark} #"], check=True)
    named = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, *named, "commit", "-q", "--allow-empty", "-m", "a"], check=True)
    mark.unlink(missing_ok=True)
    study = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "augury" / "study"
    study.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(study / "provenance.py"))
    git_commit.cache_clear()
    assert git_commit() is None
    assert not mark.exists()
    git_commit.cache_clear()
