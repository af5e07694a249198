"""The options of a study: one for each setting, and the same for study, doctor and preview."""

import inspect
import json
import re
from dataclasses import MISSING, asdict, fields
from typing import get_args

import pytest
from typer.testing import CliRunner

from augury.cli import doctor, preview, study, study_options
from augury.cli.app import app
from augury.cli.study_options import study_settings
from augury.models import HEADS, STEMS
from augury.names import either
from augury.records.cell import NetworkOptions
from augury.records.plan import PlannedSpeed
from augury.records.recipe import NORMALIZATIONS, OPTIMIZERS, SCHEDULES, SELECTIONS, Recipe
from augury.stats import Rule
from augury.study import PRESETS, StudySettings
from augury.study.engines import ENGINES
from augury.study.planning import probe

SETTINGS = {(s.table, s.name): s for s in study_settings()}
TABLES = {"": StudySettings, "recipe": Recipe, "network": NetworkOptions, "rule": Rule}
FIELDS = {
    (table, each.name): each
    for table, cls in TABLES.items()
    for each in fields(cls)
    if each.name not in TABLES  # a table, whose fields come by themselves
}
# Settings that only a study file can say, and why.
ONLY_IN_A_FILE = {
    ("", "parameters"): "tables by augmentation; a file of an augmentation goes with --augment",
    ("", "chains"): "descriptions of augmentations; a file of one goes with --augment",
    ("rule", "min_seeds"): "what counts as shown is fixed with the study's question, not per run",
    ("rule", "alpha"): "as min_seeds",
    ("rule", "min_probability"): "as min_seeds",
    ("rule", "confidence"): "as min_seeds",
    ("rule", "power"): "as min_seeds",
    ("rule", "replicates"): "as min_seeds",
    ("rule", "seed"): "as min_seeds",
    ("rule", "looks"): "follows from until_decided, seeds and max_seeds",
    ("rule", "design"): "follows from seeds",
    ("rule", "mixing"): "is the one that races were tested with",
    ("rule", "part"): "follows from --search",
    ("rule", "batches"): "follows from when arms are added",
    ("", "left_to_auto"): "follows from recipe_name and what is set of the recipe",
}
# A value for each option of a setting, other than the default, and the setting that it makes.
VALUES = {
    "name": ("mine", "mine"),
    "datasets": ("digits,./a b", ("digits", "./a b")),
    "labels": ("a.csv:x,y,test.csv", ("a.csv:x,y", "test.csv")),
    "groups": ("/a/b.csv:x,y", "/a/b.csv:x,y"),
    "split_by": ("y", "y"),
    "folds": ("4", 4),
    "models": ("small, resnet18", ("small", "resnet18")),
    "augmentations": ("none,flip+cutout", ("none", "flip+cutout")),
    "seeds": ("7", 7),
    "first_seed": ("7", 7),
    "baseline": ("normal", "normal"),
    "min_difference": ("0.5", 0.5),
    "metric": ("macro-f1", "macro-f1"),
    "until_decided": (None, True),
    "max_seeds": ("30", 30),
    "cells": ("40", 40),
    "time": ("1.5h", "1.5h"),
    "max_hours": ("1.5", 1.5),
    "corruptions": ("0", 0),
    "teacher": ("live", "live"),
    "image_size": ("32", 32),
    "stored_size": ("36", 36),
    "device": ("cuda:1", "cuda:1"),
    "precision": ("bfloat16", "bfloat16"),
    "layout": ("channels_last", "channels_last"),
    "log": ("wandb,mlflow", ("wandb", "mlflow")),
    "recipe_name": ("scratch-small", "scratch-small"),
    "epochs": ("3", 3),
    "batch_size": ("50", 50),
    "optimizer": ("adamw", "adamw"),
    "lr": ("0.01", 0.01),
    "weight_decay": ("0.1", 0.1),
    "schedule": ("cosine", "cosine"),
    "label_smoothing": ("0.1", 0.1),
    "validation": ("0.2", 0.2),
    "validate_every": ("10", 10),
    "train_limit": ("60", 60),
    "test_limit": ("50", 50),
    "select": ("validation", "validation"),
    "normalization": ("unit", "unit"),
    "sampling": ("balanced", "balanced"),
    "warmup": ("0.1", 0.1),
    "body_lr": ("0.1", 0.1),
    "clip": ("1", 1.0),
    "ema": ("0.9", 0.9),
    "drop_path": ("0.1", 0.1),
    "freeze": ("body", "body"),
    "features": ("each-step", "each-step"),
    "head": ("original", "original"),
    "stem": ("small", "small"),
    "pretrained": (None, True),
    "weights": ("/weights", "/weights"),
}
# Options without which another one is refused, or sets more.
NEEDED = {
    "warmup": ["--schedule", "cosine"],
    "split_by": ["--groups", "/a/b.csv:x,y"],
    "folds": ["--groups", "/a/b.csv:x,y", "--split-by", "y"],
    "features": ["--freeze", "body"],
    # Without a recipe's name pretrained networks get another one.
    "pretrained": ["--recipe", "scratch-small"],
    "weights": ["--recipe", "scratch-small"],
}


class Captured(Exception):
    """Raised in place of going on, with the settings that a command has read."""


@pytest.fixture
def settings_of(monkeypatch, tmp_path):
    """The settings that a command line gives."""
    monkeypatch.chdir(tmp_path)
    read, seen = study_options.read_settings, []

    def capture(*arguments):
        seen.append(read(*arguments))
        raise Captured

    monkeypatch.setattr(study_options, "read_settings", capture)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(a) for a in arguments])
        assert seen, done.stderr
        return seen.pop()

    return run


def option_of(setting):
    flag, (text, expected) = setting.flag.partition("/")[0], VALUES[setting.name]
    return [flag] if text is None else [flag, text], expected


def test_every_setting_has_an_option_or_a_reason():
    assert not SETTINGS.keys() & ONLY_IN_A_FILE.keys()
    assert SETTINGS.keys() | ONLY_IN_A_FILE.keys() == FIELDS.keys()
    assert {name for _, name in SETTINGS} == VALUES.keys()
    assert len({name for _, name in SETTINGS}) == len(SETTINGS)  # they share one command


@pytest.mark.parametrize("command", ["study", "doctor", "preview"])
@pytest.mark.parametrize("key", SETTINGS, ids=lambda key: key[1])
def test_an_option_sets_its_setting_and_no_other(key, command, settings_of):
    given, expected = option_of(SETTINGS[key])
    needed = NEEDED.get(key[1], [])
    given += needed
    assert settings_of(command, *given) == settings_of("study", *given)
    found, default = asdict(settings_of(command, *given)), asdict(settings_of(command, *needed))
    found["left_to_auto"] = default["left_to_auto"]  # which follows from what is set
    table, name = key
    within = found[table] if table else found
    assert within[name] == expected
    assert within[name] != (default[table] if table else default)[name]
    within[name] = (default[table] if table else default)[name]
    assert found == default


def test_options_are_over_the_study_file_and_that_over_the_preset(settings_of, tmp_path):
    (tmp_path / "own.toml").write_text("seeds = 3\n[recipe]\nlr = 0.5\nepochs = 9\n")
    commands = [["study", "own.toml"], ["doctor", "own.toml"], ["preview", "own.toml"]]
    for command in commands:
        found = settings_of(*command, "--preset", "original", "--epochs", "2")
        assert (found.seeds, found.recipe.lr, found.recipe.epochs) == (3, 0.5, 2)
        assert found.models == PRESETS["original"].models
    assert settings_of("doctor", "--no-pretrained", "--preset", "original").network == (
        NetworkOptions(head="original")
    )


def parameters(function):
    return inspect.signature(function).parameters


def test_doctor_and_preview_take_every_option_of_study():
    ours = parameters(study.study)
    assert len(ours) >= 40
    only = {"confirm", "conditions"}  # what runs after the study
    # What preview calls so is its own: the figure, and the data set or study file.
    for function, own in ((doctor.doctor, set()), (preview.preview, {"file", "out_dir"})):
        theirs = parameters(function)
        assert ours.keys() - theirs.keys() == own | only
        for name in ours.keys() - own - only:
            assert theirs[name].default == ours[name].default
            (kind, option), (same_kind, same) = (
                get_args(each[name].annotation) for each in (ours, theirs)
            )
            assert same_kind == kind
            assert vars(same) == vars(option)


def test_a_help_text_tells_the_default_that_there_is():
    told = 0
    for key, setting in SETTINGS.items():
        match = re.search(r"Default: (.*)\.$", setting.help)
        if match and setting.name != "baseline":  # whose default is worked out
            default = FIELDS[key].default
            text = ",".join(default) if isinstance(default, tuple) else str(default)
            assert match[1] == text, setting.name
            told += 1
    assert told >= 7


@pytest.mark.parametrize(
    ("key", "choices"),
    [
        (("recipe", "optimizer"), OPTIMIZERS),
        (("recipe", "schedule"), SCHEDULES),
        (("recipe", "normalization"), NORMALIZATIONS),
        (("network", "head"), HEADS),
        (("network", "stem"), STEMS),
    ],
)
def test_a_help_text_tells_the_names_that_there_are(key, choices):
    assert SETTINGS[key].help == f"{either(choices)}."


def test_other_help_texts_name_all_choices_too():
    texts = {
        name: get_args(each.annotation)[1].help for name, each in parameters(study.study).items()
    }
    assert all(name in texts["select"] for name in SELECTIONS)
    assert all(name in texts["preset"] for name in PRESETS)
    # Torchrun's is taken where torchrun has started the process.
    assert all(name in texts["engine"] for name in ENGINES.keys() - {"torchrun"})


def test_options_are_declared_with_a_default():
    for key in SETTINGS:
        assert FIELDS[key].default is not MISSING


WHOLE = [
    *("--name", "mine", "--dataset", "digits", "--models", "small", "--augment", "none,flip"),
    *(
        "--seeds",
        "6",
        "--first-seed",
        "1",
        "--baseline",
        "none",
        "--min-difference",
        "1",
        "--until-decided",
    ),
    *("--max-seeds", "8", "--max-hours", "1", "--corruptions", "0", "--teacher", "self"),
    *("--image-size", "8", "--epochs", "1", "--batch-size", "20", "--optimizer", "adamw"),
    *("--lr", "0.01", "--weight-decay", "0", "--schedule", "cosine", "--label-smoothing", "0.1"),
    *("--validation", "0.2", "--train-limit", "60", "--test-limit", "50", "--select", "last"),
    *("--normalization", "unit", "--head", "linear", "--stem", "small", "--no-pretrained"),
    *("--stored-size", "9"),
    *(
        "--sampling",
        "natural",
        "--warmup",
        "0.1",
        "--body-lr",
        "0.5",
        "--clip",
        "1",
        "--ema",
        "0.9",
    ),
    *("--validate-every", "1"),
    *("--drop-path", "0", "--freeze", "none", "--features", "once"),
    *("--metric", "accuracy", "--recipe", "auto"),
    *("--device", "cpu", "--precision", "float32", "--layout", "contiguous"),
    *("--log", "tensorboard"),
    *("--workers", "1", "--data", "data", "--engine", "local", "--trust", "--verbose", "--json"),
]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs a command in an empty folder, without measuring speeds: (code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    speed = PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0})
    monkeypatch.setattr(probe, "probe", lambda *_: speed)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(a) for a in arguments])
        return done.exit_code, done.stdout, done.stderr

    return run


def test_a_study_command_can_be_given_to_the_doctor_first(run, tmp_path):
    all_flags = {setting.flag.partition("/")[0] for setting in SETTINGS.values()}
    # --no-pretrained is there, tables go with a folder of images, and a number of seeds
    # does not go with the budgets of a race.
    others = {"--weights", "--pretrained", "--labels", "--groups", "--cells", "--time"}
    others |= {"--split-by", "--folds"}
    assert all_flags - {*WHOLE} == others
    code, printed, said = run("doctor", *WHOLE, "--out", "a study")
    assert code == 0, said
    found = json.loads(printed)
    assert found["study"] == "mine"
    assert [arm["augmentation"] for arm in found["costs"]["arms"]] == ["none", "flip"]
    assert found["power"][0]["seeds"] == 8
    assert found["machine"]["workers"] == 1
    assert not (tmp_path / "a study").exists()


def test_the_doctor_counts_the_cells_that_the_engine_runs_at_once(run):
    quick = ["--augment", "none,flip", "--train-limit", "60", "--epochs", "1", "--json"]
    for options, at_once in (
        (["--engine", "in-process"], 1),
        (["--engine", "local", "--workers", "3"], 3),
    ):
        code, printed, said = run("doctor", *quick, *options)
        assert code == 0, said
        assert json.loads(printed)["machine"]["workers"] == at_once


@pytest.mark.parametrize("command", ["study", "doctor", "preview"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "raay"], "unknown engine 'raay'. Did you mean 'ray'"),
        (["--address", "auto"], "--address and --gpus-per-cell go with --engine ray"),
        (["--lr", "-1"], "lr: must be over 0"),
        (["--optimizer", "adam"], "Did you mean 'adamw'"),
        (["--pretrained", "--models", "small"], "small: has no pretrained weights"),
    ],
)
def test_a_wrong_option_is_refused_alike(command, arguments, message, run):
    code, printed, said = run(command, *arguments, *(["--dataset", "digits"]))
    assert code in (2, 3)
    assert message in (said if code == 2 else printed)


def test_preview_draws_a_figure_for_each_arm_of_a_study_command(run, tmp_path):
    code, printed, said = run("preview", *WHOLE)
    assert code == 0, said
    figures = json.loads(printed)["figures"]
    assert [each["figure"] for each in figures] == ["digits-none.png", "digits-flip.png"]
    assert all((tmp_path / each["figure"]).stat().st_size > 1000 for each in figures)
    assert figures[0]["ids"] == figures[1]["ids"]
    code, _, said = run("preview", *WHOLE, "--out", "one.png")
    assert code == 2
    assert "--out one.png: names one figure, and 2 are asked for" in said


def test_preview_reads_a_study_file_and_tells_models_apart(run, tmp_path):
    (tmp_path / "own.toml").write_text(
        'augmentations = ["flip"]\nmodels = ["small", "resnet18"]\n[recipe]\nepochs = 2\n'
    )
    code, _, said = run("preview", "own.toml", "--epoch", "2")
    assert (code, "epoch: must lie in 0..1, got 2" in said) == (2, True)
    assert run("preview", "own.toml", "--epoch", "1")[0] == 0
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    assert names == ["digits-resnet18-flip.png", "digits-small-flip.png"]


def test_preview_shows_normal_where_no_arm_is_asked_for(run, tmp_path):
    assert run("preview", "--epochs", "1")[0] == 0
    assert [path.name for path in tmp_path.glob("*.png")] == ["digits-normal.png"]


def test_preview_of_a_stored_study_has_that_studys_settings(run, tmp_path):
    quick = ["--augment", "none", "--seeds", "1", "--epochs", "1", "--train-limit", "60"]
    code, _, said = run("preview", *quick, "--study", "there", "--no-pretrained")
    assert code == 2
    assert "--study there: has settings of its own, without" in said
    for flag in ("--seeds", "--epochs", "--train-limit", "--pretrained"):
        assert flag in said
    assert "--augment" not in said
