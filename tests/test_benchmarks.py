"""The benchmarks' own sums, and that all of them run where there is no GPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import networks
from benchmarks.measuring import Taken, take_turns
from benchmarks.outcome import Bars, Goal, Outcome, keep, machine_name, parser, table, tell

from augury.records.provenance import Machine
from augury.training import Speed

ROOT = Path(__file__).parent.parent


def test_a_ratio_is_the_median_of_those_within_the_blocks() -> None:
    ours = Taken(wall=(1.0, 2.0, 4.0), processor=(1.0, 1.0, 1.0))
    theirs = Taken(wall=(3.0, 4.0, 40.0), processor=(5.0, 6.0, 7.0))

    assert ours.times_faster(theirs) == 3.0  # of 3, 2 and 10
    assert ours.times_faster_range(theirs) == (2.0, 10.0)
    assert ours.times_faster(theirs, "processor") == 6.0
    assert (ours.seconds, ours.spread) == (2.0, (1.0, 4.0))
    assert ours.over(4).wall == (0.25, 0.5, 1.0)


def test_ways_take_turns() -> None:
    called: list[str] = []
    ways = {name: lambda name=name: called.append(name) for name in "ab"}

    taken = take_turns(ways, blocks=3, seconds=0)

    assert called == [*"aabb", *"ab" * 3]  # twice before, then a call in each block
    assert [len(one.wall) for one in taken.values()] == [3, 3]


def test_a_table_has_a_column_for_each_key_that_a_row_has() -> None:
    lines = table([{"arm": "flip", "ours": 1234.5}, {"arm": "crop", "theirs": 0.12345}])

    assert lines == [
        "| arm  | ours  | theirs |",
        "| ---- | ----- | ------ |",
        "| flip | 1,234 | –      |",
        "| crop | –     | 0.123  |",
    ]


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machine(processor="AMD EPYC", cores=2), "amd-epyc-2-cores"),
        (Machine(processor="Xeon", cores=16, gpu="NVIDIA H100 80GB HBM3"), "nvidia-h100-80gb-hbm3"),
    ],
)
def test_a_machine_has_a_file_of_its_own(machine: Machine, name: str) -> None:
    assert machine_name(machine) == name


def test_a_letter_replaces_its_own_section_only(tmp_path: Path) -> None:
    file = tmp_path / "machine.json"
    for section in ({"letter": "B", "n": 1}, {"letter": "A", "n": 2}, {"letter": "B", "n": 3}):
        keep(section, file)

    assert list(json.loads(file.read_text()).items()) == [
        ("A", {"letter": "A", "n": 2}),
        ("B", {"letter": "B", "n": 3}),
    ]


def test_the_short_form_meets_no_goal_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "machine.json"
    goals = [Goal("fast", "2 s", True), Goal("the same", "the same", True, timed=False)]
    outcome = Outcome("A", "A title", [{"arm": "flip"}], goals, Bars("s", {"flip": {"ours": 2.0}}))
    monkeypatch.setattr(sys, "argv", ["x", "--short", "--out", str(file)])

    tell(outcome, parser("What it does.").parse_args())

    printed = capsys.readouterr().out
    assert "goal: fast; found: 2 s; goal met: not measured" in printed
    assert "goal: the same; found: the same; goal met: yes" in printed
    assert [goal["met"] for goal in json.loads(file.read_text())["A"]["goals"]] == [None, True]


def test_networks_are_compared_within_blocks() -> None:
    ours, plain = Taken((0.1, 0.2, 0.1), (0.1,) * 3), Taken((0.2, 0.2, 0.3), (0.3,) * 3)
    taken = {networks.OURS: ours, networks.PLAIN: plain}
    row = networks.row_of("vgg19", Speed(), taken)
    assert row["plain / ours"] == "2.00 (3.00)"
    assert row["keras / ours"] is None
    assert networks.goal_of("vgg19", taken).met is None
    taken[networks.KERAS] = Taken((0.14, 0.28, 0.2), (0.4,) * 3)
    row = networks.row_of("vgg19", Speed(), taken)
    assert (row["keras / ours"], row["range"]) == ("1.40 (4.00)", "1.40–2.00")
    assert networks.goal_of("vgg19", taken).met is False


def test_all_that_a_gpu_is_asked_to_do_runs_without_one(tmp_path: Path) -> None:
    """Every part of gpu.sh in its short form: training, augmentation, studies, kills, tests."""
    words = [ROOT / "benchmarks" / "gpu.sh", "--device", "cpu", "--short", "--out", tmp_path]
    done = subprocess.run(
        [*map(str, words)],
        env={**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (file,) = tmp_path.glob("*.json")
    sections = json.loads(file.read_text())
    assert set(sections) == {"A", "B", "E", "L", "S"}
    assert all(section["rows"] for section in sections.values())
    assert not [
        note for section in sections.values() for note in section["notes"] if "failed" in note
    ]
    assert sections["S"]["goals"][0]["met"] is True
    assert "tests   |" in done.stdout
