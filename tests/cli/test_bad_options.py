"""Every number on a command line, with values that no command can use; and folders without one."""

import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from typer.testing import CliRunner

from augury.augment import from_config, write_augmentation
from augury.cli import check, data, doctor, preview, study
from augury.cli.app import app

BAD = ("nan", "inf", "-inf", "-1", "1e308", "1e999", f"1{40 * '0'}", 5000 * "9")
FUNCTIONS = {
    "study": study.study,
    "doctor": doctor.doctor,
    "data": data.data,
    "preview": preview.preview,
    "check": check.check,
}
# What stands before, so that nothing is loaded where a number is taken.
COMMANDS = {
    "study": ["study", "--dataset", "./nowhere"],
    "doctor": ["doctor", "--dataset", "./nowhere"],
    "data": ["data", "./nowhere"],
    "preview": ["preview", "./nowhere"],
    "check": ["check", "nothing:nowhere"],
}


def numbers():
    """(command, option) of everything that is a number."""
    found = []
    for command, function in FUNCTIONS.items():
        for name, hint in get_type_hints(function, include_extras=True).items():
            kind, option = get_args(hint) or (None, None)
            if {int, float} & {kind, *get_args(kind)}:
                found.append((command, (option.param_decls or [f"--{name.replace('_', '-')}"])[0]))
    return found


NUMBERS = numbers()
# Taken as they are, and then the data set is not found: an epoch, for instance, is looked up later.
TAKEN_LATER = {
    "study": {"--workers"},
    "data": {"--image-size", "--validation", "--seed"},
    "preview": {"--epoch", "--workers"},
    "doctor": {"--workers"},
    "check": {"--p", "--samples"},
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in an empty folder: (exit code, its line on standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert "Traceback" not in done.stderr
        lines = [
            line for line in done.stderr.splitlines() if line.startswith(("augury: ", "Error"))
        ]
        return done.exit_code, lines[-1] if lines else ""

    return run


@pytest.mark.parametrize(("command", "option"), NUMBERS, ids=" ".join)
def test_a_number_that_cannot_be_used_is_named(command, option, run):
    assert len(NUMBERS) > 20
    for value in BAD:
        code, line = run(*COMMANDS[command], option, value)
        assert code in (2, 3)
        assert "unexpected" not in line
        if option not in TAKEN_LATER.get(command, ()):
            assert code == 2
            assert option.strip("-").replace("-", "_") in line.replace("-", "_")
            assert "nowhere" not in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("preview", "digits", "--ids", 23 * "9"),
            "ids: must be at most 9,223,372,036,854,",
        ),
        (("preview", "digits", "--ids", 5000 * "9"), "ids: must be whole numbers with commas"),
        (("preview", "digits", "--ids", "-1"), "ids: must be at least 0, got -1"),
        (("study", "--min-difference", "1e308"), "min_difference: must be ≤ 100 points"),
        (("study", "--batch-size", 10**14), "batch_size: must be at most 1,000,000, got 1000000"),
        (("study", "--select", "best"), "Did you mean 'validation'"),
        (("study", "--dataset", "caf\udce9"), r"valid Unicode, got 'caf\udce9'"),
        (("study", "--name", "caf\udce9"), r"name: must be valid Unicode, got 'caf\udce9'"),
        (("study", "--name", "n" * 256), "name: must be at most 255 bytes, got 256"),
        (("study", "--out", "caf\udce9"), r"folder: 'caf\udce9' is not valid UTF-8"),
        (("study", "--dataset", "x" * 5000), "File name too long: "),
        (("study", "--out", "x/" * 3000), "folder: a path of 5999 bytes, and one may have 4095"),
        (("study", "--out", "x" * 256), "has 256 bytes, and a name may have 255"),
        (("study", "--name", "[red]x", "--models", "[nope]"), "unknown model '[nope]'"),
    ],
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, tuple) else "",
)
def test_bad_options_are_named(arguments, message, run):
    code, line = run(*arguments)
    assert code == 2
    assert message in line
    assert len(line) < 500


@pytest.mark.parametrize("command", ["status", "report", "compare", "preview"])
@pytest.mark.parametrize(
    ("make", "there"),
    [
        (lambda path: None, "there is no such folder"),
        (Path.mkdir, "plan.json is missing"),
        (Path.touch, "it is a file"),
    ],
    ids=["nothing", "an empty folder", "a file"],
)
def test_where_there_is_no_study_it_is_said(command, make, there, run, tmp_path):
    make(tmp_path / "here")
    arguments = {
        "compare": ("compare", "here", "here"),
        "preview": ("preview", "digits", "--study", "here"),
    }.get(command, (command, "here"))
    assert run(*arguments) == (2, f"augury: here: no study here ({there})")
    assert sorted(path.name for path in tmp_path.iterdir()) == (
        [] if there == "there is no such folder" else ["here"]
    )


def test_a_file_in_the_place_of_a_study_is_refused(run, tmp_path):
    (tmp_path / "taken").touch()
    for out in ("taken", "taken/below"):
        code, line = run("study", "--out", out)
        assert (code, line) == (
            2,
            "augury: the study's folder: taken is a file; --out gives another",
        )


def test_an_augmentation_of_a_file_is_drawn_under_its_own_name(run, tmp_path):
    (tmp_path / "own").mkdir()
    light = from_config({"name": "cutout", "length": 0.25})
    write_augmentation(light, tmp_path / "own" / "light.toml")
    assert run("preview", "digits", "--augment", "own/light.toml") == (0, "")
    assert (tmp_path / "digits-light.png").stat().st_size > 1000
    # With the mark that Windows' editors put first.
    content = (tmp_path / "own" / "light.toml").read_bytes()
    (tmp_path / "own" / "bright.toml").write_bytes(b"\xef\xbb\xbf" + content)
    assert run("preview", "digits", "--augment", "own/bright.toml+flip")[0] == 0
    assert (tmp_path / "digits-bright+flip.png").exists()


def test_errors_of_a_study_are_shown_and_steer_nothing(run, tmp_path, monkeypatch):
    escape = "\x1b]8;;http://x\x07\u202e"
    plan = {"schema": 2, "name": escape}
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "plan.json").write_text(json.dumps(plan | {escape: 5}))
    code, line = run("status", "s")
    assert code == 2
    assert line.isprintable()
