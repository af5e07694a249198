import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest

from augury.stats import (
    Calls,
    Pair,
    Rule,
    balanced_accuracy,
    confidence_sequence,
    confusion_matrix,
    judge,
    two_way_interval,
)

IMAGES = 400
RULE = Rule(design="race", replicates=300)


def race_pair(wins, images=IMAGES, right=300, spread=False):
    """Runs in which the arm gets `wins[s]` more images right than the baseline's `right`.

    spread: the arm is right on other images than the baseline, as many as that takes.
    """
    base = np.tile(np.arange(images) < right, (len(wins), 1))
    arm = np.array([np.arange(images) < right + win for win in wins]).reshape(len(wins), images)
    if spread:
        arm = arm[:, ::-1]
    return Pair(tuple(range(len(wins))), arm.mean(1), base.mean(1), arm, base)


def one(pair, rule=RULE, **family):
    return judge([pair], rule, **family)[0]


WINS = [12, 15, 13, 14, 16, 12, 15, 14]  # of 400: 3 to 4 points


def test_a_clear_gain_in_numbers_and_words():
    pair = race_pair(WINS)
    found = one(pair)
    assert found.verdict == "helps"
    assert found.decided
    low, high = confidence_sequence(pair.differences, 0.05, RULE.mixing)[-1]
    assert found.interval == (low, high)
    n = found.decided_after
    words = f"helps by 3.47, between {low:.2f} and {high:.2f} points; decided after {n} seeds"
    assert found.words == words
    assert found.two_way_interval == pytest.approx(
        tuple(100 * np.array(two_way_interval(pair.correct, pair.baseline_correct, 0.95, 300)))
    )
    # It was not decided one pair earlier.
    assert 3 <= n < len(WINS)
    assert not one(pair.first(n - 1)).decided
    assert one(pair.first(n)).decided_after == n
    # p holds for all batches that may follow: they share a fifth of alpha.
    assert found.p == pytest.approx(found.p_unadjusted / 0.8)
    assert found.p_unadjusted == pytest.approx(1 / found.e_value)
    mirrored = one(Pair(*(getattr(pair, n) for n in SWAPPED)))
    assert mirrored.verdict == "hurts"
    assert mirrored.words == words.replace("helps", "hurts")


SWAPPED = ("seeds", "baseline_accuracy", "accuracy", "baseline_correct", "correct")


def replayed(pairs):
    """Of each arm, after how many seeds it is first decided, where all have equally many."""
    first = {}
    for n in range(1, max(len(pair.seeds) for pair in pairs) + 1):
        for arm, found in enumerate(judge([pair.first(n) for pair in pairs], RULE, ["a", "b"])):
            if found.decided and len(pairs[arm].seeds) >= n:
                first.setdefault(arm, n)
    return first


def test_it_says_how_many_seeds_an_arm_had_when_another_arms_verdict_helped_it():
    rng, helped = np.random.default_rng(0), 0
    for _ in range(40):
        pairs = [race_pair(rng.integers(*ends, 9).tolist()) for ends in ((0, 30), (4, 22))]
        found = judge(pairs, RULE, ["a", "b"])
        after = {arm: each.decided_after for arm, each in enumerate(found) if each.decided}
        assert after == replayed(pairs)
        for each in found:
            assert each.decided_after is None or f"after {each.decided_after} seeds" in each.words
        # Alone it would have been decided earlier: by now its threshold is that of an arm alone.
        alone = judge([pairs[1]], RULE, ["b"])[0].decided_after
        helped += 1 in after and alone is not None and alone < after[1]
    assert helped >= 5


def test_where_later_seeds_of_another_arm_decide_it_has_had_all_of_its_own():
    # b needs its threshold alone, and a is decided after 7 seeds.
    a = race_pair([12, 14, 21, 26, 2, 28, 15, 10, 20])
    b = race_pair([14, 8, 9, 16, 14, 13, 10, 17, 11])
    alone = judge([b], RULE, ["b"])[0].decided_after
    assert alone == 5
    few = b.first(alone)
    assert not judge([a.first(6), few], RULE, ["a", "b"])[1].decided
    assert judge([a, few], RULE, ["a", "b"])[1].decided_after == alone


def test_a_decided_verdict_stands_whatever_follows():
    after = one(race_pair(WINS)).decided_after
    later = one(race_pair(WINS + [-20] * 12))
    assert (later.verdict, later.decided_after, later.decided) == ("helps", after, True)


def test_an_interval_of_more_confidence_than_the_verdict_is_not_told_where_it_holds_0():
    pair = race_pair(WINS)
    found = one(pair.first(one(pair).decided_after), replace(RULE, confidence=0.9999))
    # The test images are asked with that confidence, too.
    assert found.verdict == "helps"
    assert found.words.startswith("helps by 3.")
    assert " points; decided after" in found.words
    assert "between" not in found.words


def test_no_difference_that_matters():
    wins = [0, 1, -1, 0, 1, 0, -1, 0, 1, -1, 0, 0]
    pair = race_pair(wins)
    rule = replace(RULE, min_difference=1.0)
    found = one(pair, rule, waiting=("", ""))
    assert (found.verdict, found.decided) == ("no difference", True)
    # Three comparisons share the level.
    low, high = confidence_sequence(pair.differences, 0.04 / 3, RULE.mixing)[-1]
    assert found.sequence == (low, high)
    assert re.fullmatch(
        rf"no difference that matters: between −{-low:.2f} and \+{high:.2f} points on these test "
        rf"images; decided after {found.decided_after} seeds",
        found.words,
    )
    before = one(pair.first(found.decided_after - 1), rule, waiting=("", ""))
    assert (before.verdict, before.decided) == ("not decided", False)


def test_what_is_open_says_what_it_could_be():
    pair = race_pair([8, -8, 10, -6, 9, -9, 4, 0])
    found = one(pair)
    assert (found.verdict, found.decided, found.decided_after) == ("not decided", False, None)
    low, high = found.interval
    ends = [low, high, *found.two_way_interval]
    words = f"from −{-min(ends):.2f} to +{max(ends):.2f} points"
    assert found.words == f"not decided yet: it could be anything {words}"


@pytest.mark.parametrize(
    ("wins", "words"),
    [
        ([5], "not decided yet: 1 seed says nothing yet"),
        ([5, 9], "not decided yet: 2 seeds say nothing yet"),
        ([5, 9, -3], "not decided yet: 3 seeds say nothing yet"),
        ([5, 5], "not decided yet: 2 seeds say nothing yet"),
        ([5, 5, 5], "cannot say: all 3 seeds differ by 1.25 points, so no test applies"),
    ],
)
def test_few_seeds(wins, words):
    assert one(race_pair(wins)).words == words


def test_seeds_that_are_clear_where_the_images_are_not():
    # The arm is right on 312 to 316 of 400 images, the baseline on 300 others.
    found = one(race_pair(WINS, spread=True))
    assert (found.verdict, found.decided) == ("not decided", True)
    assert found.words == (
        "not decided: better on these 400 test images, but other images could say otherwise; "
        "more test images would tell, more seeds would not"
    )
    low, high = found.two_way_interval
    assert low < 0 < high
    assert found.interval[0] > 0


def test_a_pair_that_cannot_be_compared():
    pair = race_pair(WINS)
    damaged = replace(pair, obstacle="they were tested on different images")
    assert one(damaged).words == "cannot say: they were tested on different images"
    missing = pair.accuracy.copy()
    missing[3] = np.nan
    assert one(replace(pair, accuracy=missing)).words == (
        "cannot say: no accuracy (not a number) in 1 of 8 paired seeds"
    )
    without = one(replace(pair, correct=None))
    assert without.words == (
        "cannot say: predictions on the test images are missing, the rule needs them"
    )
    assert not without.decided


def test_balanced_accuracy_races_too():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], [300, 100])
    called = np.where(rng.random((2, 10, 400)) < [[[0.7]], [[0.95]]], labels, 1 - labels)
    base, ours = (
        np.array([balanced_accuracy(confusion_matrix(labels, c)) for c in arm]) for arm in called
    )
    pair = Pair(tuple(range(10)), ours, base, calls=Calls(labels, called[1], called[0]))
    found = one(pair, replace(RULE, metric="balanced-accuracy"))
    assert found.verdict == "helps"


def test_comparisons_are_json_as_they_are():
    pairs = [race_pair(WINS), race_pair([1]), race_pair([5] * 4)]
    stored = json.loads(json.dumps([asdict(c) for c in judge(pairs, RULE)], allow_nan=False))
    assert [each["decided_after"] is None for each in stored] == [False, True, True]
    assert judge([], RULE) == []


def test_each_pair_needs_a_name_where_there_are_batches():
    with pytest.raises(ValueError, match="arms: one a pair is needed, got 2 for 1 pairs"):
        one(race_pair(WINS), arms=("flip", "crop"))
