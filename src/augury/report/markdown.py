"""report.md: the verdicts and how they were measured, small enough for a pull request."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from augury.printable import printable
from augury.records.verdicts import ArmVerdict
from augury.report import words
from augury.report.facts import facts
from augury.report.features_words import features_lines
from augury.report.files import write_text
from augury.report.lasting import LastingGroup, asked_conditions, lasting_groups
from augury.report.load import StudyRecords
from augury.report.pairing_words import pairing_lines
from augury.report.search_words import search_lines
from augury.report.subgroup_words import subgroup_lines
from augury.report.tables import VerdictRow, finished, verdict_rows
from augury.report.terminal import metric_heading
from augury.report.training_words import training_lines, whole_answer
from augury.report.what_next import NextStep, next_steps
from augury.stats import Rule
from augury.study.confirming.reading import Confirmation

# Characters that Markdown or HTML would read as more than text.
_MARKUP = re.compile(r"([\\`*_\[\]<>|~#&@])")
_RECIPE = ("epochs", "batch_size", "optimizer", "lr", "weight_decay", "schedule")


def write_markdown(study: StudyRecords) -> Path:
    """Write report.md into the study's folder and return its path.

    Raises DiskError if it cannot be written.
    """
    return write_text(study.folder / "report.md", markdown(study))


def markdown(study: StudyRecords) -> str:
    """The report of a study, finished or not, as Markdown: GitHub's and GitLab's flavor."""
    lines = [
        f"## {escaped(words.question(study))}",
        "",
        f"**{escaped(whole_answer(study))}**",
    ]
    for dataset, model in study.groups:
        lines += ["", f"{escaped(model)} on {escaped(dataset)}", "", *_table(study, dataset, model)]
    for group in lasting_groups(study):
        where = f" {group.model} on {group.dataset}" if len(study.groups) > 1 else ""
        lines += ["", f"**Does it last?**{escaped(where)}", "", *_lasting(study, group)]
    if told := subgroup_lines(study):
        lines += ["", *(f"- {escaped(line)} points" for line in told)]
    if study.search:
        lines += ["", "**Which combination?**", ""]
        lines += [f"- {escaped(line)}" for line in search_lines(study.search)]
    for warning in (*training_lines(study), *words.warnings(study)):
        lines += ["", f"⚠ {escaped(warning)}"]
    lines += ["", "**How it was measured**", "", *(f"- {line}" for line in _measured(study))]
    if steps := next_steps(study):
        lines += ["", "**What next?**", "", *map(_next, steps)]
    return "\n".join(lines) + "\n"


def _next(step: NextStep) -> str:
    command = f"\n  ```console\n  {printable(step.command)}\n  ```" if step.command else ""
    return f"- {escaped(str(step))}{command}"


def escaped(text: str) -> str:
    """A text from anywhere, shown as it is: nothing in it is markup, or ends its line."""
    return _MARKUP.sub(r"\\\1", printable(text))


def _table(study: StudyRecords, dataset: str, model: str) -> list[str]:
    level = words.level(study.rule.confidence)
    metric = metric_heading(study)
    headings = ("augmentation", metric, "points", f"{level} interval", "p", "seeds", "verdict")
    return [
        _row(headings),
        "|---|---:|---:|---:|---:|---:|---|",
        *(_row(_cells(row)) for row in verdict_rows(study, dataset, model)),
    ]


def _lasting(study: StudyRecords, group: LastingGroup) -> list[str]:
    conditions = asked_conditions(study)
    rows = []
    for row in group.rows:
        own = row.comparison
        cells = [escaped(own.augmentation), _found(own.verdict, own, len(own.seeds))]
        for name in conditions:
            found = row.found.get(name)
            cells.append(_found(found.finding, found, found.seeds) if found else words.NONE)
        rows.append(_row(cells))
    titles = [condition.title for condition in conditions.values()]
    heading = _row(["augmentation", "this study", *titles])
    return [heading, f"|---{'|---' * (1 + len(titles))}|", *rows]


def _found(told: str, found: ArmVerdict | Confirmation, seeds: int) -> str:
    if found.difference is None:
        return f"**{told}**"
    size = f"{words.signed(found.difference)} ({words.span(found.interval)})"
    return f"**{told}**: {size}, {words.count(seeds, 'seed')}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: VerdictRow) -> list[str]:
    figures = ["", "", ""]
    if c := row.comparison:
        figures = [words.signed(c.difference), words.span(c.interval), words.p_value(c.p)]
    verdict = words.label(row.verdict)
    verdict = f"**{verdict}**" if verdict in ("helps", "hurts") else verdict
    remark = escaped(words.remark(row.words, row.verdict)) if row.words else ""
    told = f"{verdict}: {remark}" if remark else verdict
    return [escaped(row.augmentation), words.fixed(row.accuracy), *figures, str(row.seeds), told]


def _measured(study: StudyRecords) -> Iterator[str]:
    yield escaped(", ".join(facts(study)))
    yield _asked(study.rule, any(each.split for each in study.datasets.values()))
    yield from map(escaped, pairing_lines(study))
    for name, data in study.datasets.items():
        side = f"{data.image_size}×{data.image_size} pixels"
        yield escaped(f"{name}: {side}, {words.count(len(data.classes), 'class', 'classes')}")
    recipe = vars(study.runs[0].cell.recipe)
    yield escaped(", ".join(f"{key} {recipe[key]}" for key in _RECIPE))
    yield from map(escaped, features_lines(study))
    if origin := _origin(study):
        yield escaped(origin)
    yield "All figures and pictures: `report.html` beside this file"


def _asked(rule: Rule, by_group: bool) -> str:
    """What a verdict asks for, in a line."""
    size = f"a difference of at least {words.threshold(rule.min_difference)} points"
    images = f"an interval over {'groups' if by_group else 'seeds and test images'} without zero"
    shared = "Arms share seeds, first weights, splits and order."
    if rule.design == "race":
        asked = size if rule.part == "validation" else f"{size}, and {images}"
        return (
            f"{shared} A race looks after every seed and stays right at every look (a t-test "
            f"martingale, Holm, α = {rule.alpha:g} for all arms together). Helps and hurts ask for "
            f"{asked}; no difference that matters, for a confidence sequence within "
            "that size of 0. Nothing is chosen on the test images."
        )
    return (
        f"{shared} A verdict asks for {rule.min_seeds} paired seeds, p < {rule.alpha:g} (paired "
        f"t-test, Holm), {size}, and {images}. Nothing is chosen on the test images."
    )


def _origin(study: StudyRecords) -> str:
    """Machine, versions and commit of the first finished run."""
    done = finished(study.runs)
    if not done or not done[0].provenance.versions:
        return ""
    first = done[0].provenance
    machine = first.machine
    cores = f", {words.count(machine.cores, 'core')}" if machine.cores else ""
    gpu = f", {machine.gpu}" if machine.gpu else ""
    versions = ", ".join(
        f"{name} {first.versions[name]}" for name in ("augury", "torch") if name in first.versions
    )
    commit = f" ({first.git_commit[:12]})" if first.git_commit else ""
    return f"{machine.processor or machine.platform}{cores}{gpu}; {versions}{commit}"
