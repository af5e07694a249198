"""What a race says while it runs: a line for each arm that is decided, or given up."""

from augury.records.failure import read_failure
from augury.records.verdicts import Verdicts
from augury.study.judging.pairs import Arm
from augury.study.racing.race import Race
from augury.study.racing.standing import seeds_expected

_MOST_SEEDS = 500


def verdict_line(race: Race, arm: Arm) -> str:
    """ "flip helps by 0.82, between 0.41 and 1.22 points; decided after 8 seeds".

    With data set and network in front where there are several.
    """
    named = arm[2] if len({each[:2] for each in race.lanes.arms}) == 1 else " ".join(arm)
    if found := race.images.decided.get(arm):
        return f"{named}: {found.words}"
    state = race.standing.states[arm]
    low, high = state.sequence
    return (
        f"{named}: no difference that matters, between {low:+.2f} and {high:+.2f} points; "
        f"decided after {state.decided_after} seeds"
    )


def open_lines(race: Race) -> list[str]:
    """Of each arm that more seeds would decide, how many would: at its spread so far."""
    standing, rule = race.standing, race.plan.rule
    over = standing.decided | standing.idle | standing.beaten
    undecided = [arm for arm in standing.seen if arm not in over]
    expected = seeds_expected(standing, rule, undecided, _MOST_SEEDS)
    several = len({each[:2] for each in race.lanes.arms}) > 1
    lines = []
    for arm, seeds in expected.items():
        would = f"about {seeds} seeds would be needed (--max-seeds {seeds})"
        if seeds is None:
            would = f"not even {_MOST_SEEDS} seeds would decide it"
        named = " ".join(arm) if several else arm[2]
        lines.append(f"{named} is not decided; at its spread so far {would}")
    return lines


def given_up_line(race: Race, arm: Arm) -> str:
    """Why an arm whose runs fail gets no more of them, or a baseline and with it all its arms."""
    failed = [cell for cell in race.lanes.cells[arm].values() if cell.name in race.ended.failed]
    failure = read_failure(race.folder.run(failed[-1]).error)
    what = "its arms have nothing to be compared with, and get no more runs"
    if arm[2] != race.lanes.baseline:
        what = "it gets no more runs"
    why = f": {failure.error}" if failure else ""
    return f"{' '.join(arm)} failed with {len(failed)} seeds, so {what}{why}"


def forgotten_lines(race: Race, judged: Verdicts | None) -> list[str]:
    """What a race is asked to forget, and does not: finished runs that are gone, and seeds.

    judged: the verdicts that the study has reached before.
    """
    lines = []
    gone = [
        cell
        for each in (judged.comparisons if judged else ())
        for arm in (each.arm, race.lanes.baseline_of(each.arm))
        for seed in each.seeds
        if (cell := race.lanes.cells[arm].get(seed)) and cell.name not in race.ended.done
    ]
    if gone:
        runs = len({cell.name for cell in gone})
        what = "1 run that has" if runs == 1 else f"{runs} runs that have"
        lines.append(
            f"{what} been looked at {'is' if runs == 1 else 'are'} gone, and run again: "
            "a race forgets no look"
        )
    most = max((len(each.seeds) for each in race.standing.seen.values()), default=0)
    if most > race.budget.max_seeds:
        lines.append(
            f"max_seeds is {race.budget.max_seeds}, and up to {most} seeds have been looked at "
            "already: they stay"
        )
    return lines
