"""Leaving one group out of training: what is refused, what runs train on, and what is said."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy

import augury
from augury.data import load_dataset
from augury.data.left_out import left_out_parts
from augury.errors import DataError, InputError, RecipeChanged
from augury.records.evidence import read_evidence
from augury.records.plan import read_plan, write_plan
from augury.records.provenance import Provenance
from augury.records.verdicts import read_verdicts
from augury.report import load_study
from augury.report.html import render
from augury.report.markdown import markdown
from augury.study import StudyFolder
from augury.study.compare import compare_studies
from augury.study.doctor.left_out import left_out_notices
from augury.study.judging.judge_study import judge_study
from augury.study.planning.cells import make_cells
from augury.study.planning.datasets import load_datasets, planned_dataset
from augury.study.planning.describe import describe
from augury.study.planning.extend import extend_plan
from augury.study.planning.parts import count_steps, run_parts
from augury.study.planning.plan import assemble_plan
from augury.study.running.robustness import measure_robustness
from helpers.results import make_result, store_run
from helpers.studies import QUICK_STUDY, SPEED, logits_of, quick_settings


def table(folder, groups, column="subject", skip=0):
    """A table of the digits, whose image n is of the group n % `groups`."""
    digits = load_dataset("digits")
    ids = sorted([*digits.train.ids.tolist(), *digits.test.ids.tolist()])[skip:]
    file = folder / "groups.csv"
    file.write_text(f"id,{column}\n" + "".join(f"{id},{id % groups}\n" for id in ids))
    return str(file)


def settings_of(folder, groups=5, **changes):
    changes = {"split_by": "subject", "seeds": 6, **changes}
    return quick_settings(groups=table(folder, groups), **changes)


def plan_of(settings):
    datasets = load_datasets(settings)
    cells = make_cells(settings, datasets)
    speed = {"small on digits": SPEED}
    return assemble_plan(settings, datasets, cells, speed, 1, "cpu", Provenance())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"split_by": "subject"},
            r"split_by: subject is a column of a table of groups, and none is given; "
            r"say which: --groups FILE.csv:IMAGES,subject",
        ),
        ({"folds": 5}, r"folds: is for groups that are left out, and needs split_by"),
        ({"folds": 2, "groups": "a.csv", "split_by": "b"}, r"folds: must be at least 3, got 2"),
    ],
)
def test_settings_that_lack_something_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        quick_settings(**settings)


def test_tables_that_cannot_divide_the_images_are_refused(tmp_path):
    digits = load_dataset("digits")

    def load(groups, **changes):
        return load_datasets(quick_settings(groups=groups, split_by="subject", **changes))

    with pytest.raises(
        InputError, match=r"split_by: the groups are in the column 'camera', not 'subject'; say"
    ):
        load(table(tmp_path, 5, "camera"))
    with pytest.raises(
        DataError,
        match=r"split_by: 12 of 1,797 images have no subject: 'image 0', 'image 1', 'image 2'.*; "
        r"give each one its subject in the table, or take it out",
    ):
        load(table(tmp_path, 5, skip=12))
    with pytest.raises(
        DataError, match=r"at least 3 groups are needed to leave one out, and there are 2 in the"
    ):
        load(table(tmp_path, 2))
    with pytest.raises(InputError, match=r"folds: must be at most the 5 groups, got 6"):
        load(table(tmp_path, 5), folds=6)
    # Of ten groups by their digit each has all images of a class.
    parts = (digits.train, digits.test)
    rows = [f"{i},{k}" for p in parts for i, k in zip(p.ids, p.labels, strict=True)]
    (tmp_path / "by-digit.csv").write_text("\n".join(["id,subject", *rows]))
    with pytest.raises(
        DataError, match=r"split_by: all images of '\d' are of the subject '\d': with it left out"
    ):
        load(str(tmp_path / "by-digit.csv"))


def test_all_arms_of_a_seed_have_the_same_parts_and_the_plan_keeps_them(tmp_path):
    plan = plan_of(settings_of(tmp_path))
    write_plan(tmp_path / "plan.json", plan)
    again = read_plan(tmp_path / "plan.json")
    assert again == plan
    assert {cell.split_by for cell in plan.cells} == {"subject"}
    dataset = planned_dataset(again.datasets["digits"], None)
    assert dataset.fingerprint == plan.datasets["digits"].fingerprint
    tested = []
    for seed in range(6):
        parts = run_parts(dataset, replace(plan.cells[0].recipe, test_limit=None), seed)
        (subject,) = set((parts.test.ids % 5).tolist())
        assert subject not in set((parts.train.ids % 5).tolist())
        assert subject not in set((parts.validation.ids % 5).tolist())
        tested.append(subject)
    assert sorted(tested[:5]) == [0, 1, 2, 3, 4]
    assert tested[5] == tested[0]
    whole = replace(plan.cells[0], recipe=replace(plan.cells[0].recipe, train_limit=None))
    train, *_ = left_out_parts(dataset.train, dataset.split, 0.3, 0)
    assert count_steps(plan, whole) == 2 * math.ceil(len(train) / 20)


def test_old_cells_keep_their_names(tmp_path):
    (cell, *_) = make_cells(quick_settings(), {"digits": load_dataset("digits")})
    assert "split_by" not in cell.to_json()
    plan = plan_of(settings_of(tmp_path))
    assert plan.cells[0].to_json()["split_by"] == "subject"
    assert plan.cells[0].name != cell.name


def test_a_study_keeps_its_division(tmp_path):
    old = plan_of(settings_of(tmp_path))
    parts = quick_settings(seeds=6)
    with pytest.raises(RecipeChanged, match=r"split_by of digits: subject → its parts"):
        extend_plan(old, plan_of(parts))
    with pytest.raises(RecipeChanged, match=r"split_by of digits: its parts → subject"):
        extend_plan(plan_of(parts), old)
    with pytest.raises(RecipeChanged, match=r"split of digits by subject: other groups, or"):
        extend_plan(old, plan_of(settings_of(tmp_path, groups=6)))
    grown = extend_plan(old, plan_of(settings_of(tmp_path, seeds=7)))
    assert {cell.name for cell in old.cells} < {cell.name for cell in grown.cells}


def test_the_doctor_says_who_is_left_out(tmp_path):
    def found(seeds, groups=5, **changes):
        (dataset,) = load_datasets(settings_of(tmp_path, groups=groups, **changes)).values()
        return {n.check: (n.level, n.words) for n in left_out_notices(dataset, 0.3, seeds)}

    five = found(24)
    words = "tested on the subject left out: 5 subjects, 359 to 360 images"
    assert five["left-out"] == ("fine", words)
    assert five["left-out-again"][1].startswith("after 5 seeds the same subjects are left out")
    assert five["validation-groups"] == ("fine", "validated on other subjects than trained on")
    assert "small-turns" not in five
    many = found(24, groups=90)
    assert many["never-tested"][0] == "warning"
    assert many["never-tested"][1].startswith("24 seeds test 24 of 90 subjects; several")
    assert many["small-turns"][1].startswith("90 of 90 turns test fewer than 30 images")
    together = found(24, groups=90, folds=9)
    assert "90 subjects in 9 turns" in together["left-out"][1]
    three = found(24, groups=3)
    assert three["validation-groups"][1].startswith("in 3 of 3 turns validation shares its")
    assert list(left_out_notices(load_dataset("digits"), 0.3, 24)) == []


def stored(folder, settings, right):
    """A finished study; right(arm, seed): the share of test images, in [0, 1], that is right."""
    plan, files = plan_of(settings), StudyFolder(folder)
    write_plan(files.plan_file, plan)
    dataset = planned_dataset(plan.datasets["digits"], None)
    for cell in plan.cells:
        test = run_parts(dataset, cell.recipe, cell.seed).test
        wins = round(right(cell.augmentation, cell.seed) * len(test))
        result = make_result(cell, wins / len(test))
        arrays = {
            "test_ids": test.ids,
            "test_labels": test.labels,
            "test_logits": logits_of(test.labels, wins),
        }
        store_run(files.run(cell), result, [], arrays)
    return plan, files, dataset


def shares(arm, seed):
    gain = 0 if arm == "none" else (0.08, 0.06, 0.1, 0.08, 0.06, 0.08, 0.1)[seed]
    return 0.6 + gain


def test_verdicts_and_evidence_of_seeds_that_test_different_groups(tmp_path):
    asked = settings_of(tmp_path, seeds=7, augmentations=["none", "flip"])
    plan, files, dataset = stored(tmp_path / "study", asked, shares)
    judge_study(plan, files)
    (flip,) = read_verdicts(files.path / "verdicts.json").comparisons
    assert (flip.verdict, flip.seeds) == ("helps", tuple(range(7)))
    differences, right = [], {"none": [], "flip": []}
    for seed in range(7):
        test = run_parts(dataset, plan.cells[0].recipe, seed).test
        for arm, found in right.items():
            wins = round(shares(arm, seed) * len(test))
            found.append((test.labels, np.arange(len(test)) < wins))
        differences.append(100 * (right["flip"][-1][1].mean() - right["none"][-1][1].mean()))
    assert flip.difference == pytest.approx(np.mean(differences))
    # Seeds 5 and 6 test the subjects of seeds 0 and 1 again: five means.
    first, second, *others, again, once_more = differences
    means = [(first + again) / 2, (second + once_more) / 2, *others]
    expected = scipy.stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert flip.two_way_interval == pytest.approx(tuple(expected))
    evidence = read_evidence(files.path / "evidence.json")
    arm = evidence.of("digits", "small")["flip"]
    assert arm.turned is None
    zero = next(effect for effect in arm.classes if effect.name == "0")
    by_seed = [
        100 * (with_arm[labels == 0].mean() - without[labels == 0].mean())
        for (labels, with_arm), (_, without) in zip(right["flip"], right["none"], strict=True)
        if (labels == 0).any()
    ]
    assert zero.difference == pytest.approx(np.mean(by_seed))
    assert zero.seeds == len(by_seed)
    # No groups of the table are named beside the split in this plan.
    assert arm.groups == ()


def test_the_page_and_the_summary_say_it(tmp_path):
    asked = settings_of(tmp_path, seeds=6, augmentations=["none", "flip"])
    plan, files, _ = stored(tmp_path / "study", asked, shares)
    judge_study(plan, files)
    study = load_study(files.path)
    words = "tested on the subject left out: 5 subjects, 359 to 360 images"
    page, summary = render(study), markdown(study)
    assert words in page
    assert "Which images turned cannot be told" in page
    assert "Test images that turned" not in page
    assert words in summary
    assert "an interval over groups without zero" in summary


def test_studies_with_the_same_groups_can_be_compared(tmp_path):
    asked = settings_of(tmp_path, seeds=6, augmentations=["none", "flip"])
    for name, plus in (("one", 0.0), ("two", 0.05)):
        stored(tmp_path / name, asked, lambda arm, seed, plus=plus: shares(arm, seed) + plus)
    none, flip = compare_studies(tmp_path / "one", tmp_path / "two")
    assert none.difference == pytest.approx(5, abs=1)
    assert flip.verdict != "cannot say" or "no test applies" in flip.words
    other = settings_of(tmp_path, groups=6, seeds=6, augmentations=["none", "flip"])
    stored(tmp_path / "three", other, shares)
    (found, _) = compare_studies(tmp_path / "one", tmp_path / "three")
    assert found.words == "cannot say: the groups of digits are not the same in the two studies"


def test_runs_that_test_different_images_at_one_seed_are_not_compared(tmp_path):
    asked = settings_of(tmp_path, seeds=6, augmentations=["none", "flip"])
    plan, files, dataset = stored(tmp_path / "study", asked, shares)
    test = run_parts(dataset, plan.cells[0].recipe, 1).test
    arrays = {
        "test_ids": test.ids,
        "test_labels": test.labels,
        "test_logits": logits_of(test.labels, 25),
    }
    cell = next(c for c in plan.cells if (c.augmentation, c.seed) == ("flip", 0))
    store_run(files.run(cell), make_result(cell, 25 / len(test)), [], arrays)
    judge_study(plan, files)
    (flip,) = read_verdicts(files.path / "verdicts.json").comparisons
    assert flip.words == "cannot say: they were tested on different images"


def test_corrupted_images_are_those_of_the_group_that_is_tested(tmp_path):
    dataset = planned_dataset(plan_of(settings_of(tmp_path)).datasets["digits"], None)
    recipe = replace(quick_settings().recipe, test_limit=20)
    seen = []

    def count(network, split, classes, size):
        seen.append(set(split.ids.tolist()))
        return type("Evaluation", (), {"accuracy": 0.5})()

    import augury.study.running.robustness as module

    before, module.evaluate = module.evaluate, count
    try:
        for seed in (0, 1):
            test = run_parts(dataset, recipe, seed).test
            seen.clear()
            measure_robustness(None, dataset, test, 20, 10)
            assert all(ids <= set(test.ids.tolist()) for ids in seen)
    finally:
        module.evaluate = before


def test_a_race_from_the_table_to_the_report(tmp_path):
    study = augury.Study(
        **QUICK_STUDY | {"seeds": None, "max_seeds": 4},
        groups=table(tmp_path, 3),
        split_by="subject",
        path=tmp_path / "study",
    )
    counts = study.run(engine="in-process", quiet=True)
    assert counts.failed == 0
    plan, files = read_plan(tmp_path / "study" / "plan.json"), StudyFolder(tmp_path / "study")
    tested = {}
    for cell in plan.cells:
        with np.load(files.run(cell).predictions) as arrays:
            test, validation = arrays["test_ids"], arrays["validation_ids"]
        (subject,) = set((test % 3).tolist())
        tested.setdefault(cell.seed, set()).add((subject, tuple(test.tolist())))
        assert subject not in set((validation % 3).tolist())
    assert all(len(found) == 1 for found in tested.values())
    order = [next(iter(found))[0] for _, found in sorted(tested.items())]
    assert sorted(order[:3]) == [0, 1, 2]
    planned = plan.datasets["digits"]
    assert planned.leakage.of == 1797
    assert planned.groups.names == ("0", "1", "2")
    assert describe(planned_dataset(planned, None), "digits").split == planned.split
    assert "3 subjects" in (tmp_path / "study" / "report.md").read_text()
    assert (tmp_path / "study" / "report.html").stat().st_size > 10_000
