"""The rule of verdicts as plan.json and verdicts.json hold it."""

from typing import Any

from augury.records.json_file import to_values
from augury.stats.rule import Rule


def rule_values(rule: Rule) -> dict[str, Any]:
    """The rule as JSON values; without the metric where it is accuracy, as files were before."""
    values: dict[str, Any] = to_values(rule)
    if rule.metric == Rule().metric:
        del values["metric"]
    return values
