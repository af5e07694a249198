"""A cell that is cut in the middle of an epoch goes on to the same bits, whatever it trains."""

import pytest
import torch
from faulty import bits

from augury.data import load_dataset
from augury.records.plan import write_plan
from augury.study import StudyFolder
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from augury.training import CheckpointFolder
from helpers.studies import quick_plan, quick_settings

EPOCHS = 3
# (model, augmentation, other settings). MobileNetV2 with the original head has dropout.
SHORT = [
    ("small", "salience+mixup", {"teacher": "self:2", "recipe": {"select": "validation"}}),
]
LONG = [
    ("small", "flip+cutmix", {}),
    ("small", "salience", {"teacher": "live"}),
    *(("small", arm, {}) for arm in ("none", "normal", "random-erasing", "crop+cutout")),
    *(("small", arm, {}) for arm in ("randaugment", "augmix", "resizemix", "trivialaugment")),
    ("small", "saliencymix", {"teacher": "self"}),
    ("small", "puzzlemix", {"teacher": "live"}),
    ("small", "guidedmixup", {"teacher": "self:2"}),
    ("small", "keepaugment", {"teacher": "live:half"}),
    ("small", "normal", {"recipe": {"schedule": "plateau", "select": "validation"}}),
    ("small", "flip", {"recipe": {"optimizer": "adamw", "schedule": "cosine"}}),
    ("resnet18", "normal", {}),
    ("resnet18", "salience", {"teacher": "self:2", "recipe": {"select": "validation"}}),
    ("timm:efficientnet_b0", "flip+mixup", {}),
    ("mobilenetv2", "normal", {"network": {"head": "original"}}),
]
MOMENTS = ["in the first epoch", "in the second epoch", "in a save", "between two epochs"]


class Killed(BaseException):
    pass


def cut(moment, patch):
    """A listener that ends a run at this moment; for a save the patch does."""

    def on_step(epoch, step, steps):
        at = {"in the first epoch": 0, "in the second epoch": 1}.get(moment)
        if epoch == at and step == 1:
            raise Killed

    def on_epoch(epoch):
        if moment == "between two epochs" and epoch.epoch == 1:
            raise Killed

    def save(folder, epoch, checkpoint):
        if epoch < 2:
            return whole_save(folder, epoch, checkpoint)
        folder.folder.mkdir(parents=True, exist_ok=True)
        (folder.folder / ".epoch-0002.safetensors.half").write_bytes(b"half")
        raise Killed

    whole_save = CheckpointFolder.save
    if moment == "in a save":
        patch.setattr(CheckpointFolder, "save", save)
    return Listener(on_step, on_epoch)


def resume(model, augmentation, changes, dataset, folder, monkeypatch):
    changes = dict(changes)
    recipe = {"epochs": EPOCHS, **changes.pop("recipe", {})}
    settings = quick_settings(
        models=[model], augmentations=[augmentation], recipe=recipe, corruptions=0, **changes
    )
    plan = quick_plan(settings)
    (cell,) = plan.cells
    torch.set_num_threads(1)

    def study(name):
        write_plan(folder / name / "plan.json", plan)
        return StudyFolder(folder / name)

    run_cell(cell, plan, study("straight"), dataset, Listener())
    expected = bits(folder / "straight")
    for moment in MOMENTS:
        again = study(moment)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            run_cell(cell, plan, again, dataset, cut(moment, patch))
        assert not again.run(cell).done
        run_cell(cell, plan, again, dataset, Listener(on_note=pytest.fail))
        assert bits(folder / moment) == expected, moment


def images_for(model):
    """The digits, larger for networks that halve their maps five times."""
    return load_dataset("digits", image_size=16 if model == "small" else 32)


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("model", "augmentation", "changes"), SHORT)
def test_a_cut_run_goes_on(
    model, augmentation, changes, cache_folder, tmp_path, monkeypatch, counts
):
    resume(model, augmentation, changes, images_for(model), tmp_path, monkeypatch)
    counts(f"resume {model} {augmentation} {changes}", moments=len(MOMENTS), bit_equal=len(MOMENTS))


@pytest.mark.faults
@pytest.mark.parametrize(("model", "augmentation", "changes"), LONG)
def test_any_cut_run_goes_on(
    model, augmentation, changes, cache_folder, tmp_path, monkeypatch, counts
):
    resume(model, augmentation, changes, images_for(model), tmp_path, monkeypatch)
    counts(f"resume {model} {augmentation} {changes}", moments=len(MOMENTS), bit_equal=len(MOMENTS))
