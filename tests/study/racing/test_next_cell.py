"""Which cell a race runs next, with made-up cells: nothing is trained."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.records.cell import Cell
from augury.stats import Rule
from augury.study.judging.pairs import arm_of
from augury.study.racing.next_cell import (
    Ended,
    Lanes,
    given_up,
    next_cell,
    seeds_to_come,
)
from augury.study.racing.prefix import Prefix, prefix, was_passed
from augury.study.racing.standing import look, order_by

NONE, FLIP, CROP = ARMS = [("digits", "small", name) for name in ("none", "flip", "crop")]


def cell(arm, seed=0):
    dataset, model, augmentation = arm
    return Cell(dataset, "0" * 64, model, augmentation, seed)


def lanes(seeds=3, arms=ARMS, **asked):
    """The lanes of arms that have been asked for `seeds`; asked: other numbers, by augmentation."""
    planned = [cell(arm, seed) for arm in arms for seed in range(asked.get(arm[2], seeds))]
    return Lanes(planned, {arm: cell(arm) for arm in arms}, "none")


def names(*cells):
    return frozenset(each.name for each in cells)


def all_of(race, without=()):
    """The names of all cells that were asked for."""
    return names(*(c for by_seed in race.cells.values() for c in by_seed.values())) - names(
        *without
    )


def order_of(race, count, settled=frozenset(), max_seeds=24, failed=frozenset()):
    """The next cells, as (augmentation, seed), if each ends before the next one begins."""
    done, found = set(), []
    for _ in range(count):
        ended = Ended(frozenset(done), failed)
        chosen = next_cell(race, ended, settled, max_seeds)
        if chosen is None:
            break
        race.add(chosen)
        done.add(chosen.name)
        found.append((chosen.augmentation, chosen.seed))
    return found


def test_seeds_are_outermost_and_the_baseline_comes_first():
    begun = order_of(lanes(), 12)
    arms = ("none", "flip", "crop")
    assert begun == [(arm, seed) for seed in range(4) for arm in arms]


def test_what_is_decided_gets_no_more_and_the_baseline_keeps_pace():
    race = lanes(seeds=3)
    done = all_of(race)
    running = Ended(done)
    for expected in (("none", 3), ("crop", 3)):
        chosen = next_cell(race, running, {FLIP}, 24)
        assert (chosen.augmentation, chosen.seed) == expected
        race.add(chosen)
        running = Ended(done, running=all_of(race) - done)
    # Both are still running: the next seed can begin without waiting for them.
    assert next_cell(race, running, {FLIP}, 24) == cell(NONE, 4)
    # And with all arms decided there is nothing to do, whatever the baseline has.
    assert next_cell(race, running, {FLIP, CROP}, 24) is None


def test_seeds_go_to_the_arm_with_the_fewest_to_go():
    race = lanes(seeds=6)
    done = all_of(race)
    ended = Ended(done)
    expected = {FLIP: 8, CROP: 9}
    begun = []
    for _ in range(4):
        chosen = next_cell(race, ended, set(), 24, expected=expected)
        begun.append((chosen.augmentation, chosen.seed))
        race.add(chosen)
        ended = Ended(done, running=all_of(race) - done)
    # Flip has two to go, crop three; with a run of flip under way they are alike.
    assert begun == [("none", 6), ("flip", 6), ("crop", 6), ("none", 7)]
    # What too little is known of comes first.
    assert next_cell(race, ended, set(), 24, expected={FLIP: 8}) == cell(CROP, 7)
    assert next_cell(race, ended, set(), 24, expected={CROP: 9}) == cell(FLIP, 7)


def test_the_order_goes_by_what_an_arm_needs_and_by_arms_with_five_pairs():
    def seen_as(*differences):
        return Prefix(tuple(range(len(differences))), np.array(differences))

    seen = {
        FLIP: seen_as(2.0, 2.1, 1.9, 2.05, 1.95),
        CROP: seen_as(2.0, 2.1, 1.9, 2.05),
        NONE: seen_as(2.0, -2.1, 1.9, -2.05, 0.1),
    }
    rule = Rule(design="race", alpha=0.001)
    found = order_by(look(seen, rule, 24), rule, 24)
    assert CROP not in found
    assert 5 < found[FLIP] < 12
    assert found[NONE] == 48


def test_the_seeds_end():
    race = lanes(seeds=3)
    assert order_of(race, 100, max_seeds=5)[-1] == ("crop", 4)
    assert next_cell(race, Ended(all_of(race)), set(), 5) is None


def test_an_arm_that_is_added_catches_up():
    race = lanes(none=6, flip=6, crop=0)
    done = Ended(all_of(race))
    for seed in range(6):
        chosen = next_cell(race, done, set(), 24)
        assert (chosen.augmentation, chosen.seed) == ("crop", seed)
        race.add(chosen)
        done = Ended(done.done | {chosen.name})
    assert next_cell(race, done, set(), 24) == cell(NONE, 6)


def test_data_sets_and_networks_keep_pace():
    arms = [(d, m, a) for d in ("x", "y") for m in ("p", "q") for a in ("none", "flip")]
    race = lanes(seeds=3, arms=arms)
    done = Ended(all_of(race))
    begun = []
    for _ in range(8):
        chosen = next_cell(race, done, {("x", "p", "flip")}, 24)
        begun.append((*arm_of(chosen), chosen.seed))
        race.add(chosen)
        done = Ended(done.done | {chosen.name})
    others = [arm for arm in arms if arm[:2] != ("x", "p")]
    assert sorted(begun[:6]) == sorted((*arm, 3) for arm in others)
    assert all(seed == 4 for *_, seed in begun[6:])


def test_a_seed_whose_baseline_has_failed_is_left_out():
    race = lanes(seeds=3)
    failed = names(cell(NONE, 1))
    begun = order_of(race, 9, failed=failed, max_seeds=4)
    assert ("flip", 1) not in begun
    assert begun == [(arm, seed) for seed in (0, 2, 3) for arm in ("none", "flip", "crop")]


def test_what_fails_three_times_in_a_row_is_given_up():
    race = lanes(seeds=5)
    crop = [cell(CROP, seed) for seed in range(5)]
    ended = Ended(all_of(race, without=crop), names(*crop[:3]))
    assert given_up(race, ended, CROP)
    assert next_cell(race, ended, {FLIP}, 24) is None
    # Not where one of the last three was finished.
    ended = Ended(all_of(race, without=[crop[0], crop[2]]), names(crop[0], crop[2]))
    assert not given_up(race, ended, CROP)
    # A baseline that fails takes its arms with it.
    base = [cell(NONE, seed) for seed in range(3)]
    ended = Ended(failed=names(*base))
    assert next_cell(race, ended, set(), 24) is None
    assert seeds_to_come(race, ended, set(), 24) == []


def test_an_arm_waits_for_its_lost_run():
    race = lanes(seeds=3)
    lost = names(cell(FLIP, 1))
    ended = Ended(all_of(race) - lost, running=lost, lost=lost)
    assert [c.augmentation for c in seeds_to_come(race, ended, set(), 4)] == ["none", "crop"]
    lost = names(cell(NONE, 1))
    ended = Ended(all_of(race) - lost, running=lost, lost=lost)
    assert next_cell(race, ended, set(), 24) is None


def test_the_budget_leaves_out_what_does_not_fit():
    race = lanes(seeds=0)
    assert next_cell(race, Ended(), set(), 24, lambda c: c.augmentation == "none") == cell(NONE, 0)
    assert next_cell(race, Ended(), set(), 24, lambda c: False) is None


def scores(race, value=0.5):
    return {c.name: value + 0.01 * c.seed for lane in race.cells.values() for c in lane.values()}


def test_only_seeds_without_a_gap_are_looked_at():
    race = lanes(seeds=5)
    waiting = [cell(FLIP, 2)]
    ended = Ended(all_of(race, without=waiting))
    assert prefix(race, ended, scores(race), FLIP).seeds == (0, 1)
    assert prefix(race, ended, scores(race), CROP).seeds == (0, 1, 2, 3, 4)
    # Failed for good, the seed is left out and those after it count.
    ended = Ended(ended.done, names(*waiting))
    assert prefix(race, ended, scores(race), FLIP).seeds == (0, 1, 3, 4)
    # In a baseline it is left out for all.
    ended = Ended(all_of(race, without=[cell(NONE, 2)]), names(cell(NONE, 2)))
    assert prefix(race, ended, scores(race), CROP).seeds == (0, 1, 3, 4)


def test_differences_are_in_points_of_the_arm_minus_the_baseline():
    race = lanes(seeds=2)
    known = scores(race) | {cell(FLIP, 1).name: 0.53, cell(NONE, 1).name: 0.52}
    found = prefix(race, Ended(all_of(race)), known, FLIP)
    assert found.differences.round(9).tolist() == [0.0, 1.0]


def test_a_failed_run_is_tried_again_unless_a_look_has_gone_past_it():
    race = lanes(seeds=5)
    failed = names(cell(FLIP, 1))
    done = all_of(race) - failed
    assert was_passed(race, Ended(done, failed), FLIP, 1)
    # Two pairs are not looked at yet.
    few = done - names(cell(FLIP, 3), cell(FLIP, 4))
    assert not was_passed(race, Ended(few, failed), FLIP, 1)
    # The last one has nothing behind it.
    failed = names(cell(FLIP, 4))
    assert not was_passed(race, Ended(all_of(race) - failed, failed), FLIP, 4)
    # The baseline's counts for all its arms.
    failed = names(cell(NONE, 1))
    done = all_of(race) - failed - names(cell(FLIP, 1), cell(CROP, 1))
    assert was_passed(race, Ended(done, failed), NONE, 1)


def fake_score(at):
    """Of 1,000 made-up test images: flip helps by two points, crop makes no difference."""
    better = 0.02 if at.augmentation == "flip" else 0.0
    noise = np.random.default_rng([at.seed, *at.augmentation.encode()]).normal(0, 0.004)
    return 0.9 + better + noise


def run_race(workers, order, failing, max_seeds=12):
    """A race in memory: `workers` at once, ending in a random order; what each arm showed."""
    race, rng = lanes(seeds=0), random.Random(order)
    done, failed, running, scores = set(), set(), [], {}
    while True:
        ended = Ended(done, failed, {c.name for c in running})
        seen = {arm: prefix(race, ended, scores, arm) for arm in race.compared()}
        standing = look(seen, Rule(design="race"), max_seeds)
        chosen = next_cell(race, ended, standing.settled, max_seeds)
        if chosen and len(running) < workers:
            race.add(chosen)
            running.append(chosen)
            continue
        if not running:
            return standing
        last = running.pop(rng.randrange(len(running)))
        scores[last.name] = fake_score(last)
        (failed if (last.augmentation, last.seed) in failing else done).add(last.name)


@pytest.mark.parametrize("failing", [(), (("flip", 2), ("none", 4))], ids=["all-done", "two-fail"])
def test_whatever_ends_first_the_same_is_looked_at_and_decided(failing):
    alone = run_race(1, 0, failing)
    assert alone.states[FLIP].says == "helps"

    @settings(max_examples=25)
    @given(workers=st.integers(1, 7), order=st.integers(0, 10**6))
    def same(workers, order):
        other = run_race(workers, order, failing)
        for arm, seen in alone.seen.items():
            theirs = other.seen[arm]
            both = min(len(seen.seeds), len(theirs.seeds))
            assert seen.seeds[:both] == theirs.seeds[:both]
            assert (seen.differences[:both] == theirs.differences[:both]).all()
            state, also = alone.states[arm], other.states[arm]
            assert (also.says, also.decided_after) == (state.says, state.decided_after)

    same()
