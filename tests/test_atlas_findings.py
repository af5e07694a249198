"""What the atlas says: differences, what is likely, counts and predictors are as by hand."""

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
import scipy
from benchmarks.atlas.comparing import (
    Column,
    Tally,
    columns,
    compare,
    known_differences,
    likely_outcomes,
    tally,
)
from benchmarks.atlas.places import PLACES
from benchmarks.atlas.predicting import (
    PREDICTORS,
    by_kind,
    by_other_data,
    by_same_data,
    by_training_accuracy,
    rank_correlation,
)
from benchmarks.atlas.tables import learning_words, where_words

from augury.records.result import Learned
from helpers.contributions import made


def test_differences_are_those_by_hand() -> None:
    found = compare(made())
    accuracy: dict[str, list[float]] = {}
    for run in made().runs:
        accuracy.setdefault(run.arm, []).append(run.accuracy)
    for arm in ("flip", "cutout", "mixup"):
        by_hand = 100 * (np.array(accuracy[arm]) - np.array(accuracy["none"]))
        assert found[arm].difference == pytest.approx(by_hand.mean())
        # Student's t with 5 degrees of freedom: 2.5706 (tables).
        margin = 2.570582 * by_hand.std(ddof=1) / np.sqrt(6)
        assert found[arm].interval == pytest.approx(
            (by_hand.mean() - margin, by_hand.mean() + margin), abs=1e-4
        )
        assert len(found[arm].seeds) == 6
    assert (found["flip"].verdict, found["cutout"].verdict) == ("helps", "not shown")


def test_places_are_compared_by_ranks() -> None:
    table = columns([made(), made("digits-full")])
    first, second = (known_differences(column) for column in table if column.found)
    assert rank_correlation(first, second) == pytest.approx(1.0)
    assert rank_correlation(first, known_differences(table[-1])) is None
    assert tally(table, "flip") == Tally(helps=2, hurts=0, judged=2)
    assert tally(table, "crop") == Tally(0, 0, 0)


def test_what_is_likely_has_a_low_false_discovery_rate() -> None:
    p = {"flip": 0.001, "crop": 0.02, "zoom": 0.03, "shear": 0.045, "cutout": 0.9, "hue": 0.01}
    size = {"flip": 5.0, "crop": 0.5, "zoom": -0.6, "shear": -2.0, "cutout": 3.0, "hue": 0.4}
    found = {arm: Mock(p_unadjusted=p[arm], difference=size[arm], verdict="not shown") for arm in p}
    found["flip"].verdict = "helps"
    found["invert"] = Mock(p_unadjusted=None, difference=0.0, verdict="cannot say")
    rates = dict(zip(p, scipy.stats.false_discovery_control(list(p.values())), strict=True))
    assert rates["zoom"] < 0.05 < rates["shear"]  # of all six, and hue differs by too little
    assert likely_outcomes(found, 0.5) == {"crop": "likely helps", "zoom": "likely hurts"}


def test_each_arm_is_told_once_with_its_counts() -> None:
    verdicts = {
        "flip": ("helps", "helps"),
        "crop": ("helps", "not shown"),
        "zoom": ("helps", "hurts"),
        "shear": ("not shown", "not shown"),
        "mixup": ("hurts", "not shown"),
        "cutmix": ("hurts", "hurts"),
        "fmix": ("cannot say", "cannot say"),
    }
    table = [
        Column(
            PLACES["digits-small"], "", None, {a: Mock(verdict=v[n]) for a, v in verdicts.items()}
        )
        for n in (0, 1)
    ]
    words = where_words(table)
    for line in (
        "- **Helps everywhere**: `flip` (+2 of 2).",
        "- **Helps somewhere, hurts nowhere**: `crop` (+1 of 2).",
        "- **Helps somewhere, hurts elsewhere**: `zoom` (+1 −1 of 2).",
        "- **Nothing shown anywhere**: `shear` (0 of 2).",
        "- **Hurts somewhere, helps nowhere**: `mixup` (−1 of 2).",
        "- **Hurts everywhere**: `cutmix` (−2 of 2).",
    ):
        assert line in words
    assert "fmix" not in words


def test_lists_are_apart_by_the_number_of_images() -> None:
    few = Column(PLACES["digits-small"], "", None, {"flip": Mock(verdict="helps")})
    many = Column(PLACES["digits-full"], "", None, {"flip": Mock(verdict="hurts")})
    first, second = where_words([few, many]).split("With many images, ")
    assert first.startswith("With few images, seen often, results at 1 of 1 places:")
    assert "- **Helps everywhere**: `flip` (+1 of 1)." in first
    assert second.startswith("seen a few times, results at 1 of 1 places:")
    assert "- **Hurts everywhere**: `flip` (−1 of 1)." in second


def test_networks_that_were_still_learning_are_told() -> None:
    one = made()
    right = {"none": 1.0, "flip": 0.9, "cutout": 0.98, "mixup": 0.5}
    # Points in a quarter of an epoch: a slope of 0.02 comes to 0.5, one of 0.019 does not.
    slope = {"none": 0.4, "flip": 0.02, "cutout": 0.019, "mixup": 0.04}
    learned = [Learned(40, right[run.arm], 2, slope[run.arm]) for run in one.runs]
    runs = tuple(replace(run, learned=told) for run, told in zip(one.runs, learned, strict=True))
    table = columns([replace(one, runs=runs)])
    assert learning_words(table) == "- digits, small: `flip`, `mixup`."

    runs = tuple(replace(run, learned=Learned(40, 0.7, 2, 0.04)) for run in one.runs)
    words = learning_words(columns([replace(one, runs=runs)]))
    assert words == (
        "- digits, small: also the network without augmentation, and 3 of 3 augmentations."
    )


def column_of(place: str, **differences: float) -> Column:
    """A place's column of which only the differences are known."""
    found = {arm.replace("_", "-"): Mock(difference=value) for arm, value in differences.items()}
    return Column(PLACES[place], place, None, found)


def test_what_predicts_a_place_is_as_by_hand() -> None:
    here = column_of("digits-small", flip=1.0, crop=2.0, mixup=-1.0, cutmix=-2.0)
    same = column_of("digits-full", flip=2.0, crop=1.0, mixup=-1.0, cutmix=-2.0)
    # A large loss counts as a rank only: the mean ranks are 0.675, 0.7, 0.65 and 0.225.
    others = [
        column_of("cifar10-small", flip=2.0, crop=3.0, mixup=1.0, cutmix=-900.0),
        column_of("clothing-small", flip=0.2, crop=0.1, mixup=0.3, cutmix=-0.1, fmix=9.0),
    ]
    # Of its regime only those of other data count.
    table = [here, same, *others, column_of("cifar10-full", flip=-9.0, crop=-8.0, mixup=1.0)]
    by_hand = 1 - 6 * sum(d**2 for d in (1, 1, 0, 0)) / (4 * (4**2 - 1))
    assert by_same_data(here, table) == pytest.approx(by_hand)
    assert by_other_data(here, table) == pytest.approx(1.0)
    assert by_other_data(same, table) == pytest.approx(
        scipy.stats.spearmanr([2.0, 1.0, -1.0], [1, 2, 3]).statistic
    )
    # Ranks 3, 4 | 2, 1 of two kinds: between them lie 4 of a variance of 5.
    assert by_kind(here, table) == pytest.approx(4 / 5)
    assert by_training_accuracy(here, table) is None
    alone = column_of("fashion-mnist-full", flip=1.0)
    assert [predict(alone, [alone]) for predict in PREDICTORS.values()] == [None] * 4


def test_training_accuracy_may_predict() -> None:
    (column,) = (column for column in columns([made()]) if column.found)
    # `made` gives each arm its chance as training accuracy; cutout's equals none's.
    known = known_differences(column)
    told = {"flip": 0.8, "cutout": 0.5, "mixup": 0.4}
    assert sorted(known, key=known.__getitem__) == sorted(told, key=told.__getitem__)
    assert by_training_accuracy(column, []) == pytest.approx(1.0)
