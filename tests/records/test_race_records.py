"""What races add to plan.json and verdicts.json, and what they leave as it was."""

import json

from augury.records.rule import rule_values
from augury.records.verdicts import ArmVerdict, Verdicts, read_verdicts, write_verdicts
from augury.stats import Rule

OF_RACES = ("e_value", "sequence", "decided_after")


def verdicts_by(rule, **found):
    arm = ArmVerdict(
        seeds=(0, 1, 2),
        accuracy=90.0,
        baseline_accuracy=89.0,
        difference=1.0,
        verdict="not decided",
        words="not decided yet: 3 seeds say nothing yet",
        dataset="digits",
        model="small",
        augmentation="flip",
        baseline="none",
        **found,
    )
    return Verdicts(rule, (arm,))


def test_a_fixed_rule_is_stored_as_before(tmp_path):
    # As files of earlier versions have it, in their order.
    before = "min_seeds alpha min_difference min_probability confidence power replicates seed looks"
    assert list(rule_values(Rule())) == before.split()
    write_verdicts(tmp_path / "verdicts.json", verdicts_by(Rule()))
    stored = json.loads((tmp_path / "verdicts.json").read_text())
    assert not set(OF_RACES) & set(stored["comparisons"][0])
    assert read_verdicts(tmp_path / "verdicts.json") == verdicts_by(Rule())


def test_a_race_is_read_as_it_was_written(tmp_path):
    rule = Rule(design="race", mixing=0.5, batches=(("flip",), ("crop", "cutout")))
    verdicts = verdicts_by(rule, e_value=25.0, sequence=(-0.5, 2.5), decided_after=3)
    write_verdicts(tmp_path / "verdicts.json", verdicts)
    assert read_verdicts(tmp_path / "verdicts.json") == verdicts


def test_a_race_names_its_mixing_even_where_it_is_the_default():
    # A later version may have another default.
    assert rule_values(Rule(design="race"))["mixing"] == Rule().mixing
