import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.report import load_study, words


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.234, "+1.23"), (-0.5, "−0.50"), (0.001, "0.00"), (-0.001, "0.00"), (None, "–"),
     (math.nan, "–"), (1234.5, "+1,234.50")],
)  # fmt: skip
def test_signed(value: float | None, expected: str) -> None:
    assert words.signed(value) == expected


@given(st.floats(-1e6, 1e6))
def test_signed_reads_back_to_the_rounded_value(value: float) -> None:
    text = words.signed(value).replace("−", "-").replace(",", "")
    assert float(text) == pytest.approx(value, abs=0.005000001)


@pytest.mark.parametrize(
    ("p", "expected"), [(0.0499, "0.050"), (0.0009, "< 0.001"), (1.0, "1.000"), (None, "–")]
)
def test_p_value(p: float | None, expected: str) -> None:
    assert words.p_value(p) == expected


@pytest.mark.parametrize(
    ("fraction", "expected"), [(0.95, "95 %"), (0.999, "99.9 %"), (0.8, "80 %"), (0.57, "57 %")]
)
def test_level(fraction: float, expected: str) -> None:
    assert words.level(fraction) == expected


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ((3,), "seed 3 has no partner and is left out"),
        ((3, 5), "seeds 3 and 5 have no partner and are left out"),
        ((0, 3, 5), "seeds 0, 3 and 5 have no partner and are left out"),
    ],
)
def test_seeds_without_a_partner_are_named(seeds: tuple[int, ...], expected: str) -> None:
    assert words.without_partner(seeds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, "–"), (0.00512, "5.12 ms"), (0.0123, "12.3 ms"), (0.417, "417 ms"), (57.0, "57.00 s")],
)
def test_step_time(seconds: float | None, expected: str) -> None:
    assert words.step_time(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "–"),
        (4.25, "4.25 s"),
        (59.96, "60 s"),
        (144, "2 min 24 s"),
        (3600 * 26 + 60 * 5, "26 h 5 min"),
    ],
)
def test_duration(seconds: float | None, expected: str) -> None:
    assert words.duration(seconds) == expected


@pytest.mark.parametrize(
    ("sentence", "verdict", "expected"),
    [
        ("helps by 0.80 ± 0.30 points", "helps", "by 0.80 ± 0.30 points"),
        (
            "not shown; this study could have seen ≥ 1",
            "not shown",
            "this study could have seen ≥ 1",
        ),
        ("cannot say: 1 paired seed", "cannot say", "1 paired seed"),
        ("something else", "helps", "something else"),
    ],
)
def test_remark(sentence: str, verdict: str, expected: str) -> None:
    assert words.remark(sentence, verdict) == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (0.81, "0.81"),
        (0.871, "0.88"),
        (0.9, "0.9"),
        (0.301, "0.31"),
        (12.01, "13"),
        (0.0, "0"),
        (None, "–"),
    ],
)
def test_what_could_be_seen_is_rounded_up(points: float | None, expected: str) -> None:
    assert words.at_least(points) == expected


def test_the_answer_of_many_groups_counts_them(original_study: Path) -> None:
    study = load_study(original_study)
    verdicts = ["helps", "hurts", "not shown", "helps", *["not shown"] * 14]
    comparisons = tuple(
        replace(c, verdict=v) for c, v in zip(study.comparisons, verdicts, strict=True)
    )
    # The comparisons alternate between the arms: erasing, salience, erasing, salience, salience...
    first, second, _, fourth = comparisons[:4]
    assert [first.augmentation, second.augmentation] == ["random-erasing", "salience"]
    assert fourth.augmentation == "salience"
    assert words.answer(replace(study, comparisons=comparisons)) == (
        "Compared with normal, random-erasing helps in 1 of 9 pairs of data set and network; "
        "salience helps in 1 and hurts in 1 of 9; no difference was shown in the other 15."
    )
    nothing = tuple(replace(c, verdict="not shown") for c in comparisons)
    assert words.answer(replace(study, comparisons=nothing)) == (
        "Compared with normal, no augmentation was shown to make a difference anywhere."
    )


def test_the_answer_of_many_groups_tells_not_shown_from_cannot_say(original_study: Path) -> None:
    study = load_study(original_study)
    for verdicts, expected in (
        (
            ["helps", "hurts", *["not shown"] * 10, *["cannot say"] * 6],
            "Compared with normal, random-erasing helps in 1 of 9 pairs of data set and network; "
            "salience hurts in 1 of 9; no difference was shown in 10 others; about 6 of 18 "
            "comparisons it cannot say.",
        ),
        (
            [*["not shown"] * 12, *["cannot say"] * 6],
            "Compared with normal, no augmentation was shown to make a difference anywhere; about "
            "6 of 18 comparisons it cannot say.",
        ),
    ):
        comparisons = tuple(
            replace(c, verdict=v) for c, v in zip(study.comparisons, verdicts, strict=True)
        )
        assert words.answer(replace(study, comparisons=comparisons)) == expected


def test_mixed_labels_name_the_larger_part_first() -> None:
    classes = ["cat", "dog", "ship"]
    assert words.mixed_label([0.37, 0.63, 0.0], classes) == "0.63 dog + 0.37 cat"
    assert words.mixed_label([0.0, 1.0, 0.0], classes) == ""
    assert words.mixed_label([0.5, 0.25, 0.25], classes) == "0.50 cat + 0.25 dog + 0.25 ship"


def test_the_answer_sums_up_where_many_hurt(digits_study: Path) -> None:
    study = load_study(digits_study)
    first = study.comparisons[0]
    many = tuple(
        replace(first, augmentation=name, verdict="hurts", difference=-points, interval=None)
        for name, points in (("a", 1.5), ("b", 6.25), ("c", 0.5), ("d", 3.0))
    )
    answer = words.answer(replace(study, comparisons=many))
    assert answer.startswith("Compared with none, b hurts by 6.25 points of test accuracy")
    assert answer.endswith(", and 3 others by 0.50 to 3.00.")


def test_the_answer_counts_where_names_would_be_many(digits_study: Path) -> None:
    study = load_study(digits_study)
    first = study.comparisons[0]

    def of(verdicts: str) -> str:
        comparisons = tuple(
            replace(
                first,
                augmentation=f"arm{i}",
                verdict="hurts" if v == "h" else "not shown",
                interval=None,
                difference=-1.0,
            )
            for i, v in enumerate(verdicts)
        )
        return words.answer(replace(study, comparisons=comparisons))

    assert of("nnn") == "Compared with none, no difference was shown for arm0, arm1 and arm2."
    assert of("nnnn") == "Compared with none, no difference was shown for any of 4 augmentations."
    assert of("hnnnn").endswith("; no difference was shown for 4 augmentations.")
