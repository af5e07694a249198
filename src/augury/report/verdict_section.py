"""The verdicts as HTML: the same tables on the report's page and in a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from augury.report import charts, words
from augury.report.load import StudyRecords
from augury.report.page import environment, style
from augury.report.svg import Axis
from augury.report.tables import VerdictRow, verdict_rows
from augury.report.training_words import training_lines, whole_answer


@dataclass(frozen=True)
class VerdictSection:
    """The verdicts of one data set: a group of rows for each network, on a common axis."""

    dataset: str
    ticks: Markup
    groups: Sequence[tuple[str, Sequence[tuple[VerdictRow, Markup]]]]


def verdict_sections(study: StudyRecords) -> list[VerdictSection]:
    """What the tables show, one for each data set."""
    return [_section(study, name) for name in study.datasets]


def verdict_html(study: StudyRecords) -> str:
    """The answer and the tables, with a style that holds for them alone, light and dark."""
    return (
        environment()
        .get_template("verdicts.html.jinja")
        .render(
            answer=whole_answer(study),
            training=training_lines(study),
            sections=verdict_sections(study),
            confidence=words.level(study.rule.confidence),
            measured=study.measured,
            warnings=words.warnings(study),
            css=style("verdicts.css"),
        )
    )


def _section(study: StudyRecords, dataset: str) -> VerdictSection:
    models = [model for name, model in study.groups if name == dataset]
    groups = [(model, verdict_rows(study, dataset, model)) for model in models]
    compared = [row.comparison for _, rows in groups for row in rows if row.comparison]
    axis = charts.difference_axis(
        [c.difference for c in compared if c.difference is not None],
        [c.interval for c in compared],
        study.min_difference,
    )
    return VerdictSection(
        dataset=dataset,
        ticks=charts.difference_ticks(axis),
        groups=[
            (model, [(row, _plot(study, axis, row)) for row in rows]) for model, rows in groups
        ],
    )


def _plot(study: StudyRecords, axis: Axis, row: VerdictRow) -> Markup:
    difference = row.comparison.difference if row.comparison else None
    interval = row.comparison.interval if row.comparison else None
    return charts.difference_plot(
        axis, difference, interval, study.min_difference, row.verdict, study.rule.confidence
    )
