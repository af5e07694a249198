"""A study whose networks' bodies are frozen, from the doctor to what is said of it."""

import json

from torch import nn

import augury
from augury.kernels import plain_path
from helpers.studies import QUICK_STUDY


class Probed(nn.Module):
    """Its body would be loaded by itself; here it is random."""

    def __init__(self, num_classes, channels):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(3))
        self.head = nn.Linear(8 * 9, num_classes)

    def forward(self, images):
        return self.head(self.body(images).flatten(1))


GIVEN = QUICK_STUDY | {"models": Probed, "freeze": "body"}


def test_features_of_none_are_computed_once_and_it_is_said(tmp_path, monkeypatch):
    works = []
    monkeypatch.setattr(
        "augury.study.doctor.arms.run_seconds",
        lambda work, timings: works.append((work, timings)) or 1.0,
    )
    study = augury.Study(path=tmp_path / "s", **GIVEN)
    with plain_path():  # nothing is compiled for so few images
        found = study.doctor()
        study.run(engine="in-process", quiet=True)
    arms = {arm.augmentation: arm for arm in found.costs.arms}
    assert {name: arm.features_once for name, arm in arms.items()} == {"none": True, "flip": False}
    assert "features of none computed once" in str(found)
    none, flip = works
    # The body sees each of 60 training images once more, and none in a step.
    assert none[0].predicted - flip[0].predicted == 60
    assert (none[1].load, none[1].augment) == (0, 0)
    runs = {}
    for run in (study.path / "runs").iterdir():
        result = json.loads((run / "result.json").read_text("utf-8"))
        runs[result["cell"]["augmentation"]] = result["speed"]
    assert runs["none"]["features"] == "once"
    assert runs["flip"]["features"] == "each step"
    assert runs["flip"]["why_each"] == "the augmentation changes images"
    assert "features of none computed once" in (study.path / "report.md").read_text("utf-8")
