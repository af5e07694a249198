"""The rule of verdicts as plan.json and verdicts.json hold it."""

from typing import Any

from augury.records.json_file import to_values
from augury.stats.rule import Rule


def rule_values(rule: Rule) -> dict[str, Any]:
    """The rule as JSON values, as files were before where a later field does not matter.

    That is without the metric where it is accuracy, without the part of the images where it is the
    test part, and without what only races have.
    """
    values: dict[str, Any] = to_values(rule)
    if rule.metric == Rule().metric:
        del values["metric"]
    if rule.part == Rule().part:
        del values["part"]
    if rule.design == "fixed":
        for name in ("design", "mixing", "batches"):
            del values[name]
    return values
