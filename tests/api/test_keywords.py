"""Every setting of a study is a keyword of `Study`."""

import inspect
from dataclasses import fields

import pytest

from augury import NetworkOptions, Recipe, Rule, Study, StudySettings

# Where a keyword has another name than the field, as on the command line.
RENAMED = {
    ("StudySettings", "datasets"): "dataset",
    ("StudySettings", "augmentations"): "augment",
    ("Rule", "seed"): "rule_seed",
    ("StudySettings", "recipe_name"): "recipe",
}
INSIDE = {"rule": Rule, "recipe": Recipe, "network": NetworkOptions}
# They follow from other settings.
NO_SETTING = {("Rule", name) for name in ("looks", "design", "mixing", "batches", "part")}
NO_SETTING |= {("StudySettings", "left_to_auto")}

OTHER = {
    "dataset": "fashion-mnist",
    "labels": ["labels.csv:image,breed"],
    "groups": "/groups.csv:image,camera",
    "split_by": "camera",
    "models": "resnet18",
    "augment": ["flip", "cutout"],
    "baseline": "cutout",
    "teacher": "resnet18=weights.pt",
    "name": "mine",
    "optimizer": "adamw",
    "schedule": "cosine",
    "select": "validation",
    "normalization": "unit",
    "sampling": "balanced",
    "metric": "macro-f1",
    "head": "original",
    "stem": "small",
    "weights": "/weights.pt",
    "parameters": {"cutout": {"length": 0.25}},
    "chains": {"mine": {"name": "chain", "parts": [{"name": "flip"}]}},
    "until_decided": True,
    "pretrained": True,
    "max_hours": 1.5,
    "time": "20m",
    "image_size": 32,
    "stored_size": 36,
    "device": "cuda:1",
    "precision": "bfloat16",
    "layout": "channels_last",
    "log": ["wandb", "mlflow"],
    "train_limit": 77,
    "test_limit": 78,
    "alpha": 0.01,
    "min_probability": 0.9,
    "confidence": 0.99,
    "power": 0.9,
    "lr": 0.02,
    "weight_decay": 0.25,
    "label_smoothing": 0.125,
    "validation": 0.25,
    "min_difference": 0.75,
    "recipe": "linear-probe",
    "warmup": 0.125,
    "ema": 0.75,
    "drop_path": 0.125,
    "freeze": "body",
    "features": "each-step",
}


def settings():
    """(dataclass, field, keyword) of each setting."""
    for cls in (StudySettings, *INSIDE.values()):
        for each in fields(cls):
            key = (cls.__name__, each.name)
            if key not in NO_SETTING and not (cls is StudySettings and each.name in INSIDE):
                yield cls, each.name, RENAMED.get(key, each.name)


KEYWORDS = [keyword for _, _, keyword in settings()]


def test_no_keyword_has_two_meanings_and_all_are_explicit():
    assert len(set(KEYWORDS)) == len(KEYWORDS)
    parameters = inspect.signature(Study).parameters
    assert set(KEYWORDS) <= set(parameters)
    assert set(parameters) - set(KEYWORDS) == {"file", "preset", "path", "data_dir", "trust"}
    for each in parameters.values():
        assert each.kind is each.KEYWORD_ONLY
        assert each.annotation is not each.empty
    assert all(f"{keyword}" in Study.__doc__ for keyword in ("dataset", "augment", "file", "trust"))


@pytest.mark.parametrize(("cls", "field", "keyword"), list(settings()))
def test_each_keyword_reaches_its_setting(cls, field, keyword, tmp_path):
    value = OTHER.get(keyword, 9)
    given = {"augment": ["flip", "cutout"], keyword: value}
    if keyword == "seeds":
        given["max_seeds"] = 30
    if keyword in ("split_by", "folds"):
        given = {"groups": OTHER["groups"], "split_by": OTHER["split_by"], **given}
    if keyword == "warmup":
        given["schedule"] = "cosine"
    if keyword == "features":
        given["freeze"] = "body"
    found = Study(path=tmp_path / "s", **given).settings
    for name, inside in INSIDE.items():
        if cls is inside:
            found = getattr(found, name)
    expected = (value,) if keyword in ("dataset", "models") else value
    stored = getattr(found, field)
    assert stored == (tuple(value) if isinstance(value, list) else expected)
    assert stored != getattr(cls(), field)


def test_keywords_override_the_file_and_the_file_the_preset(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(
        'seeds = 3\nmodels = ["resnet18"]\n[chains.mine]\nname = "chain"\n'
        'parts = [{name = "flip"}]\n'
    )
    found = Study(preset="original", file=file, seeds=4, path=tmp_path / "s").settings
    assert (found.seeds, found.models, found.recipe.epochs) == (4, ("resnet18",), 50)
    assert found.chains == {"mine": {"name": "chain", "parts": [{"name": "flip"}]}}


def test_a_path_may_begin_at_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    study = Study(dataset="~/flowers", path="~/studies/one", data_dir="~/data")
    assert study.settings.datasets == (str(tmp_path / "flowers"),)
    assert (study.path, study.data_dir) == (tmp_path / "studies" / "one", tmp_path / "data")


def test_the_folder_is_the_command_lines(tmp_path):
    assert str(Study(name="mine").path) == "studies/mine"
    assert str(Study(dataset=["digits", "cifar10"]).path) == "studies/digits-cifar10"
