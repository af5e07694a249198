"""A kind of saliency that was mended: what was begun before goes on with the maps of before."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from augury.batch import Batch
from augury.data import cache_folder
from augury.records.plan import write_plan
from augury.seal import SEAL
from augury.study import Cell, read_plan
from augury.study.planning.extend import extend_plan
from augury.study.running.prepare import prepare
from augury.training.map_store import stored_maps
from helpers.studies import quick_plan, quick_settings

CHAIN = {"name": "chain", "parts": [{"name": "flip"}, {"name": "saliencymix", "p": 1.0}]}
CPU = torch.device("cpu")
# The revision that each is planned with.
ARMS = {
    "none": 1,
    "salience": 3,
    "salience-blend": 1,
    "saliencymix": 2,
    "guidedmixup+flip": 2,
    "light": 2,
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))


def settings(arms=tuple(ARMS), **changes):
    return quick_settings(augmentations=list(arms), chains={"light": CHAIN}, **changes)


def begun_before(plan):
    """As planned before there was a second revision."""
    return replace(plan, cells=tuple(replace(cell, saliency_revision=1) for cell in plan.cells))


def by_hand(image, mode):
    """The map of a gray image (H, W) uint8; mode: what SciPy's Gaussian finds beyond it."""
    spectrum = np.fft.fft2(image / 255)
    log_amplitude = np.log(np.sqrt(np.abs(spectrum) ** 2 + 1e-10))
    smooth = ndimage.uniform_filter(log_amplitude, 3, mode="nearest")
    seen = np.abs(np.fft.ifft2(spectrum * np.exp(-smooth)))
    seen = ndimage.gaussian_filter(seen, 3, radius=3, mode=mode)
    return seen / seen.max()


@pytest.mark.parametrize(
    ("augmentation", "parameters", "name"),
    [
        ("saliencymix", {}, "digits.small.saliencymix.s3.ce0ddca2"),
        (
            "guidedmixup+flip",
            {"guidedmixup": {"saliency": "spectral-residual"}},
            "digits.small.guidedmixup+flip.s3.1b57e71d",
        ),
        ("none", {}, "digits.small.none.s3.d7abb12e"),
    ],
)
def test_cells_that_were_planned_before_keep_their_names(augmentation, parameters, name):
    """Names as they were given when there was one revision."""
    cell = Cell("digits", "0" * 64, "small", augmentation, 3, parameters=parameters)
    assert cell.name == name
    assert "saliency_revision" not in cell.to_json()
    mended = replace(cell, saliency_revision=2)
    assert mended.name != name
    assert mended.to_json()["saliency_revision"] == 2


def test_new_studies_get_the_mended_maps_wherever_they_are_looked_at(digits):
    plan = quick_plan(settings())
    assert {c.augmentation: c.saliency_revision for c in plan.cells} == ARMS


def test_a_study_goes_on_with_the_maps_that_it_began_with(digits, tmp_path):
    begun = begun_before(quick_plan(settings(["none", "saliencymix", "light"])))
    write_plan(tmp_path / "plan.json", begun)
    values = json.loads((tmp_path / "plan.json").read_text())
    assert not any("saliency_revision" in cell for cell in values["cells"])
    old = read_plan(tmp_path / "plan.json")
    assert old == begun
    grown = extend_plan(old, quick_plan(settings(seeds=2)))
    assert grown.cells[:3] == old.cells
    added = {(c.augmentation, c.seed): c.saliency_revision for c in grown.cells[3:]}
    assert added == {
        ("salience", 0): 3,
        ("salience-blend", 0): 1,
        ("guidedmixup+flip", 0): 2,
        ("none", 1): 1,
        ("salience", 1): 3,
        ("salience-blend", 1): 1,
        ("saliencymix", 1): 1,
        ("guidedmixup+flip", 1): 2,
        ("light", 1): 1,
    }
    write_plan(tmp_path / "plan.json", grown)
    assert read_plan(tmp_path / "plan.json") == grown
    assert SEAL in json.loads((tmp_path / "plan.json").read_text())


@pytest.mark.parametrize("augmentation", ["saliencymix", "light"])
@pytest.mark.parametrize(("revision", "mode"), [(1, "nearest"), (2, "constant")])
def test_a_cell_is_trained_with_its_own_maps(augmentation, revision, mode, digits):
    plan = quick_plan(settings([augmentation]))
    if revision == 1:
        plan = begun_before(plan)
    prepared = prepare(plan.cells[0], digits, plan)
    prepared.sources.refresh()
    train = prepared.train.take(np.arange(20))
    images, ids = torch.from_numpy(np.array(train.images)), torch.from_numpy(np.array(train.ids))
    batch = Batch(images, torch.ones(20, 1), ids)
    found = prepared.sources("spectral-residual")(batch).numpy()
    for image, seen in zip(train.images[:, 0], found, strict=True):
        np.testing.assert_allclose(seen, by_hand(image, mode), atol=0.5 / 255 + 1e-5)


def test_stored_maps_of_before_are_read_and_not_taken_for_the_mended_ones(digits):
    """A file that was stored under the name of before; its maps can be told from any others."""
    stored_maps("spectral-residual", False, lambda batch: batch.images[:, 0] / 255, {}, digits, CPU)
    (file,) = (cache_folder() / "maps").glob("*.npy")
    before = file.read_bytes()
    plan = quick_plan(settings(["saliencymix"]))
    train = digits.train.take(np.arange(9))
    images, ids = torch.from_numpy(np.array(train.images)), torch.from_numpy(np.array(train.ids))
    batch = Batch(images, torch.ones(9, 1), ids)
    planted = images[:, 0].float() / 255
    for study, expected in ((begun_before(plan), True), (plan, False)):
        prepared = prepare(study.cells[0], digits, study)
        prepared.sources.refresh()
        assert torch.equal(prepared.sources("spectral-residual")(batch), planted) == expected
    assert file.read_bytes() == before
    assert len(list((cache_folder() / "maps").glob("*.npy"))) == 2
