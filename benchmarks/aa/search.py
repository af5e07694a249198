"""`python -m benchmarks.aa search`: what searches find, overstate and claim falsely."""

from argparse import Namespace
from typing import Any

import numpy as np

from augury.errors import InputError
from augury.stats import Rule

from .racing.course import MAX_SEEDS
from .searching.optimism import optimism_rows
from .searching.same import compare_steps
from .searching.searches import Landscape, search_row
from .searching.tables import forced_table, optimism_table, outcome_table

# Streams of draws.
CHECK, LANDSCAPES, OPTIMISM = range(4000, 4003)
NOTHING = (
    Landscape("3 candidates, none helps", (0.0,) * 3),
    Landscape("5 candidates, none helps", (0.0,) * 5),
    Landscape("10 candidates, none helps", (0.0,) * 10),
)
SOMETHING = (
    Landscape("1 of 5 worth 0.5", (0.5, 0, 0, 0, 0)),
    Landscape("2 of 5 worth 0.5, added up", (0.5, 0.5, 0, 0, 0)),
    Landscape("3 of 5 worth 0.5, added up", (0.5, 0.5, 0.5, 0, 0)),
    Landscape("5 of 5 worth 0.3, added up", (0.3,) * 5),
    Landscape(
        "0.5, 0.4, 0.3, 0.2, 0.1, each halved by one before it", (0.5, 0.4, 0.3, 0.2, 0.1), 0.5
    ),
    Landscape("2 of 5 worth 0.5, the rest hurts by 0.5", (0.5, 0.5, -0.5, -0.5, -0.5)),
    Landscape("2 of 5 worth 1, σ 1.42", (1.0, 1.0, 0, 0, 0), deviation=1.42),
    Landscape("2 of 5 worth 0.2, σ 0.145, 0.1 matters", (0.2, 0.2, 0, 0, 0), 1, 0.145, 0.1),
)


def search(arguments: Namespace) -> dict[str, Any]:
    """`--studies` sets the number of searches where nothing helps; others have half."""
    searches = arguments.studies or (20 if arguments.short else 4000)
    seed = arguments.seed
    found: dict[str, Any] = {"check": _check(max(20, searches // 20), seed)}
    found["landscapes"] = [
        search_row(land, searches if land in NOTHING else searches // 2, (seed, LANDSCAPES, place))
        for place, land in enumerate((*NOTHING, *SOMETHING))
    ]
    found["optimism"] = optimism_rows(searches // 4, (seed, OPTIMISM))
    nothing = found["landscapes"][: len(NOTHING)]
    print(f"\nSearches, up to {MAX_SEEDS} seeds an arm:\n\n{outcome_table(found['landscapes'])}")
    print(f"\nThe test, of whatever looked best:\n\n{forced_table(nothing)}")
    print(f"\nWhat steps overstate:\n\n{optimism_table(found['optimism'])}")
    return found


def _check(steps: int, seed: int) -> dict[str, int]:
    """Raises InputError where a step ends otherwise than `augury.study.racing` has it."""
    rng = np.random.default_rng((seed, CHECK))
    accuracies = 0.3 * rng.standard_normal((steps, 6, MAX_SEEDS))
    accuracies[:, 1:] += np.array([0.6, 0.4, 0, 0, -0.5])[:, None]
    found = compare_steps(accuracies, Rule(design="race", part="validation"))
    print(f"Quick steps beside those of augury.study.racing: {dict(found)}", flush=True)
    if found["differ"]:
        raise InputError(f"{found['differ']} of {found['steps']} quick steps differ")
    return dict(found)
