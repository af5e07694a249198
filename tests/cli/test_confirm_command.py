"""`augury study --confirm`, as a person meets it."""

import pytest
from typer.testing import CliRunner

from augury.api.confirming import without_budget
from augury.cli.app import app
from augury.study import StudySettings
from augury.study.planning import probe
from helpers.made_up import MadeUpRuns
from helpers.studies import SPEED

QUICK = [
    *("--epochs", "1", "--batch-size", "20", "--train-limit", "60", "--test-limit", "50"),
    *("--corruptions", "0"),
]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs a command in an empty folder: (code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(probe, "probe", lambda *_: SPEED)

    def run(*arguments):
        done = CliRunner().invoke(app, ["study", *map(str, arguments), "--out", "s"])
        return done.exit_code, done.stdout, " ".join(done.stderr.split())

    return run


def right_of(cell):
    """Of 200 images; with flip one more or less than without, or the same."""
    return 110 + cell.seed + (cell.augmentation == "flip") * (cell.seed % 3 - 1)


def test_a_study_in_which_nothing_is_decided(run, tmp_path, monkeypatch):
    monkeypatch.setattr("augury.cli.engine.make_engine", lambda *_: MadeUpRuns(right_of))
    code, printed, said = run(
        *("--augment", "none,flip", *QUICK, "--cells", "6", "--confirm", "--json")
    )
    assert code == 0, said
    assert (
        "nothing to confirm: no augmentation helps or hurts so far (1 not decided); what does is "
        "asked again"
    ) in said
    assert '"confirmations": []' in printed
    assert not (tmp_path / "s/confirm").exists()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--conditions", "half-data"], "--conditions goes with --confirm"),
        (["--confirm", "--conditions", "half"], "unknown condition 'half'. Did you mean 'half-"),
        (["--confirm", "--conditions", ","], "conditions: at least one is needed of twice-epochs"),
        (["--confirm", "--search", "flip,crop"], "--confirm does not go with --search: give it"),
    ],
    ids=["without-confirm", "unknown", "none", "search"],
)
def test_what_cannot_be_asked_is_one_clear_line(run, tmp_path, options, line):
    code, _, said = run("--augment", "none,flip", *options)
    assert code == 2
    assert line in said
    assert not (tmp_path / "s").exists()


def test_torchrun_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr("augury.api.confirming.count_processes", lambda: 2)
    code, _, said = run("--augment", "none,flip", "--confirm")
    assert code == 2
    assert "--confirm does not go with torchrun: run it without" in said
    assert not (tmp_path / "s").exists()


def test_time_is_that_of_the_conditions_where_the_study_is_no_race(tmp_path):
    fixed = StudySettings(seeds=3, time="20m")
    assert without_budget(fixed, tmp_path).time is None
    assert without_budget(StudySettings(time="20m"), tmp_path).time == "20m"
