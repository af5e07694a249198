"""Models, data sets, augmentations and engines as objects."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

import augury
from augury.augment import Chain, CutMix, Cutout, Flip
from augury.errors import InputError, RecipeChanged
from helpers.studies import QUICK_STUDY


def tiny(num_classes, channels):
    """A linear network on 4×4 means."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * channels, num_classes)
    )


def arrays(seed=0):
    """200 gray images in two classes, told apart by their brightness."""
    labels = np.arange(200) % 2
    noise = np.random.default_rng(seed).integers(0, 60, (200, 12, 12))
    return (noise + 120 * labels[:, None, None]).astype(np.uint8), labels


def inverted(image):
    """A function on one image, as other libraries have them."""
    return 1 - image if image.is_floating_point() else 255 - image


class Counting:
    """An engine of the user's own."""

    def __init__(self):
        self.inner, self.cells = augury.InProcess(), []

    def cells_at_once(self, work):
        return 1

    def run(self, cells, job):
        self.cells += [cell.name for cell in cells]
        self.inner.run(cells, job)


def test_a_study_of_objects_runs_and_goes_on_in_this_process(tmp_path):
    given = QUICK_STUDY | {"dataset": arrays(), "models": tiny, "augment": ["none", inverted]}
    study = augury.Study(path=tmp_path / "s", **given)
    assert study.run(quiet=True).done == 2
    (row,) = study.verdicts
    assert row.dataset == "arrays"
    again = augury.Study(path=tmp_path / "s", **(given | {"seeds": 2}))
    assert again.run(quiet=True) == augury.CellCounts(cells=4, done=4, failed=0)
    opened = augury.Study.open(tmp_path / "s")
    assert opened.add(seeds=3).run(quiet=True).done == 6
    assert opened.preview(quiet=True).shown.cell.model == row.model


def test_objects_of_this_process_need_it(tmp_path):
    def local(num_classes, channels):
        return tiny(num_classes, channels)

    study = augury.Study(path=tmp_path / "s", **(QUICK_STUDY | {"models": [local]}))
    assert study.settings.models[0].startswith("here:")
    with pytest.raises(InputError, match=r"^here:local.*: only this process has it.*InProcess\(\)"):
        study.run(engine=augury.Local(2), quiet=True)
    assert study.run(engine="in-process", quiet=True).done == 2


def test_augmentations_of_ours_are_named_and_described(tmp_path):
    given = ["none", Cutout(length=0.25), Chain([Flip(), CutMix()])]
    study = augury.Study(path=tmp_path / "s", augment=given)
    none, cutout, chain = study.settings.augmentations
    assert (none, chain) == ("none", "flip+cutmix")
    described = study.settings.chains[cutout]
    assert (described["name"], described["length"]) == ("cutout", 0.25)
    assert study.add(augment=Cutout(length=0.25)).settings.augmentations == (none, cutout, chain)


def test_other_arrays_are_another_data_set(tmp_path):
    study = augury.Study(path=tmp_path / "s", dataset=arrays(), **QUICK_STUDY)
    study.run(engine="in-process", quiet=True)
    other = augury.Study(path=tmp_path / "s", dataset=arrays(seed=1), **QUICK_STUDY)
    with pytest.raises(RecipeChanged, match="data of arrays: fingerprint"):
        other.run(engine="in-process", quiet=True)


def test_a_data_set_of_ours_and_a_torch_data_set(tmp_path):
    images, labels = arrays()
    pairs = torch.utils.data.TensorDataset(
        torch.from_numpy(images)[:, None], torch.from_numpy(labels)
    )
    kept = augury.from_arrays(images, labels, name="bright")
    study = augury.Study(path=tmp_path / "s", dataset=[kept, pairs], **QUICK_STUDY)
    assert study.run(engine="in-process", quiet=True).done == 4
    assert [row.dataset for row in study.verdicts] == ["bright", "TensorDataset"]


def test_an_engine_of_ones_own(tmp_path):
    engine = Counting()
    study = augury.Study(path=tmp_path / "s", **QUICK_STUDY)
    study.run(engine=engine, quiet=True)
    assert engine.cells == [row.cell for row in study.status()]


def test_check_takes_names_and_objects():
    found = augury.check("flip", samples=1000)
    assert {each.verdict for each in found} <= {"ok", "note"}
    assert str(found).splitlines()[0].strip() == "flip"
    assert f"0 of {len(found)} checks found a fault" in str(found)
    assert augury.check(Flip(), samples=1000).faults == 0
    broken = augury.check(lambda image: image * 0, samples=1000)
    assert broken.faults == sum(each.verdict == "FAULT" for each in broken)
    with pytest.raises(InputError, match="unknown augmentation 'flop'"):
        augury.check("flop")


@pytest.fixture
def forgotten():
    """Leave no module `mine` to other tests."""
    yield
    sys.modules.pop("mine", None)


def test_code_of_a_stored_study_is_confirmed(tmp_path, monkeypatch, forgotten):
    (tmp_path / "mine.py").write_text("def make(image):\n    return image\n")
    monkeypatch.chdir(tmp_path)
    study = augury.Study(path="s", **(QUICK_STUDY | {"augment": ["none", "mine:make"]}))
    study.run(engine="in-process", quiet=True)
    (tmp_path / "mine.py").write_text("def make(image):\n    return image + 0\n")
    opened = augury.Study.open("s")
    assert len(opened.verdicts) == 1  # looking at results runs nothing
    with pytest.raises(InputError, match=r"would run code that you have not confirmed: mine\.py"):
        opened.add(seeds=2)
    trusting = augury.Study.open("s", trust=True)
    assert trusting.settings.augmentations == ("none", "mine:make")
