"""The command that a result names can be typed."""

import sys

import pytest

from augury.study.provenance import provenance


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
    assert provenance(processes)["command"] == command
