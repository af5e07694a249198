"""`show_batch` and `augury preview --sheet`: the first batch, exactly as it is trained on."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import augury
from augury import InputError, Study
from augury.cli.app import app
from augury.data import epoch_order
from augury.report.sheet import SheetSize, sheet_image
from augury.study.planning.settings import read_settings
from augury.study.preview import first_batch, preview_new, show


def test_the_ids_are_those_of_the_first_batch_in_its_order():
    settings = read_settings(
        None, None, {"augmentations": ["cutmix"], "recipe": {"batch_size": 20}, "seeds": 3}
    )
    cell, plan, dataset = preview_new(settings, None, None)
    assert cell.seed == 2
    seen = []
    from augury.study.running.prepare import prepare

    prepared = prepare(cell, dataset, plan)
    prepared.training.on_batch = lambda epoch, before, after: seen.append((before, after))
    next(iter(prepared.training.epochs(until=1)))
    before, after = seen[0]
    ids = first_batch(cell, dataset, 0, 64)
    assert ids == before.ids.tolist()
    assert ids == prepared.train.ids[epoch_order(len(prepared.train), 2, 0)[:20]].tolist()
    assert first_batch(cell, dataset, 0, 4) == ids[:4]
    assert first_batch(cell, dataset, 1, 20) != ids
    # And what is drawn is what training saw.
    drawn = show(cell, plan, dataset, ids, 0)
    assert np.array_equal(drawn.arrays["targets"], after.targets.numpy())
    with pytest.raises(InputError, match=r"epoch: must lie in 0\.\.19, got 20"):
        first_batch(cell, dataset, 20, 4)


def test_one_picture_for_command_function_and_study(here, finished):
    code = CliRunner().invoke(
        app, ["preview", "--study", str(finished), "--augment", "flip", "--sheet", "3x4", "--json"]
    )
    assert code.exit_code == 0, code.stderr
    told = json.loads(code.stdout)
    assert told["figure"] == "digits-flip-sheet.png"
    assert len(told["ids"]) == 12
    with Image.open(here / "digits-flip-sheet.png") as image:
        drawn = np.asarray(image)
    assert np.array_equal(drawn, np.asarray(augury.show_batch(finished, sheet="3x4", quiet=True)))
    study = Study.open(finished)
    assert np.array_equal(drawn, np.asarray(study.show_batch("flip", sheet="3x4", quiet=True)))
    settings = read_settings(None, None, {"augmentations": ["flip"], "recipe": {"batch_size": 12}})
    cell, plan, dataset = preview_new(settings, None, None)
    ids = first_batch(cell, dataset, 0, 12)
    own = sheet_image(show(cell, plan, dataset, ids, 0), SheetSize(3, 4))
    assert own.size == drawn.shape[1::-1]


def test_a_data_set_by_name(here):
    image = augury.show_batch("digits", "mixup", sheet="2x3", batch_size=20, quiet=True)
    assert image.size == (8 + 3 * (96 + 8), 16 + 2 * 14 + 2 * (96 + 34))


def test_bad_input(here, finished):
    done = CliRunner().invoke(app, ["preview", "--sheet", "2x2", "--ids", "1"])
    assert done.exit_code == 2
    assert "--ids and --sheet exclude each other" in done.stderr
    assert CliRunner().invoke(app, ["preview", "--sheet", "8"]).exit_code == 2
    with pytest.raises(InputError, match="image_size, batch_size: are those of the study"):
        augury.show_batch(finished, batch_size=5)
