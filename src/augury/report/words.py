"""Numbers and verdicts in words: one function for each kind, for the page and the terminal."""

import math
from collections.abc import Callable, Sequence

from augury.records.evidence import Interval
from augury.records.plan import Groups, Leakage
from augury.records.verdicts import ArmVerdict
from augury.report.load import StudyRecords
from augury.stats import round_up

NONE = "–"

# More augmentations with one verdict than this are summed up in the answer; the table has them all.
_EACH_BY_NAME = 3
_FEW_CLASSES = 5
_NONE_MATTERS = "no difference that matters"
_IN_FULL = {"no difference": _NONE_MATTERS}
_OPEN = "not decided yet"


def fixed(value: float | None, digits: int = 2) -> str:
    """`value` with a true minus sign, or a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def signed(value: float | None, digits: int = 2) -> str:
    """`fixed` with a plus sign for positive values."""
    text = fixed(value, digits)
    return f"+{text}" if text[0] not in "−–" and float(text.replace(",", "")) else text


def percent(fraction: float | None, digits: int = 1) -> str:
    """A fraction in percent, without the sign."""
    return fixed(None if fraction is None else 100 * fraction, digits)


def span(interval: Interval | None, digits: int = 2) -> str:
    """An interval as "+0.10 to +0.52"."""
    return f"{signed(interval[0], digits)} to {signed(interval[1], digits)}" if interval else NONE


def p_value(p: float | None) -> str:
    """A p-value with three decimals."""
    if p is None:
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def level(fraction: float) -> str:
    """A level of confidence, or a power, as "95 %"."""
    return f"{100 * fraction:g} %"


def step_time(seconds: float | None) -> str:
    """The duration of a training step, in the unit that suits it."""
    if seconds is None:
        return NONE
    if seconds >= 1:
        return f"{seconds:.2f} s"
    milliseconds = 1000 * seconds
    return f"{milliseconds:.{2 if milliseconds < 10 else 1 if milliseconds < 100 else 0}f} ms"


def duration(seconds: float | None) -> str:
    """The duration of a run."""
    if seconds is None:
        return NONE
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def count(number: int, noun: str, plural: str = "") -> str:
    """ "1 seed", "2 seeds"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[object]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def listed_or_counted(arms: Sequence[str]) -> str:
    """Augmentations by name, or how many there are where a sentence would be long."""
    return listed(arms) if len(arms) <= _EACH_BY_NAME else f"{len(arms)} augmentations"


def without_partner(seeds: Sequence[int]) -> str:
    """ "seed 3 has no partner and is left out", for one or more seeds."""
    if len(seeds) == 1:
        return f"seed {seeds[0]} has no partner and is left out"
    return f"seeds {listed(seeds)} have no partner and are left out"


def leaked(leakage: Leakage) -> str:
    """How many test images are nearly in the training part."""
    have = "has" if leakage.images == 1 else "have"
    images = f"{leakage.images:,} of {count(leakage.of, 'test image')}"
    return f"{images} {have} a near-duplicate in the training part"


def leaked_kinds(leakage: Leakage) -> str:
    """Counts by kind of duplicate, "3 equal to the bit, 1 mirrored"; "" if all are ordinary."""
    kinds = (
        (leakage.exact, "equal to the bit"),
        (leakage.mirrored, "mirrored"),
        (leakage.label_conflicts, "under another label"),
    )
    return ", ".join(f"{number:,} {kind}" for number, kind in kinds if number)


def label(verdict: str) -> str:
    """A verdict in full: "no difference that matters" for short "no difference"."""
    return _IN_FULL.get(verdict, verdict)


def remark(sentence: str, verdict: str) -> str:
    """A verdict's sentence without the verdict itself, which stands beside it as a label."""
    said = next((each for each in (_OPEN, label(verdict)) if sentence.startswith(each)), verdict)
    return sentence.removeprefix(said).lstrip(" :;")


def at_least(points: float | None) -> str:
    """A detectable difference in points, rounded up as in the words of a verdict."""
    return NONE if points is None else round_up(points)


def threshold(points: float) -> str:
    """A difference of the rule in points, with the digits that it was given with."""
    return f"{points:g}"


def warnings(study: StudyRecords) -> list[str]:
    """Warnings below the verdicts: missing runs, classes without test images, test images that leak
    into training or have no group.
    """
    states = [run.status for run in study.runs]
    found = []
    if not_done := len(states) - states.count("done"):
        kinds = [(states.count("failed"), "failed"), (states.count("missing"), "not finished")]
        told = ", ".join(f"{number} {kind}" for number, kind in kinds if number)
        found.append(f"{not_done} of {count(len(states), 'run')} left out: {told}")
    for name, dataset in study.datasets.items():
        where = f"{name}: " if len(study.datasets) > 1 else ""
        if classes := left_out(study, name):
            found.append(f"{where}{classes}")
        if dataset.leakage and dataset.leakage.images:
            found.append(f"{where}{leaked(dataset.leakage)}")
        if dataset.groups and (without := without_group(dataset.groups)):
            found.append(f"{where}{without}")
    return found


def without_group(groups: Groups) -> str:
    """What the table of groups lacks, and what it names that is not there; "" for neither."""
    parts = []
    if groups.ungrouped:
        parts.append(f"{count(groups.ungrouped, 'test image')} without a {groups.column}")
    if groups.unknown:
        names = [*groups.unknown_names, *["…"] * (groups.unknown > len(groups.unknown_names))]
        told = count(groups.unknown, "name")
        parts.append(f"{told} in the table of groups without an image: {', '.join(names)}")
    return "; ".join(parts)


def left_out(study: StudyRecords, dataset: str) -> str:
    """Which classes a mean over classes lacks, as they have no test images; "" for none."""
    if study.rule.metric == "accuracy":
        return ""
    results = (run.result for run in study.select(dataset) if run.result)
    result = next(results, None)
    shares = result.test.per_class if result else ()
    names = study.datasets[dataset].classes
    classes = [name for name, share in zip(names, shares, strict=False) if share is None]
    if not classes:
        return ""
    shown = (
        listed(classes) if len(classes) <= _FEW_CLASSES else count(len(classes), "class", "classes")
    )
    return f"{shown} without test images, left out of the mean of {study.metric}"


def question(study: StudyRecords) -> str:
    """The study's title."""
    return f"Which augmentation helps on {listed(list(study.datasets))}?"


def answer(study: StudyRecords, after: Callable[[ArmVerdict], str] = lambda comparison: "") -> str:
    """What the study found, in a sentence or two of plain words.

    after: what to add to the size of an arm that helps or hurts, where it is named.
    """
    if not study.comparisons:
        return f"There is nothing to compare with “{study.baseline}” yet."
    if all(c.verdict == "cannot say" for c in study.comparisons):
        return f"This study cannot say yet: {_why_not(study)}."
    parts = _one_group(study, after) if len(study.groups) == 1 else _many_groups(study)
    return f"Compared with {study.baseline}, {'; '.join(parts)}."


def _why_not(study: StudyRecords) -> str:
    seeds = max(len(c.seeds) for c in study.comparisons)
    if seeds < study.rule.min_seeds and study.rule.design == "fixed":
        return (
            f"a verdict takes at least {study.rule.min_seeds} paired seeds an arm, "
            f"and it has {seeds if seeds else 'none'}"
        )
    first = study.comparisons[0]
    return remark(first.words, first.verdict)


def _one_group(study: StudyRecords, after: Callable[[ArmVerdict], str]) -> list[str]:
    parts: list[str] = []
    kind = f"{level(study.rule.confidence)} interval "
    for verdict in ("helps", "hurts"):
        found = _with(study.comparisons, verdict)
        ordered = sorted(found, key=lambda c: -abs(c.difference or 0))
        shown = ordered if len(ordered) <= _EACH_BY_NAME else ordered[:1]
        for c in shown:
            measure = "" if parts else f" of {study.measured}"
            size = _size(c, measure, "" if parts else kind)
            parts.append(f"{c.augmentation} {verdict} by {size}{after(c)}")
        if rest := [abs(c.difference or 0) for c in ordered[len(shown) :]]:
            parts[-1] += f", and {len(rest)} others by {fixed(min(rest))} to {fixed(max(rest))}"
    if arms := [c.augmentation for c in _with(study.comparisons, "not shown")]:
        every = len(arms) == len(study.comparisons) > _EACH_BY_NAME
        told = f"any of {len(arms)} augmentations" if every else listed_or_counted(arms)
        parts.append(f"no difference was shown for {told}")
    if arms := [c.augmentation for c in _with(study.comparisons, "no difference")]:
        verb = "makes" if len(arms) == 1 else "make"
        parts.append(f"{listed_or_counted(arms)} {verb} {_NONE_MATTERS}")
    if arms := [c.augmentation for c in _with(study.comparisons, "not decided")]:
        parts.append(f"about {listed_or_counted(arms)} it is not decided")
    if arms := [c.augmentation for c in _with(study.comparisons, "cannot say")]:
        parts.append(f"about {listed_or_counted(arms)} it cannot say")
    return parts


def _many_groups(study: StudyRecords) -> list[str]:
    parts: list[str] = []
    for arm in study.arms:
        comparisons = [c for c in study.comparisons if c.augmentation == arm]
        found = [
            f"{verdict} in {len(some)}"
            for verdict in ("helps", "hurts")
            if (some := _with(comparisons, verdict))
        ]
        if found:
            unit = "" if parts else " pairs of data set and network"
            parts.append(f"{arm} {' and '.join(found)} of {len(comparisons)}{unit}")
    if study.rule.design == "race":
        return parts + _counted(study)
    not_shown = len(_with(study.comparisons, "not shown"))
    cannot_say = len(_with(study.comparisons, "cannot say"))
    if not parts:
        parts.append("no augmentation was shown to make a difference anywhere")
    elif not_shown:
        others = f"{not_shown} others" if cannot_say else f"the other {not_shown}"
        parts.append(f"no difference was shown in {others}")
    if cannot_say:
        parts.append(f"about {cannot_say} of {len(study.comparisons)} comparisons it cannot say")
    return parts


def _counted(study: StudyRecords) -> list[str]:
    """How many comparisons of a race have each of the other verdicts."""
    kinds = (("no difference", _NONE_MATTERS), ("not decided", "not decided"))
    counts = [
        f"{words} in {number}"
        for verdict, words in (*kinds, ("cannot say", "nothing to be said"))
        if (number := len(_with(study.comparisons, verdict)))
    ]
    return [f"{listed(counts)} of {count(len(study.comparisons), 'comparison')}"] if counts else []


def _with(comparisons: Sequence[ArmVerdict], verdict: str) -> list[ArmVerdict]:
    return [c for c in comparisons if c.verdict == verdict]


def _size(comparison: ArmVerdict, measure: str, kind: str) -> str:
    difference = comparison.difference or 0.0
    size = f"{fixed(abs(difference))} points{measure}"
    if not comparison.interval:
        return size
    low, high = comparison.interval if difference > 0 else (-x for x in comparison.interval[::-1])
    # No-break spaces: an interval is read at one glance.
    return f"{size} ({kind}{fixed(low)}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{fixed(high)})"


def mixed_label(target: Sequence[float], classes: Sequence[str]) -> str:
    """A mixed target in words, the larger part first: "0.63 cat + 0.37 dog"; "" for a whole one."""
    parts = [(share, name) for share, name in zip(target, classes, strict=True) if share >= 0.005]
    if len(parts) < 2:
        return ""
    ordered = sorted(parts, key=lambda part: -part[0])
    return " + ".join(f"{share:.2f} {name}" for share, name in ordered)
