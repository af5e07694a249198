"""What becomes of results that are missing, unequal, contradictory or not comparable."""

import json

import numpy as np
import pytest

from augury.errors import InputError
from augury.records.json_file import write_json
from augury.records.plan import write_plan
from augury.records.verdicts import read_verdicts, verdict_values
from augury.study import StudyFolder, judge_study
from augury.study.store import write_arrays
from helpers.studies import IMAGES, logits_of, make_study, quick_plan, quick_settings, write_run

NONE = [150, 152, 149, 151, 150, 153]
BETTER = [160, 163, 158, 162, 161, 162]


def judged(plan, folder):
    return verdict_values(judge_study(plan, folder))["comparisons"]


def cell_of(plan, augmentation, seed):
    return next(c for c in plan.cells if (c.augmentation, c.seed) == (augmentation, seed))


def change_result(folder, cell, **changes):
    path = folder.run(cell).result
    write_json(path, json.loads(path.read_text()) | changes)


def change_score(folder, cell, **changes):
    """Of the test images."""
    written = json.loads(folder.run(cell).result.read_text())
    change_result(folder, cell, test=written["test"] | changes)


def test_a_plain_study(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    (comparison,) = judged(plan, folder)
    # (10 + 11 + 9 + 11 + 11 + 9) / 6 of 200 images are 5.083 points.
    assert comparison["difference"] == pytest.approx(61 / 6 / 2)
    assert (comparison["verdict"], comparison["decided"]) == ("helps", True)
    assert comparison["unpaired"] == []


def test_the_rule_of_the_study_file_is_used(tmp_path):
    rule = {"min_difference": 6.0, "min_seeds": 4}
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER}, rule=rule)
    written = judge_study(plan, folder)
    assert (written.rule.min_difference, written.rule.min_seeds) == (6.0, 4)
    assert "smaller than the 6 points that matter" in written.comparisons[0].words
    assert read_verdicts(folder.path / "verdicts.json") == written


def test_one_seed_cannot_say(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE[:1], "flip": BETTER[:1]})
    (comparison,) = judged(plan, folder)
    assert comparison["words"] == "cannot say: 1 paired seed, the rule needs 6"
    assert comparison["interval"] is comparison["p"] is comparison["detectable"] is None


def test_seeds_without_a_partner_are_named_and_left_out(tmp_path):
    right = {"none": [*NONE, 10], "flip": [*BETTER[:2], None, *BETTER[3:], 190, 190]}
    plan, folder = make_study(tmp_path, right)
    (comparison,) = judged(plan, folder)
    assert comparison["seeds"] == [0, 1, 3, 4, 5, 6]
    assert comparison["unpaired"] == [2, 7]


def test_no_spread_gives_no_number_that_means_nothing(tmp_path):
    plan, folder = make_study(tmp_path, {"none": [150] * 6, "flip": [151] * 6})
    (comparison,) = judged(plan, folder)
    assert (
        comparison["words"] == "cannot say: all 6 seeds differ by 0.50 points, so no test applies"
    )
    assert comparison["p"] is comparison["interval"] is None


def test_an_accuracy_that_is_no_number(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    change_score(folder, cell_of(plan, "flip", 3), accuracy=None)
    (comparison,) = judged(plan, folder)
    assert "no accuracy (not a number) in 1 of 6 paired seeds" in comparison["words"]
    assert comparison["accuracy"] is comparison["difference"] is None


def test_missing_predictions(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    folder.run(cell_of(plan, "none", 2)).predictions.unlink()
    (comparison,) = judged(plan, folder)
    assert comparison["words"].startswith("cannot say: predictions on the test images are missing")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half of a file", b"not an archive"])
def test_damaged_predictions_are_named(tmp_path, content):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    cell = cell_of(plan, "flip", 0)
    folder.run(cell).predictions.write_bytes(content)
    (comparison,) = judged(plan, folder)
    assert comparison["words"] == (
        f"cannot say: {cell.name}: {cell.name}/predictions.npz is damaged"
    )
    assert comparison["difference"] is None


def test_predictions_that_would_run_code_are_not_opened(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    cell = cell_of(plan, "flip", 0)
    np.savez(folder.run(cell).predictions, test_ids=np.array([print, print], dtype=object))
    assert "predictions.npz is damaged" in judged(plan, folder)[0]["words"]


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (np.arange(IMAGES) + 1, "they were tested on different images"),
        (np.arange(IMAGES)[::-1].copy(), "their test images carry different labels"),
    ],
)
def test_arms_tested_on_other_images_are_not_compared(tmp_path, ids, words):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    write_run(folder, cell_of(plan, "flip", 4), BETTER[4], ids=ids)
    assert judged(plan, folder)[0]["words"] == f"cannot say: {words}"


def test_the_order_of_test_images_does_not_matter(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    before = judged(plan, folder)
    run = folder.run(cell_of(plan, "flip", 4))
    with np.load(run.predictions) as stored:
        arrays = dict(stored)
    for name in ("ids", "labels", "logits"):
        arrays[f"test_{name}"] = arrays[f"test_{name}"][::-1]
    write_arrays(run.predictions, arrays)
    assert judged(plan, folder) == before


# --- a picker of epochs, planted in three ways ---------------------------------------------------


def test_an_epoch_other_than_the_recipe_s_is_caught(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    cell = cell_of(plan, "flip", 1)
    write_run(folder, cell, 170, chosen=1)
    (comparison,) = judged(plan, folder)
    told = f"cannot say: {cell.name}: epoch 2 was tested where the recipe names epoch 3"
    assert comparison["words"] == told
    assert comparison["difference"] is None


def test_weights_of_another_epoch_are_caught(tmp_path):
    # The result says that the last epoch was tested, but its validation accuracy is another one's.
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    cell = cell_of(plan, "flip", 1)
    change_result(folder, cell, validation={"loss": 1.0, "accuracy": 0.9})
    assert "the tested weights are not those of epoch 3" in judged(plan, folder)[0]["words"]


def test_a_better_figure_than_the_predictions_is_caught(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    change_score(folder, cell_of(plan, "flip", 1), accuracy=0.9)
    words = judged(plan, folder)[0]["words"]
    assert "result.json says 90.00 % where the predictions say 81.50 %" in words


def test_the_best_epoch_on_validation_is_no_fault_where_the_recipe_names_it(tmp_path):
    recipe = {"epochs": 3, "select": "validation"}
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    # By accuracies 0.5, 0.6, 0.8 the last epoch is the best one.
    assert judged(plan, folder)[0]["verdict"] == "helps"
    other = tmp_path / "other"
    plan, folder = make_other(other, recipe)
    for cell in plan.cells:
        right = NONE if cell.augmentation == "none" else BETTER
        write_run(folder, cell, right[cell.seed], chosen=1)
    assert judged(plan, folder)[0]["verdict"] == "helps"
    write_run(folder, plan.cells[0], 150, chosen=0, validation=60)
    assert "where the recipe names epoch 3" in judged(plan, folder)[0]["words"]


def make_other(path, recipe):
    settings = quick_settings(augmentations=["none", "flip"], seeds=6, recipe=recipe)
    plan, folder = quick_plan(settings), StudyFolder(path)
    write_plan(folder.plan_file, plan)
    return plan, folder


def test_a_result_that_cannot_be_read_is_named(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": BETTER})
    folder.run(plan.cells[0]).result.write_text("{")
    with pytest.raises(InputError, match=r"result\.json: not valid JSON"):
        judged(plan, folder)
    folder.run(plan.cells[0]).result.write_text("{}")
    refusal = r"result\.json: of schema None where this version reads 1 and 2"
    with pytest.raises(InputError, match=refusal):
        judged(plan, folder)


def test_labels_of_the_helper():
    assert (logits_of(np.arange(10), 4).argmax(1) == np.arange(10)).sum() == 4
