"""A search for a combination with made-up runs: nothing is trained."""

import math
import os
from dataclasses import dataclass, field

import numpy as np
import pytest

import augury.api.searching
import augury.api.study
from augury import Study
from augury.api.concluding import write_all
from augury.augment.names import parts_of
from augury.errors import CellsFailed, InputError
from augury.records.plan import read_plan
from augury.records.search import read_search
from augury.records.verdicts import read_verdicts
from augury.report import load_study
from augury.report.what_next import next_steps
from augury.stats.overstatement import overstatement
from augury.study.engines.attempt import fail
from augury.study.engines.events import CellDone
from augury.study.engines.supply import supply_of
from augury.study.planning import probe
from augury.study.searching.steps import FRESH_SEED
from helpers.studies import QUICK, SPEED, write_run

# Of 150 validation images right, on average: what each augmentation adds to 90.
GAINS = {"none": 0, "flip": 18, "crop": 10, "cutout": -8}
CANDIDATES = ["flip", "crop", "cutout"]


def validation_of(cell):
    """How many validation images a made-up run gets right: the same whenever it is run."""
    noise = np.random.default_rng([cell.seed, *cell.augmentation.encode()]).normal(0, 1)
    return round(90 + sum(GAINS[part] for part in parts_of(cell.augmentation)) + noise)


@dataclass
class MadeUp:
    """An engine that writes results instead of training.

    test: of 200 images, how many a cell gets right; failing: arms and seeds whose cells fail.
    """

    test: object = lambda cell: round(1.2 * validation_of(cell))
    log: list = field(default_factory=list)
    stop_after: float = math.inf
    failing: frozenset = frozenset()

    def cells_at_once(self, work):
        return 1

    def run(self, cells, job):
        supply = supply_of(cells)
        while cell := supply.take():
            if len(self.log) >= self.stop_after:
                raise KeyboardInterrupt
            self.log.append(cell.name)
            if (cell.augmentation, cell.seed) in self.failing:
                job.on_event(fail(job.folder, cell, "it does not work"))
                continue
            write_run(job.folder, cell, self.test(cell), validation_of(cell))
            job.on_event(CellDone(cell.name, 0.5, 2.0))


def _pages(path):
    """Reports of the studies whose pages a test looks at; they take most of the time."""
    if {"whole", "b"} & set(path.parts):
        write_all(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Makes a study of the digits in a folder of its own; nothing is measured for it."""
    folder = tmp_path_factory.mktemp("studies")

    def study(name, **changes):
        options = {**QUICK, "epochs": 3, "corruptions": 0, "replicates": 200, **changes}
        return Study(path=folder / name, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "probe", lambda *_: SPEED)
        for module in (augury.api.study, augury.api.searching):
            patch.setattr(module, "write_all", _pages)
        yield study


@pytest.fixture(scope="module")
def searched(study):
    """A whole search: (study, engine, what it found)."""
    one, engine = study("whole"), MadeUp()
    return one, engine, one.search(CANDIDATES, engine=engine)


def seeds_in(path):
    return {cell.seed for cell in read_plan(path / "plan.json").cells}


def names_in(path):
    return {cell.name for cell in read_plan(path / "plan.json").cells}


def test_the_best_single_then_what_helps_on_top_then_one_test(searched):
    one, engine, found = searched
    assert [(step.base, step.chosen, step.added) for step in found.steps] == [
        ("none", "flip", "flip"),
        ("flip", "flip+crop", "crop"),
        ("flip+crop", "", ""),
    ]
    assert [[each.augmentation for each in step.tried] for step in found.steps] == [
        ["flip", "crop", "cutout"],
        ["flip+crop", "flip+cutout"],
        ["flip+crop+cutout"],
    ]
    assert found.state == "nothing more helps"
    # What the steps say, by hand: mean paired differences on validation images.
    for step in found.steps:
        for tried in step.tried:
            cells = read_plan(one.path / step.folder / "plan.json").cells
            ours, theirs = (
                {c.seed: validation_of(c) / 1.5 for c in cells if c.augmentation == name}
                for name in (tried.augmentation, step.base)
            )
            by_hand = np.mean([ours[seed] - theirs[seed] for seed in range(tried.seeds)])
            assert tried.difference == pytest.approx(by_hand)
    chosen = [
        each for step in found.steps for each in step.tried if each.augmentation == step.chosen
    ]
    assert found.gain == pytest.approx(sum(each.difference for each in chosen))
    # Of each choice, by how much steps overstate one that looks so good; of the deviation by hand.
    for step, each in zip(found.steps, chosen, strict=False):
        cells = read_plan(one.path / step.folder / "plan.json").cells
        ours, theirs = (
            np.array(
                [validation_of(c) / 1.5 for c in cells if c.augmentation == name][: each.seeds]
            )
            for name in (each.augmentation, step.base)
        )
        assert each.deviation == pytest.approx((ours - theirs).std(ddof=1))
    assert found.overstated == pytest.approx(
        sum(overstatement(each.difference, each.deviation) for each in chosen)
    )
    # The winner alone, on test images, on seeds of its own.
    assert found.test.augmentation == "flip+crop"
    assert found.test.verdict == "helps"
    assert seeds_in(one.path / "search/test") == set(
        range(FRESH_SEED, FRESH_SEED + found.test.seeds)
    )
    for number in (1, 2, 3):
        assert max(seeds_in(one.path / f"search/step-{number}")) < 24
    # Nothing was trained twice, though the base of each step has runs of the step before.
    assert len(set(engine.log)) == len(engine.log)
    shared = names_in(one.path / "search/step-1") & names_in(one.path / "search/step-2")
    assert {name.split(".")[2] for name in shared} == {"flip"}
    again = MadeUp()
    assert one.search(CANDIDATES, engine=again, quiet=True) == found
    assert again.log == []


def test_what_the_test_images_say_of_the_steps_changes_nothing(study, searched):
    *_, found = searched
    upside_down = MadeUp(
        test=lambda cell: (
            round(1.2 * validation_of(cell)) if cell.seed >= FRESH_SEED else cell.seed % 7
        )
    )
    other = study("b")
    assert other.search(CANDIDATES, engine=upside_down, quiet=True) == found
    page = (other.path / "search/step-1/report.html").read_text()
    assert "percentage points of validation accuracy" in page
    verdicts = read_verdicts(other.path / "search/step-1/verdicts.json")
    assert verdicts.rule.part == "validation"
    assert verdicts.comparisons[0].accuracy == pytest.approx(
        found.steps[0].tried[0].difference + 60, abs=1
    )


def test_it_goes_on_where_it_was_stopped(study, searched):
    for after in (10, 15):
        with pytest.raises(KeyboardInterrupt):
            study("cut").search(CANDIDATES, engine=MadeUp(stop_after=after), quiet=True)
    assert study("cut").search(CANDIDATES, engine=MadeUp(), quiet=True) == searched[2]


def test_a_budget_of_cells_keeps_a_third_for_the_test(study):
    one, engine = study("cells"), MadeUp()
    found = one.search(CANDIDATES, engine=engine, cells=45, quiet=True)
    assert len(engine.log) <= 45
    assert found.state == "budget"
    assert found.test.augmentation == "flip"
    steps = [name for name in engine.log if ".s1000" not in name]
    assert len(steps) <= 30
    # With more, the search goes on, and what it chooses then is tested in the same race.
    found = one.search(CANDIDATES, engine=engine, cells=400, quiet=True)
    assert found.winner == found.test.augmentation == "flip+crop"
    plan = read_plan(one.path / "search/test/plan.json")
    assert plan.rule.batches == (("flip",), ("flip+crop",))
    assert len(set(engine.log)) == len(engine.log)


def test_runs_of_a_study_that_is_there_are_shared_and_its_arms_stay(study):
    one, engine = study("there", augment=["none", "flip", "cutout"], seeds=7), MadeUp()
    one.run(engine=engine, quiet=True)
    before = (one.path / "plan.json").read_bytes()
    found = one.search(CANDIDATES, engine=engine, quiet=True)
    assert found.winner == "flip+crop"
    assert len(set(engine.log)) == len(engine.log)
    assert (one.path / "plan.json").read_bytes() == before
    name = next(iter(names_in(one.path) & names_in(one.path / "search/step-1")))
    files = [
        folder / "runs" / name / "result.json" for folder in (one.path, one.path / "search/step-1")
    ]
    assert os.path.samefile(*files)


def test_the_report_has_the_steps_and_the_verdict(searched):
    one, _, found = searched
    page = (one.path / "report.html").read_text()
    assert "Which combination?" in page
    assert 'href="search/step-2/report.html"' in page
    assert 'href="search/test/report.html"' in page
    told = (one.path / "report.md").read_text()
    assert "flip+crop is chosen" in told
    assert found.test.words in told
    # The study itself has the single ones, with the runs of the first step.
    assert names_in(one.path) == names_in(one.path / "search/step-1")


@pytest.mark.parametrize(
    ("candidates", "changes", "said"),
    [
        (["flip"], {}, "search: needs two candidates or more besides the baseline none, got flip"),
        (["none", "flip"], {}, "search: none is the baseline, and no candidate"),
        (["flip", "flop"], {}, "flop"),
        (CANDIDATES, {"max_seeds": 3}, "max_seeds: 3 can decide nothing; a step with 3 arms"),
        (CANDIDATES, {"seeds": 6}, "seeds: a search adds seeds as they are needed"),
        (CANDIDATES, {"validation": 0.0}, "validation = 0 leaves none of digits"),
        (CANDIDATES, {"models": ["small", "resnet18"]}, "search: is made on one model"),
        (
            CANDIDATES,
            {"groups": "g.csv:image,camera", "split_by": "camera"},
            "split_by: each image",
        ),
        (["flip", "resize-crop"], {"augment": ["none"]}, "resize-crop"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(study, candidates, changes, said):
    one = study("bad", **changes)
    with pytest.raises(InputError, match=said):
        one.search(candidates, engine=MadeUp(), quiet=True)
    assert not one.path.exists()


def test_other_candidates_are_refused_once_it_has_begun(study):
    one = study("begun")
    with pytest.raises(KeyboardInterrupt):
        one.search(CANDIDATES, engine=MadeUp(stop_after=3), quiet=True)
    with pytest.raises(
        InputError, match="holds one among flip, crop, cutout from none, and cannot"
    ):
        one.search(["flip", "crop"], engine=MadeUp(), quiet=True)


def test_the_winner_is_what_to_take_home(searched):
    one, _, found = searched
    (step,) = [each for each in next_steps(load_study(one.path)) if "take" in each.what]
    assert step.what == f"take {found.winner} into your own training"
    assert f"augury export {one.path / 'search/test'} --to" in step.command


def test_what_is_next_after_a_search_that_was_cut_short(study):
    one = study("short")
    one.search(CANDIDATES, engine=MadeUp(), cells=3, quiet=True)
    (step,) = next_steps(load_study(one.path))
    assert step.command == (
        f"augury study {one.path}/study.toml --search flip,crop,cutout --out {one.path}"
    )
    # Also where no run of the study itself is missing.
    one.search(CANDIDATES, engine=MadeUp(), cells=24, quiet=True)
    (again,) = next_steps(load_study(one.path))
    assert again.what == "go on with the search for a combination"
    assert again.command == step.command


def test_a_candidate_that_fails_does_not_hold_up_the_others(study):
    one, gone = study("failing"), frozenset(("cutout", seed) for seed in range(24))
    with pytest.raises(CellsFailed, match=r"3 of 18 cells failed; augury status .*search/step-1"):
        one.search(CANDIDATES, engine=MadeUp(failing=gone), quiet=True)
    found = read_search(one.path)
    assert (found.winner, found.test.verdict) == ("flip+crop", "helps")


def test_a_search_whose_baseline_fails_goes_on_once_it_runs(study):
    one, gone = study("baseless"), frozenset(("none", seed) for seed in range(24))
    with pytest.raises(CellsFailed):
        one.search(CANDIDATES, engine=MadeUp(failing=gone), quiet=True)
    assert (read_search(one.path).steps, read_search(one.path).state) == ((), "going on")
