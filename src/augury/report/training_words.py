"""Whether the networks of a study were trained long enough, in words."""

from augury.records.verdicts import ArmVerdict, Trained
from augury.report.lasting import lasting_phrase, lasting_summary
from augury.report.load import StudyRecords
from augury.report.words import answer, count, duration, fixed, listed, listed_or_counted

UNKNOWN = (
    "not known whether the networks were trained long enough: the runs are of a version that did "
    "not measure it"
)


def whole_answer(study: StudyRecords) -> str:
    """The study's answer, whether it lasts, and where networks were still learning."""
    found = _lasting_answer(study)
    learning = {each.augmentation for each in study.trained if each.still_learning}
    if not learning or not study.comparisons:
        return found
    longer = any(c.condition == "twice-epochs" and c.settled for c in study.confirmations)
    if study.baseline in learning and longer:
        return f"{found} The networks were still learning after {_epochs(study)}."
    if study.baseline in learning:
        return f"{found} The networks were still learning: this holds for {_epochs(study)} only."
    arms = listed_or_counted([arm for arm in study.arms if arm in learning])
    return f"{found} With {arms}, networks were still learning after {_epochs(study)}."


def _lasting_answer(study: StudyRecords) -> str:
    """The answer, with what became of each arm that it names, or else with a summary of that."""
    named = set[tuple[str, str, str]]()

    def after(comparison: ArmVerdict) -> str:
        named.add(comparison.arm)
        return lasting_phrase(study, comparison)

    found = answer(study, after)
    if {each.arm for each in study.confirmations} <= named:
        return found
    return f"{answer(study)} {lasting_summary(study)}"


def training_lines(study: StudyRecords) -> list[str]:
    """Where networks were still learning, with which arms, and what to try next.

    Also where that is not known. Empty where all have learned their training images.
    """
    if not study.comparisons:
        return []
    if not study.trained:
        return [UNKNOWN]
    lines = [line for group in study.groups if (line := _still_learning(study, *group))]
    unknown = [arm for arm in study.arms if _unknown(study, arm)]
    if unknown:
        lines.append(f"not known of {listed(unknown)}, as no run of theirs has measured it")
    if lines and study.next_epochs is not None:
        time = f", about {duration(study.next_seconds)} of training in all"
        lines.append(f"the next budget to try: {study.next_epochs} epochs{time}")
    return lines


def _unknown(study: StudyRecords, arm: str) -> bool:
    """Whether an arm has finished runs that are all of a version which did not measure it."""
    return any(each.augmentation == arm and not each.runs for each in study.trained) and any(
        run.result for run in study.runs if run.cell.augmentation == arm
    )


def trained_of(study: StudyRecords, dataset: str, model: str) -> list[Trained]:
    """The arms of a data set and network, the baseline first."""
    order = {arm: place for place, arm in enumerate(study.arms)}
    found = [t for t in study.trained if (t.dataset, t.model) == (dataset, model)]
    return sorted(found, key=lambda each: order.get(each.augmentation, len(order)))


def _still_learning(study: StudyRecords, dataset: str, model: str) -> str:
    arms = trained_of(study, dataset, model)
    learning = [arm for arm in arms if arm.still_learning]
    if not learning:
        return ""
    where = f" ({model} on {dataset})" if len(study.groups) > 1 else ""
    baseline = next((arm for arm in learning if arm.augmentation == study.baseline), None)
    if baseline:
        return (
            f"still learning{where}: after {_epochs(study)} ({baseline.steps or 0:,} steps) "
            f"{baseline.augmentation} gets {_right(baseline)} of its own training images right"
            f"{_rise(baseline)}: these verdicts hold for this budget only"
        )
    names, shares = (listed([f(arm) for arm in learning]) for f in (_name, _right))
    verdicts = "its verdict holds" if len(learning) == 1 else "their verdicts hold"
    return (
        f"still learning{where} with {names}: the networks get {shares} of their own training "
        f"images right after {_epochs(study)}, and {verdicts} for this budget only"
    )


def _epochs(study: StudyRecords) -> str:
    return count(study.plan.cells[0].recipe.epochs, "epoch")


def _name(arm: Trained) -> str:
    return arm.augmentation


def _right(arm: Trained) -> str:
    return f"{fixed(arm.right, 1)} %"


def _rise(arm: Trained) -> str:
    if arm.rise is None:
        return ""
    return f", and its training accuracy rises by {fixed(arm.rise, 1)} points in the last quarter"
