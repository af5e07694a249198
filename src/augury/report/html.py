"""report.html: a single file that contains everything it shows and opens offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from augury.records.plan import PlannedDataset
from augury.report import charts, words
from augury.report.beside import beside_groups, has_few_problems, overall_rows
from augury.report.charts import Curve
from augury.report.earlier import mended_since
from augury.report.facts import facts
from augury.report.features_words import features_lines
from augury.report.files import write_text
from augury.report.lasting import asked_conditions, lasting_groups
from augury.report.load import Run, StudyRecords
from augury.report.origins import origins
from augury.report.page import environment, style
from augury.report.pictures import MAX_PIXELS, Examples, load_examples
from augury.report.subgroup_section import subgroup_sections
from augury.report.svg import color
from augury.report.tables import (
    ClassEffects,
    Confusion,
    GridCell,
    class_effects,
    confusions,
    finished,
    grid_cell,
    mistakes,
    worst_mistakes,
)
from augury.report.training_words import training_lines, whole_answer
from augury.report.verdict_section import verdict_sections
from augury.report.what_next import next_steps
from augury.stats.learning import LEARNED, RISING

MAX_CLASSES = 25
MAX_SET_ASIDE = 500
MIN_TOP_SHARE = 0.02


@dataclass(frozen=True)
class Grid:
    """The augmentation × model table of a data set; rows[augmentation] has a cell per model."""

    dataset: str
    models: Sequence[str]
    rows: Sequence[tuple[str, Sequence[GridCell]]]


@dataclass(frozen=True)
class Gallery:
    """The pictures of one data set: for each arm, of its first run that kept some."""

    name: str
    dataset: PlannedDataset
    row: Examples
    arms: Sequence[tuple[Run, Examples]]


@dataclass(frozen=True)
class GroupFigures:
    """The figures of one data set and network."""

    dataset: str
    model: str
    loss: Markup
    accuracy: Markup
    effects: ClassEffects | None
    strongest: float
    top_share: float
    confusions: Sequence[tuple[Confusion, Markup, Sequence[tuple[str, str, float]]]]


def write_report(study: StudyRecords) -> Path:
    """Write report.html into the study's folder and return its path.

    Raises InputError if a file of pictures is damaged, DiskError if the page cannot be written.
    """
    return write_text(study.folder / "report.html", render(study))


def render(study: StudyRecords) -> str:
    """The report of a study, finished or not, as HTML."""
    evidence = study.evidence
    overall = evidence.overall if evidence else None
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            study=study,
            css=style("verdicts.css", "report.css"),
            question=words.question(study),
            answer=whole_answer(study),
            training=training_lines(study),
            features=features_lines(study),
            facts=facts(study),
            arms=[(arm, color(i)) for i, arm in enumerate(study.arms)],
            verdicts=verdict_sections(study),
            lasting=lasting_groups(study),
            conditions=asked_conditions(study),
            grids=[_grid(study, name) for name in study.datasets],
            figures=[_group_figures(study, *group) for group in study.groups],
            subgroups=subgroup_sections(study),
            galleries=[gallery for name in study.datasets if (gallery := _gallery(study, name))],
            learned=LEARNED,
            rising=RISING,
            beside=beside_groups(study, evidence) if evidence else None,
            overall=overall,
            overall_rows=overall_rows(overall) if overall else [],
            few_problems=overall is not None and has_few_problems(overall),
            unfinished=[run for run in study.runs if run.status != "done"],
            teachers=_teachers(study),
            next_steps=next_steps(study),
            origins=origins(study),
            mended=mended_since(study),
            max_set_aside=MAX_SET_ASIDE,
            max_pixels=MAX_PIXELS,
        )
    )


def _grid(study: StudyRecords, dataset: str) -> Grid:
    models = [model for name, model in study.groups if name == dataset]
    rows = [
        (arm, [grid_cell(study.select(dataset, model, arm)) for model in models])
        for arm in study.arms
        if study.select(dataset, None, arm)
    ]
    return Grid(dataset, models, rows)


def _group_figures(study: StudyRecords, dataset: str, model: str) -> GroupFigures:
    classes = study.datasets[dataset].classes
    effects = class_effects(study, dataset, model, MAX_CLASSES)
    found = confusions(study, dataset, model)
    # One scale for all arms, so that their colors can be compared.
    top_share = max([MIN_TOP_SHARE, *(float(mistakes(c.shares).max()) for c in found)])
    where = f"{model} on {dataset}"
    return GroupFigures(
        dataset=dataset,
        model=model,
        loss=charts.learning_curves(
            _curves(study, dataset, model, "loss"), f"Loss by epoch, {where}", percent=False
        ),
        accuracy=charts.learning_curves(
            _curves(study, dataset, model, "accuracy"), f"Accuracy by epoch, {where}", percent=True
        ),
        effects=effects,
        strongest=max(float(abs(effects.differences).max()), 1e-9) if effects else 1.0,
        top_share=top_share,
        confusions=_confusion_figures(found, classes, where, top_share),
    )


def _curves(study: StudyRecords, dataset: str, model: str, measure: str) -> list[Curve]:
    curves = []
    for number, arm in enumerate(study.arms):
        runs = [run.epochs for run in study.select(dataset, model, arm) if run.epochs]
        train = [[getattr(epoch, measure) for epoch in run] for run in runs]
        validation = [[getattr(epoch, f"validation_{measure}") for epoch in run] for run in runs]
        curves.append(Curve(number, train, validation))
    return curves


def _confusion_figures(
    found: Sequence[Confusion], classes: Sequence[str], where: str, top_share: float
) -> list[tuple[Confusion, Markup, list[tuple[str, str, float]]]]:
    figures = []
    for confusion in found:
        title = f"Confusion matrix with {confusion.augmentation}, {where}"
        picture = charts.confusion_matrix(confusion.shares, classes, top_share, title)
        figures.append((confusion, picture, worst_mistakes(confusion.shares, classes, 3)))
    return figures


def _gallery(study: StudyRecords, dataset: str) -> Gallery | None:
    arms = []
    for arm in study.arms:
        for run in study.select(dataset, None, arm):
            examples = load_examples(run)
            if examples and examples.pictures:
                arms.append((run, examples))
                break
    return Gallery(dataset, study.datasets[dataset], arms[0][1], arms) if arms else None


def _teachers(study: StudyRecords) -> list[tuple[str, str]]:
    """(augmentation, source of its saliency), each pair once."""
    pairs = (
        (arm, result.teacher)
        for arm in study.arms
        for name in study.datasets
        for result in finished(study.select(name, None, arm))
        if result.teacher
    )
    return list(dict.fromkeys(pairs))
