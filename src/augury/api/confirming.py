"""Asking the decided arms of a study again under other conditions, as people meet it."""

import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from augury.api.concluding import check_all_done, write_all
from augury.api.running import run_shown
from augury.errors import InputError, RecipeChanged
from augury.records.plan import Plan, plan_of
from augury.records.verdicts import ArmVerdict, Verdicts, read_verdicts
from augury.report.words import count, duration, label, listed
from augury.study import CellCounts, StudyFolder, StudySettings, budget_of
from augury.study.confirming.asking import Asked, ask
from augury.study.confirming.begin import begin
from augury.study.confirming.conditions import (
    CONDITIONS,
    chosen_conditions,
    condition_folder,
)
from augury.study.confirming.pricing import Price, afforded, prices
from augury.study.confirming.reading import decided_arms, read_confirmations
from augury.study.engines import Engine
from augury.study.engines.engine import workload_of
from augury.study.judging.pairs import Arm
from augury.terminal import say
from augury.training.processes import ALONE, Processes, count_processes

EngineFor = Callable[[StudySettings, Path], Callable[[Processes], Engine]]


@dataclass(frozen=True)
class _Condition:
    """asked: what; path: its folder; price: as it was before it began."""

    asked: Asked
    path: Path
    price: Price


def check_alone() -> None:
    """Raise InputError under torchrun, whose processes share the cells of one study."""
    if count_processes() > 1:
        raise InputError(
            "--confirm does not go with torchrun: run it without, once the study is through"
        )


def without_budget(settings: StudySettings, path: Path) -> StudySettings:
    """`settings` of the study itself where its conditions are races and it is none: without `time`.

    path: the study's folder.
    """
    file = StudyFolder(path).plan_file
    fixed = plan_of(path).rule.design == "fixed" if file.exists() else not settings.race
    return replace(settings, time=None) if fixed else settings


def confirm_shown(
    settings: StudySettings,
    path: Path,
    engine_for: EngineFor,
    data_dir: Path | None,
    verbose: bool,
    conditions: Sequence[str],
    began: float,
) -> list[tuple[Path, CellCounts]]:
    """Ask the decided arms of the study in `path` again, and show how far that is.

    settings: of the study, whose budget of time counts from `began`, by `time.monotonic`.
    engine_for: as `engine_for` of `run_shown`, by a condition's settings and folder. Each condition
    that was run has its report; returns their folders, with how many runs are done.
    """
    plan, judged = plan_of(path), read_verdicts(path / "verdicts.json")
    comparisons = judged.comparisons if judged else ()
    decided = decided_arms(comparisons)
    if not decided:
        say(_nothing(comparisons))
        return []
    asked, lines = ask(settings, plan, decided, conditions)
    say(_heading(decided))
    for line in lines:
        say(line)
    engine = engine_for(settings, path)(ALONE)
    at_once = engine.cells_at_once(workload_of(plan.cells, plan))
    folders = [condition_folder(path, each.condition) for each in asked]
    found = read_confirmations(path, judged)
    settled = {(each.condition, each.arm) for each in found if each.settled}
    costs = prices(asked, plan, decided, [path, *folders], at_once, settled)
    priced = [_Condition(*each) for each in zip(asked, folders, costs, strict=True)]
    seconds = budget_of(settings).seconds
    open_ones = _undecided(priced, decided, settled)
    kept = _within(open_ones, seconds - (time.monotonic() - began), seconds)
    for each in kept:
        say(_price_line(each))
    reached: dict[Path, CellCounts] = {}
    for each, share in _shares(kept, path, judged, seconds + began):
        say(f"{CONDITIONS[each.asked.condition].title}: {each.path}")
        reached[each.path] = _run(each, plan, path, engine_for, data_dir, verbose, share)
    return list(reached.items())


def run_confirmations(
    settings: StudySettings,
    path: Path,
    engine_for: EngineFor,
    data_dir: Path | None,
    verbose: bool,
    conditions: Sequence[str] | None,
) -> None:
    """`confirm_shown` as a call of its own, after which the study's report tells of it."""
    chosen, began = chosen_conditions(conditions), time.monotonic()
    check_alone()
    reached = confirm_shown(settings, path, engine_for, data_dir, verbose, chosen, began)
    write_all(path)
    check_conditions_done(reached)


def check_conditions_done(reached: Sequence[tuple[Path, CellCounts]]) -> None:
    """Raise CellsFailed where cells of a condition have failed."""
    for path, counts in reached:
        check_all_done(counts, path)


def _run(
    each: _Condition,
    plan: Plan,
    study: Path,
    engine_for: EngineFor,
    data_dir: Path | None,
    verbose: bool,
    seconds: float,
) -> CellCounts:
    settings = each.asked.settings
    if taken := begin(each.asked, plan, StudyFolder(study), each.path):
        say(f"{count(taken, 'finished run')} of the study {'is' if taken == 1 else 'are'} the same")
    make = engine_for(settings, each.path)
    try:
        found = run_shown(settings, each.path, make, data_dir, verbose, seconds)
    except RecipeChanged as error:
        raise RecipeChanged(f"{each.path}: {error}") from error
    write_all(each.path)
    return found or CellCounts(0, 0, 0)


def _shares(
    kept: Sequence[_Condition], study: Path, judged: Verdicts | None, deadline: float
) -> Iterator[tuple[_Condition, float]]:
    """Each condition, and the seconds that it may take now.

    Time is shared evenly among those to come. What is left in the end goes once more, in the same
    way, to those that their share did not suffice for.
    """
    waiting = list(kept)
    for _ in range(2):
        short = []
        for place, each in enumerate(waiting):
            now = time.monotonic()
            share = max(0.0, deadline - now) / (len(waiting) - place)
            yield each, share
            if share / 2 < time.monotonic() - now < deadline - now:
                short.append(each)
        open_ones = {
            each.condition
            for each in read_confirmations(study, judged)
            if each.finding == "not decided"
        }
        waiting = [each for each in short if each.asked.condition in open_ones]


def _undecided(
    priced: Sequence[_Condition],
    decided: Sequence[ArmVerdict],
    settled: Collection[tuple[str, Arm]],
) -> list[_Condition]:
    """The conditions in which more runs could tell more; says of the others that they are over."""
    open_ones = []
    for each in priced:
        name, arms = each.asked.condition, each.asked.arms
        if all((name, arm.arm) in settled for arm in decided if arm.augmentation in arms):
            say(f"{name}: decided already")
        else:
            open_ones.append(each)
    return open_ones


def _within(priced: Sequence[_Condition], left: float, asked: float) -> list[_Condition]:
    """The conditions that fit into `left` of the `asked` seconds; says which do not."""
    fits = afforded([each.price for each in priced], left)
    for each, fit in zip(priced, fits, strict=True):
        if not fit:
            line = f"{_price_line(each)}: left out, as {duration(max(0.0, left))}"
            say(f"{line} of --time {duration(asked)} are left")
    if not all(fits):
        whole = math.ceil(math.fsum(each.price.seconds or 0.0 for each in priced) / 60)
        say(f"the same command with --time {whole}m would do for all of them")
    return [each for each, fit in zip(priced, fits, strict=True) if fit]


def _price_line(each: _Condition) -> str:
    price = each.price
    time_ = "" if price.seconds is None else f", {duration(price.seconds)}"
    return f"{each.asked.condition}: about {count(price.runs, 'run')}{time_}"


def _heading(decided: Sequence[ArmVerdict]) -> str:
    arms = listed(list(dict.fromkeys(each.augmentation for each in decided)))
    return (
        f"does it last? {arms} under other conditions; the prices are for as many seeds as each "
        "has taken in the study"
    )


def _nothing(comparisons: Sequence[ArmVerdict]) -> str:
    """Why nothing is asked again, and what would be."""
    verdicts = Counter(label(each.verdict) for each in comparisons)
    told = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.items())
    so_far = f" ({told})" if told else ""
    return (
        f"nothing to confirm: no augmentation helps or hurts so far{so_far}; what does is asked "
        "again"
    )
