"""What the doctor proposes to make a long study shorter."""

from dataclasses import replace

import pytest

from augury.study import StudySettings
from augury.study.doctor import proposals as module
from augury.study.doctor.costs import ArmCost, Proposal, Sizes
from augury.study.doctor.opening import open_for_examination
from augury.study.engines import LOCAL
from augury.training import Recipe

SIZES = Sizes(0, 0, 0, 0, 0, 0, 0, 0)
STEPS = 9 * 4  # 70 % of the training images of the digits in batches of 100, four epochs


def arm(name, seconds):
    return ArmCost("digits", "small", name, 6, 0.5, 0.0, seconds, {}, SIZES)


@pytest.fixture(scope="module")
def opened():
    settings = StudySettings(
        augmentations=("none", "flip"),
        image_size=64,
        layout="contiguous",
        precision="float32",
        recipe=Recipe(epochs=4, validation=0.3),
    )
    return open_for_examination(settings, None, None, LOCAL, None)


def test_smaller_images_save_their_share_of_everything(opened, monkeypatch):
    steps = {48: 0.25, 64: 0.5}
    monkeypatch.setattr(module, "_step_seconds", lambda *given: steps[given[3]])
    arms = [arm("none", 1000.0), arm("flip", 1402.0)]
    # 6 · (1000 + 1402) seconds in two workers; half of that with steps half as long. 32 pixels are
    # too few.
    assert module.proposals(opened, arms, 2) == (Proposal("--image-size 48", 3603.0),)


def test_a_short_study_gets_none(opened):
    assert module.proposals(opened, [arm("none", 1000.0), arm("flip", 1400.0)], 2) == ()


def test_a_frozen_body_saves_time_of_the_steps_alone(opened, monkeypatch):
    cells = opened.plan.cells
    network = replace(cells[0].network, weights="weights.safetensors")
    plan = replace(opened.plan, cells=tuple(replace(cell, network=network) for cell in cells))
    pretrained = replace(opened, plan=plan)
    monkeypatch.setattr(
        module, "_step_seconds", lambda *given: 0.1 if given[4].freeze == "body" else 1.0
    )
    arms = [arm("none", 2000.0), arm("flip", 2000.0)]
    found = module.proposals(pretrained, arms, 1)
    assert found == (Proposal("--freeze body", pytest.approx(12 * (2000 - STEPS * 0.4))),)


def test_a_step_is_timed_on_images_of_the_proposed_size(opened, monkeypatch):
    seen = []

    def measured(build, shape, classes, recipe, device, ways, seconds):
        seen.append((shape, classes, recipe.freeze, [str(way) for way in ways]))
        return {"contiguous float32": 20.0}

    monkeypatch.setattr(module, "measure_speeds", measured)
    cell, dataset = opened.plan.cells[0], opened.datasets["digits"]
    found = module._step_seconds(opened, dataset, cell, 48, opened.recipe)
    assert found == pytest.approx(0.02)
    assert seen == [((100, 1, 48, 48), 10, "none", ["contiguous float32"])]
