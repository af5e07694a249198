"""The generated parts of the pages, as Markdown."""

from collections.abc import Sequence
from statistics import fmean

from benchmarks.atlas.comparing import (
    Column,
    Tally,
    cell_words,
    kind_mean,
    kinds,
    known_differences,
    signed,
    tally,
)
from benchmarks.atlas.contribution import Contribution, file_name
from benchmarks.atlas.places import BASELINE, REGIMES, Regime, arms
from benchmarks.atlas.predicting import PREDICTORS, rank_correlation

IMAGES: dict[Regime, str] = {
    "small": "few images, seen often",
    "full": "many images, seen a few times",
}
EVERYWHERE = ("Helps everywhere", "Hurts everywhere")
# By whether an arm helps anywhere, and hurts anywhere.
SOMEWHERE = {
    (True, False): "Helps somewhere, hurts nowhere",
    (True, True): "Helps somewhere, hurts elsewhere",
    (False, False): "Nothing shown anywhere",
    (False, True): "Hurts somewhere, helps nowhere",
}


def differences_table(table: Sequence[Column]) -> str:
    """A row for each arm, a column for each place; no cell is left out."""
    rows = [
        [f"`{arm}`", *(cell_words(column, arm) for column in table)]
        for arm in arms()
        if arm != BASELINE
    ]
    return _table(["augmentation", *(column.title for column in table)], rows)


def places_table(table: Sequence[Column]) -> str:
    """How networks are trained at each place, and how far they come without augmentation."""
    rows = []
    for column in table:
        recipe = [column.trained_on, *(str(column.recipe.get(k)) for k in ("epochs", "batch_size"))]
        rows.append([column.title, *recipe, *_without_augmentation(column.contribution)])
    asked = ["training images", "epochs", "batch size"]
    return _table(["place", *asked, "right in training, %", "right in the test, %"], rows)


def _without_augmentation(one: Contribution | None) -> list[str]:
    """Mean accuracy of the baseline on its own training images and in the test, percent."""
    if one is None:
        return ["not run", "not run"]
    test = [run.accuracy for run in one.runs if run.arm == BASELINE]
    right = one.trained[BASELINE].right
    return ["–" if right is None else f"{right:.1f}", f"{100 * fmean(test):.1f}"]


def learning_words(table: Sequence[Column]) -> str:
    """At each place, the arms whose networks were still learning when training ended."""
    return "\n".join(f"- {c.title}: {_learning(c)}." for c in table if c.contribution)


def _learning(column: Column) -> str:
    found = [arm for arm in arms() if arm == BASELINE or arm in column.found]
    learning = [arm for arm in found if column.still_learning(arm)]
    if BASELINE in learning:
        others = f"{len(learning) - 1} of {len(found) - 1} augmentations"
        return f"also the network without augmentation, and {others}"
    return ", ".join(f"`{arm}`" for arm in learning) or "none"


def where_words(table: Sequence[Column]) -> str:
    """Of each regime, which arms help or hurt everywhere, somewhere and nowhere."""
    return "\n\n".join(
        _where(IMAGES[regime], [column for column in table if column.place.regime == regime])
        for regime in REGIMES
    )


def _where(images: str, table: Sequence[Column]) -> str:
    """Each arm with seeds enough is told once."""
    run = sum(bool(column.found) for column in table)
    groups: dict[str, list[str]] = {
        what: [] for what in (EVERYWHERE[0], *SOMEWHERE.values(), EVERYWHERE[1])
    }
    for arm in arms():
        one = tally(table, arm)
        if one.judged:
            groups[_group(one)].append(f"`{arm}` ({_counts(one)})")
    lines = [f"- **{what}**: {', '.join(names) or 'none'}." for what, names in groups.items()]
    return "\n".join([f"With {images}, results at {run} of {len(table)} places:", "", *lines])


def _group(one: Tally) -> str:
    if one.judged in (one.helps, one.hurts):
        return EVERYWHERE[one.hurts == one.judged]
    return SOMEWHERE[bool(one.helps), bool(one.hurts)]


def _counts(one: Tally) -> str:
    """For instance "+3 −1 of 8"."""
    parts = [f"+{one.helps}"] * bool(one.helps) + [f"−{one.hurts}"] * bool(one.hurts)
    return " ".join([*(parts or ["0"]), f"of {one.judged}"])


def kinds_table(table: Sequence[Column]) -> str:
    """The mean difference of each kind of method at each place."""
    rows = []
    for kind, names in kinds().items():
        means = [kind_mean(column, names) for column in table]
        rows.append([kind, *("not run" if m is None else signed(m) for m in means)])
    return _table(["kind", *(column.title for column in table)], rows)


def predictors_table(table: Sequence[Column]) -> str:
    """How well each predictor tells the order of the methods at each place that has results."""
    run = [column for column in table if column.found]
    rows = [
        [name, *(_number(predict(column, table)) for column in run)]
        for name, predict in PREDICTORS.items()
    ]
    return _table(["predictor", *(column.title for column in run)], rows)


def ranks_table(table: Sequence[Column]) -> str:
    """Spearman's ρ of each two places that have results."""
    run = [column for column in table if column.found]
    if len(run) < 2:
        return "Fewer than two places have results, so there is nothing to compare."
    rows = [
        [first.title, *("" if first is second else _rho(first, second) for second in run)]
        for first in run
    ]
    return _table(["", *(column.title for column in run)], rows)


def origins_words(table: Sequence[Column]) -> str:
    """Of each contribution: images, recipe, rule, machines and versions."""
    return "\n".join(_origin(c, c.contribution) for c in table if c.contribution)


def _origin(column: Column, one: Contribution) -> str:
    size = one.settings.get("image_size")
    parts = [
        f"{column.trained_on} training images, {column.recipe.get('epochs')} epochs of batches of "
        f"{column.recipe.get('batch_size')}, {size}×{size} pixels, {one.settings.get('precision')}",
        f"{one.runs[0].images:,} test images",
        f"{len(one.runs)} runs",
        f"{one.rule.min_difference:g} points or more matter",
        *map(_machine, range(len(one.origins)), [one] * len(one.origins)),
    ]
    return f"- {column.title}: {'; '.join(parts)} (`{one.file or file_name(one)}`)"


def _machine(place: int, one: Contribution) -> str:
    origin = one.origins[place]
    machine = origin.machine
    runs = sum(run.origin == place for run in one.runs)
    versions = origin.versions
    device = machine.gpu or f"{machine.processor}, {machine.cores} cores, no GPU"
    commit = f", commit {origin.git_commit}" if origin.git_commit else ""
    return (
        f"{runs} of the runs on {device}, torch {versions.get('torch', 'unknown')}, "
        f"augury {versions.get('augury', 'unknown')}{commit}"
    )


def _rho(first: Column, second: Column) -> str:
    return _number(rank_correlation(known_differences(first), known_differences(second)))


def _number(found: float | None) -> str:
    return "cannot say" if found is None else f"{found:+z.2f}".replace("-", "−")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
