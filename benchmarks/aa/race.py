"""`python -m benchmarks.aa race`: false verdicts of races, what they find, and what they cost."""

from argparse import Namespace
from dataclasses import replace
from typing import Any

from augury.errors import InputError
from augury.stats import Rule, to_points

from .racing.false_claims import false_rates
from .racing.losses import peeking_row, single_rows
from .racing.power import Question, Way, power_row
from .racing.same import compare_looks
from .racing.tables import (
    false_table,
    peeking_line,
    power_table,
    simulation_table,
    single_table,
)
from .racing.worlds import DIGITS_TEST_IMAGES, World, heavy, skewed
from .runs import read_pool

# Streams of draws.
NO_DIFFERENCE, BORDER, POWER, SIMULATION, CHECK, SINGLE, PEEKING = (*range(3000, 3006), 3007)
# Of 240 runs of `flip` on Fashion-MNIST: mean, deviation and images of benchmarks/results/aa.json.
FLIP = World("as 240 runs on Fashion-MNIST", 1.42, 76.36, images=1000)
SHAPED = (
    World("normal, σ 0.3", 0.3),
    World(f"rounded to {DIGITS_TEST_IMAGES} images, σ 0.3", 0.3, images=DIGITS_TEST_IMAGES),
    World("skewed, σ 0.3", 0.3, draw=skewed),
    World("only the arms skewed, σ 0.3", 0.3, draw_arm=skewed),
    World("t with 3 degrees of freedom, σ 0.3", 0.3, draw=heavy),
    World("a tenth of the cells failed, σ 0.3", 0.3, failed=0.1),
)
CEILING = World(f"99.8 % of {DIGITS_TEST_IMAGES} images", center=99.8, images=539, errors=True)
SPREADS = (0.05, 0.15, 0.3, 0.5)
POINTS = (0.1, 0.2, 0.3, 0.5, 1.0)
# As many runs as 13 seeds for 10 arms and a baseline.
WAYS = (Way("race, 143 runs", cells=143), Way("race, up to 24 seeds"))
# Twelve arms and a baseline; the deviation is that of 200 runs of a CIFAR-10 network.
CIFAR10 = World("normal, σ 0.145", 0.145)
CIFAR10_WAYS = (
    Way("up to 40 seeds", max_seeds=40),
    Way("up to 40 seeds, 176 runs, nearest first", cells=176, max_seeds=40),
    Way("up to 40 seeds, 176 runs, in turn", cells=176, max_seeds=40, in_turn=True),
)


def race(arguments: Namespace) -> dict[str, Any]:
    """All parts; `--studies` sets the number of A/A races like the real runs, others have half."""
    races = arguments.studies or (20 if arguments.short else 2000)
    some = max(10, races // 25)
    return {
        "check": _check(races, arguments.seed),
        "no difference": _false(_no_difference_worlds(arguments), races, arguments.seed),
        "border": _border(races // 4, arguments.seed),
        "peeking": _peeking(5 * races, arguments.seed),
        "simulation": _simulation(some, arguments.seed),
        "power": _power(some, arguments.seed),
        "single": _single(races, arguments.seed),
    }


def _no_difference_worlds(arguments: Namespace) -> list[World]:
    worlds = [FLIP, *SHAPED, CEILING]
    if (arguments.study / "plan.json").exists():
        values = to_points(read_pool(arguments.study).correct.mean(axis=1))
        worlds.insert(0, World(f"{len(values)} real runs, drawn anew", values=values))
    else:
        print(f"{arguments.study} holds no runs: their mean and deviation stand for them")
    return worlds


def _check(races: int, seed: int) -> dict[str, int]:
    """Raises InputError where a look says anything else than `race_state`."""
    found = compare_looks(SHAPED[0], max(4, races // 100), Rule(), (seed, CHECK))
    print(f"\nQuick looks beside those of augury.stats.race: {dict(found)}", flush=True)
    if found["differ"]:
        raise InputError(f"{found['differ']} of {found['looks']} quick looks differ")
    return dict(found)


def _false(worlds: list[World], races: int, seed: int) -> list[dict[str, Any]]:
    least = Rule().min_difference
    rows = [
        false_rates(
            world, races // (1 if place == 0 else 2), least, False, (seed, NO_DIFFERENCE, place)
        )
        for place, world in enumerate(worlds)
    ]
    print(f"\nNo difference, 2 to 12 arms:\n\n{false_table(rows)}", flush=True)
    return rows


def _border(races: int, seed: int) -> list[dict[str, Any]]:
    """With a third of the other worlds' spread, so that many sequences get narrow enough."""
    rows = []
    for place, world in enumerate((replace(SHAPED[0], name="normal, σ 0.05"), *SHAPED)):
        deviation = 0.05 if place == 0 else 0.1
        world = replace(world, deviation=deviation, name=world.name.replace("σ 0.3", "σ 0.1"))
        least = Rule().min_difference
        rows.append(false_rates(world, races, least, True, (seed, BORDER, place)))
    print(f"\nExactly the difference that matters:\n\n{false_table(rows)}", flush=True)
    return rows


def _peeking(sequences: int, seed: int) -> dict[str, int]:
    row = peeking_row(sequences, (seed, PEEKING))
    print(f"\n{peeking_line(row)}", flush=True)
    return row


def _simulation(races: int, seed: int) -> list[dict[str, Any]]:
    rows = [
        power_row(
            Question(CIFAR10, 0.2, 12, true, 0.0), CIFAR10_WAYS, races, (seed, SIMULATION, true)
        )
        for true in (1, 3, 6)
    ]
    print(f"\n12 arms, some worth +0.2:\n\n{simulation_table(rows)}", flush=True)
    return rows


def _power(races: int, seed: int) -> list[dict[str, Any]]:
    """The difference that matters is half of the planted one, or 0.2 points where that is less."""
    rows = []
    worlds = [(World(f"normal, σ {spread:g}", spread), POINTS) for spread in SPREADS]
    for world, sizes in (*worlds, *((world, (0.5,)) for world in SHAPED[1:]), (CEILING, (-0.5,))):
        for points in sizes:
            question = Question(world, points, min_difference=min(0.2, abs(points) / 2))
            place = (seed, POWER, len(rows))
            rows.append(power_row(question, WAYS, races, place))
    table = power_table(rows, [way.name for way in WAYS])
    print(f"\n10 arms, 3 with a difference, {races} studies:\n\n{table}", flush=True)
    return rows


def _single(sequences: int, seed: int) -> list[dict[str, Any]]:
    rows = single_rows(sequences, (seed, SINGLE))
    print(f"\nOne arm, its difference known beforehand:\n\n{single_table(rows)}", flush=True)
    return rows
