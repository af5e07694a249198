"""What became of decided arms under other conditions, in the answer and the tables."""

from dataclasses import replace
from pathlib import Path

import pytest

from augury.report import load_study
from augury.report.html import render
from augury.report.lasting import lasting_phrase, lasting_summary
from augury.report.load import StudyRecords
from augury.report.markdown import markdown
from augury.report.training_words import whole_answer
from augury.study.confirming.reading import Confirmation, Finding
from helpers.report_studies import edit, write_study


def confirmation(arm: str, condition: str, finding: Finding, difference: float) -> Confirmation:
    return Confirmation(
        condition=condition,
        dataset="digits",
        model="small",
        augmentation=arm,
        verdict="helps",
        asked=arm,
        finding=finding,
        difference=difference,
        interval=(difference - 0.1, difference + 0.1),
        seeds=7,
        words="words",
        folder=f"confirm/{condition}",
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyRecords:
    arms = ("none", "normal", "random-erasing", "salience", "flip")
    folder = write_study(tmp_path_factory.mktemp("lasting") / "s", arms=arms, epochs=1)

    def told(content: dict) -> None:
        content["rule"] |= {"design": "race", "mixing": 0.5, "batches": []}
        for place, c in enumerate(content["comparisons"]):
            c |= {"verdict": "helps", "difference": 1.0 - place / 10, "interval": [0.5, 1.5]}

    edit(folder / "verdicts.json", told)
    return load_study(folder)


def with_findings(study: StudyRecords, arms: int, *found: Confirmation) -> StudyRecords:
    """The study with its first `arms` arms alone."""
    return replace(study, comparisons=study.comparisons[:arms], confirmations=found)


PHRASES = {
    "": [],
    ", by 0.30 at twice the epochs": [("twice-epochs", "holds", 0.3)],
    ", by 0.30 at twice the epochs and by 0.50 with half the training images": [
        ("twice-epochs", "holds", 0.3),
        ("half-data", "holds", 0.5),
        ("full-data", "not decided", 0.1),
    ],
    ", by 0.30 at twice the epochs and by 0.40 to 0.50 under 2 other conditions": [
        ("twice-epochs", "holds", 0.3),
        ("half-data", "holds", 0.5),
        ("full-data", "holds", 0.4),
    ],
    ", hurting by 0.60 at twice the strength": [("twice-strength", "flips", -0.6)],
    ", no longer at twice the epochs and at half the strength": [
        ("twice-epochs", "fades", 0.0),
        ("half-strength", "fades", 0.01),
    ],
    (
        ", by 0.30 at twice the epochs, hurting by 0.60 with half the training images and no "
        "longer at half the strength"
    ): [
        ("twice-epochs", "holds", 0.3),
        ("half-data", "flips", -0.6),
        ("half-strength", "fades", 0.01),
    ],
}


@pytest.mark.parametrize("phrase", PHRASES)
def test_what_an_answer_adds_to_an_arm(study: StudyRecords, phrase: str) -> None:
    found = [confirmation("normal", *each) for each in PHRASES[phrase]]
    records = with_findings(study, 1, *found)
    assert lasting_phrase(records, records.comparisons[0]) == phrase
    assert f"interval 0.50\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}1.50){phrase}." in whole_answer(
        records
    )


def test_many_arms_are_summed_up(study: StudyRecords) -> None:
    found = [
        confirmation("normal", "twice-epochs", "holds", 0.3),
        confirmation("flip", "twice-epochs", "fades", 0.0),
        confirmation("flip", "half-data", "not decided", 0.0),
        confirmation("salience", "half-data", "not decided", 0.0),
    ]
    records = with_findings(study, 4, *found)
    summary = (
        "Asked again under 2 other conditions, of 4 verdicts 1 holds, 1 fades and 2 are not "
        "decided."
    )
    assert lasting_summary(records) == summary
    answer = whole_answer(records)
    assert summary in answer
    assert "by 0.30" not in answer
    assert lasting_summary(study) == ""


@pytest.mark.parametrize(
    ("findings", "summary"),
    [
        (
            [("normal", "half-data", "holds"), ("flip", "half-data", "fades")],
            "Asked again with half the training images, of 2 verdicts 1 holds and 1 fades.",
        ),
        (
            [("normal", "half-data", "holds"), ("flip", "half-data", "holds")],
            "Asked again with half the training images, both verdicts hold.",
        ),
        (
            [(arm, "half-data", "not decided") for arm in ("normal", "flip", "salience")],
            "Asked again with half the training images, of 3 verdicts 3 are not decided.",
        ),
        (
            [("normal", "half-data", "fades"), ("normal", "twice-epochs", "fades")],
            "Asked again under 2 other conditions, both verdicts fade.",
        ),
        (
            [("normal", "half-data", "holds")],
            "Asked again with half the training images, the verdict holds.",
        ),
    ],
)
def test_one_condition_is_named_and_unanimity_is_said(
    study: StudyRecords, findings: list[tuple[str, str, str]], summary: str
) -> None:
    found = [confirmation(*each, 0.3) for each in findings]
    assert lasting_summary(with_findings(study, 4, *found)) == summary


def test_still_learning_is_no_bound_where_more_epochs_were_tried(study: StudyRecords) -> None:
    from augury.records.verdicts import Trained

    learning = Trained("digits", "small", "none", 6, 10, 50.0, 5.0, still_learning=True)
    records = replace(with_findings(study, 1), trained=(learning,))
    assert "this holds for 1 epoch only" in whole_answer(records)
    found = confirmation("normal", "twice-epochs", "holds", 0.3)
    tried = replace(records, confirmations=(found,))
    assert "were still learning after 1 epoch." in whole_answer(tried)
    undecided = replace(found, finding="not decided")
    assert "for 1 epoch only" in whole_answer(replace(records, confirmations=(undecided,)))


def test_names_are_shown_as_they_are(study: StudyRecords) -> None:
    odd = replace(study.comparisons[0], augmentation="<b>a|b</b>")
    found = confirmation("<b>a|b</b>", "twice-epochs", "holds", 0.3)
    found = replace(found, asked="<b>a|b</b>@0.5", words="<script>")
    records = replace(study, comparisons=(odd,), confirmations=(found,))
    page, text = render(records), markdown(records)
    assert "<b>a|b" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert r"\<b\>a\|b\</b\>" in text


def test_a_study_that_was_not_asked_again_says_nothing_of_it(study: StudyRecords) -> None:
    assert study.confirmations == ()
    assert "Does it last?" not in render(study)
    assert "Does it last?" not in markdown(study)
    assert not (Path(study.folder) / "confirm").exists()
