"""`salience` is another method than in the first version; what was begun goes on with that one."""

from dataclasses import replace

import pytest
import torch

from augury.augment import Salience, SalienceBlend, build_augmentation, from_config
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from augury.study import Cell
from augury.study.planning.arms import arm_augmentation
from augury.study.planning.extend import extend_plan
from helpers.studies import quick_plan, quick_settings


def maps(kind):
    return lambda batch: batch.images[:, 0].float()


def built(cell, digits):
    return arm_augmentation(cell, digits, maps)


@pytest.mark.parametrize(
    ("arm", "parameters", "strength"),
    [
        ("salience", {}, {"mix": 2.0}),
        ("salience", {"salience": {"p": 0.5}}, {"mix": 2.0, "p": 0.5}),
        ("salience@0.5", {"salience@0.5": {"name": "salience", "mix": 1.0}}, {"mix": 1.0}),
        ("mine", {"mine": {"name": "salience", "vmax": 0.8}}, {"vmax": 0.8}),
    ],
)
def test_a_cell_of_before_has_the_method_of_before(arm, parameters, strength, digits):
    cell = Cell("digits", "0" * 64, "small", arm, 0, parameters=parameters, teacher="self")
    found = built(cell, digits)
    assert type(found) is SalienceBlend
    assert {key: getattr(found, key) for key in strength} == strength


def test_within_chains_too(digits):
    chain = {"name": "chain", "parts": [{"name": "flip"}, {"name": "salience"}]}
    cell = Cell("digits", "0" * 64, "small", "mine", 0, parameters={"mine": chain})
    assert [type(part) for part in built(cell, digits).parts][1] is SalienceBlend
    assert type(built(replace(cell, saliency_revision=3), digits).parts[1]) is Salience


def test_a_cell_of_before_keeps_its_name():
    """The end of the name that 0.1.0 gave it."""
    cell = Cell("d" * 200, "f" * 64, "small", "salience", 0)
    assert cell.name.endswith(".salience.s0.20210cf2")
    assert "saliency_revision" not in cell.to_json()
    assert replace(cell, saliency_revision=3).name != cell.name


@pytest.mark.parametrize(
    "settings",
    [
        {"augmentations": ["none", "salience"]},
        {"augmentations": ["none", "flip+salience@0.5"]},
        {
            "augmentations": ["none", "mine"],
            "chains": {"mine": {"name": "chain", "parts": [{"name": "salience"}]}},
        },
    ],
)
def test_new_studies_have_the_new_method(settings, digits):
    _, cell = quick_plan(quick_settings(**settings)).cells
    assert cell.saliency_revision == 3
    found = built(cell, digits)
    assert Salience in {type(found), *(type(part) for part in getattr(found, "parts", ()))}


def test_a_study_goes_on_with_what_it_began_with(digits):
    plan = quick_plan(quick_settings(augmentations=["none", "salience"]))
    begun = replace(plan, cells=tuple(replace(c, saliency_revision=1) for c in plan.cells))
    more = quick_plan(quick_settings(augmentations=["none", "salience"], seeds=2))
    grown = extend_plan(begun, more)
    assert {c.saliency_revision for c in grown.cells} == {1}
    assert type(built(grown.cells[-1], digits)) is SalienceBlend


def test_with_arguments_of_before_the_name_still_means_the_method_of_before():
    old = build_augmentation("salience", {"salience": {"mix": 3.0, "p": 0.5}}, maps)
    assert (type(old), old.mix, old.p) == (SalienceBlend, 3.0, 0.5)
    assert type(from_config({"name": "salience", "vmin": 0.1}, maps)) is SalienceBlend
    assert type(build_augmentation("salience", {"salience": {"p": 0.5}}, maps)) is Salience
    with pytest.raises(InputError, match="unknown parameter of salience-blend 'combine'"):
        build_augmentation("salience", {"salience": {"mix": 3.0, "combine": "blend"}}, maps)


def test_images_are_those_of_before(digits):
    cell = Cell("digits", "0" * 64, "small", "salience", 0)
    images = torch.from_numpy(digits.train.images[:5].copy())
    batch = Batch(images, torch.eye(10)[:5], torch.arange(5))
    found = built(cell, digits)(batch, Draws(0, 0, batch.ids)).images
    seen = images.float() / 255
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    scaled = (images.float() - low) / (high - low).float()
    m = (scaled.clamp(0.3, 0.7) - 0.3) / 0.4
    torch.testing.assert_close(found, (2 * m + seen / 2) / 2.5)
