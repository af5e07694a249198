"""A/A studies: how often the verdicts claim an effect where there is none, and find a planted one.

python -m benchmarks.aa PART [--study local/aa] [--workers 2] [--seed 0]

real: train 240 runs of one arm on Fashion-MNIST (what is trained stays in --study), cut them into
studies of the arm against itself, each run used once, and judge them by the default rule.
simulated: draw studies from those runs, and from a model fitted to them, and count false verdicts.
power: plant effects of known size in the model's runs, and count how often they are found.
promise: have studies name the difference that they could have seen, and count how often fresh
studies find it, by thirds of what is named.
sequential: both of it for studies that add seeds until every arm is decided.
race: false verdicts of races, what they find, and what fixed designs find with as many runs.
search: how often searches for a combination find something, and by how much they overstate it.
pairing: how runs of equal seeds correlate, in the finished studies that are named.

Prints tables and keeps each part's counts in benchmarks/results/aa.json; the same --seed gives the
same counts for any number of workers.
"""

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.errors import AuguryError
from augury.records.json_file import to_values
from augury.stats import to_points
from augury.study.provenance import provenance

from .false_alarms import real_verdicts, shortcuts, simulated_rates
from .figure import draw_figure
from .pairing import pairing
from .power import POINTS, SEEDS, power_row
from .promise import SEEDS as PROMISE_SEEDS
from .promise import promise_row
from .race import race
from .runs import Pool, read_pool, run_all
from .search import search
from .sequential import LOOKS, sequential_rows
from .simulate import Job, count, processes
from .studies import RealRuns, RunModel, cut
from .tables import (
    pool_lines,
    power_table,
    promise_table,
    rate,
    rates_table,
    real_table,
    sequential_table,
    table,
)

OUT = Path("benchmarks/results/aa.json")
FIGURE = Path("docs/explanation/statistics-power.png")
# Streams of draws; `power` has those from 1,000 on, `promise` those from 2,000 on.
FROM_RUNS, FROM_MODEL, NO_EFFECT_CHECK, EFFECT_CHECK = range(4)
DRAWN_RUNS = 2000


def main() -> None:
    arguments = parse()
    # The workers' matrix products are small: threads would only contend for the cores.
    os.environ["OMP_NUM_THREADS"] = "1"
    part: Callable[[argparse.Namespace], dict[str, Any]] = PARTS[arguments.part]
    started = time.perf_counter()
    try:
        found = part(arguments)
    except (AuguryError, ValueError) as error:
        sys.exit(f"aa: {error}")
    seconds = time.perf_counter() - started
    print(f"\n{seconds:.0f} s")
    if not arguments.short:
        keep(arguments.part, {**found, "seed": arguments.seed, "seconds": round(seconds)})


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.aa", description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("folders", nargs="*", type=Path, help="pairing: finished studies")
    parser.add_argument("--study", type=Path, default=Path("local/aa"), help="the runs' folder")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--studies", type=int, help="simulated ones of each kind")
    parser.add_argument("--short", action="store_true", help="race: try all of it, keep nothing")
    parser.add_argument("--seed", type=int, default=0, help="of the simulations")
    return parser.parse_args()


def real(arguments: argparse.Namespace) -> dict[str, Any]:
    run_all(arguments.study, arguments.workers)
    pool = read(arguments)
    # Twenty studies of two times six runs; ten of four times six.
    parts = [real_verdicts(cut(pool.correct, arms, 6)) for arms in (1, 3)]
    print(real_table(parts))
    return {"pool": pool.about, "studies": parts}


def simulated(arguments: argparse.Namespace) -> dict[str, Any]:
    pool, studies, seed = read(arguments), arguments.studies or 2000, arguments.seed
    runs, (model, compared) = RealRuns(pool.correct), fit(pool)
    found: dict[str, Any] = {"pool": pool.about, "model": compared}
    with processes(arguments.workers) as workers:
        for name, stream, share in (("aa", NO_EFFECT_CHECK, 0.0), ("planted", EFFECT_CHECK, 0.1)):
            checked = count(workers, shortcuts, Job(model, 1, 6, 100, seed, stream, share))
            found[f"shortcuts_{name}"] = dict(checked)
            print(f"quick judging, 100 {name} studies: as judge; {dict(checked)}", flush=True)
        for title, name, source, stream in (
            ("Studies drawn from the real runs", "from_runs", runs, FROM_RUNS),
            ("Studies drawn from the fitted model", "from_model", model, FROM_MODEL),
        ):
            found[name] = simulated_rates(workers, source, stream, studies, seed)
            print(f"\n{title}, {studies} of each kind (arms × seeds):\n")
            print(rates_table(found[name]), flush=True)
    return found


def power(arguments: argparse.Namespace) -> dict[str, Any]:
    pool, studies = read(arguments), arguments.studies or 500
    model, compared = fit(pool)
    with processes(arguments.workers) as workers:
        rows = [
            power_row(workers, model, points, seeds, studies, arguments.seed)
            for seeds in SEEDS
            for points in POINTS
        ]
    print(f"\nFound / predicted, % of {studies} studies:\n\n{power_table(rows)}")
    wrong, all_of_them = sum(row["hurts"] for row in rows), sum(row["studies"] for row in rows)
    print(f"\nsaid to hurt: {wrong} of {all_of_them}, {rate(wrong, all_of_them)}")
    draw_figure(rows, FIGURE)
    return {"pool": pool.about, "model": compared, "rows": rows}


def promise(arguments: argparse.Namespace) -> dict[str, Any]:
    pool, studies = read(arguments), arguments.studies or 450
    model, compared = fit(pool)
    with processes(arguments.workers) as workers:
        rows = [promise_row(workers, model, n, studies, arguments.seed) for n in PROMISE_SEEDS]
    print(f"\nFresh studies that find what {studies} studies named:\n\n{promise_table(rows)}")
    return {"pool": pool.about, "model": compared, "rows": rows}


def sequential(arguments: argparse.Namespace) -> dict[str, Any]:
    pool, studies = read(arguments), arguments.studies or 2000
    model, compared = fit(pool)
    with processes(arguments.workers) as workers:
        rows = sequential_rows(workers, model, studies, arguments.seed)
    print(f"\nLooks at {', '.join(map(str, LOOKS))} seeds:\n")
    print(sequential_table(rows))
    return {"pool": pool.about, "model": compared, "looks": LOOKS, "rows": rows}


def read(arguments: argparse.Namespace) -> Pool:
    pool = read_pool(arguments.study)
    print(f"{pool_lines(pool.about)}\n", flush=True)
    return pool


def fit(pool: Pool) -> tuple[RunModel, dict[str, Any]]:
    """The model of the pool's runs, and how runs drawn from it compare with the real ones."""
    model = RunModel.fit(pool.correct)
    rng = np.random.default_rng(0)
    drawn = model.draw(0, DRAWN_RUNS, rng).correct[0]
    compared = {"real": moments(pool.correct), "drawn": moments(drawn)}
    rows = [[name, *(f"{v:.2f}" for v in values.values())] for name, values in compared.items()]
    print(table([f"runs ({len(pool.correct)} real, {DRAWN_RUNS} drawn)", *compared["real"]], rows))
    print(flush=True)
    return model, {"spread": model.spread, **compared}


def moments(correct: NDArray[np.bool_]) -> dict[str, float]:
    """Of runs (R, N); two runs one after the other stand for any two."""
    accuracy = to_points(correct.mean(axis=1))
    return {
        "mean accuracy, %": float(accuracy.mean()),
        "deviation, points": float(accuracy.std(ddof=1)),
        "images on which two runs disagree, %": float(
            to_points((correct[1:] != correct[:-1]).mean())
        ),
    }


def keep(part: str, found: dict[str, Any]) -> None:
    """Put the part into the file of results, beside the others."""
    results = json.loads(OUT.read_text()) if OUT.exists() else {}
    where = to_values(provenance())
    where["command"] = shlex.join(["python", "-m", "benchmarks.aa", *sys.argv[1:]])
    where["versions"]["scipy"] = scipy.__version__
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({**results, part: {**found, **where}}, indent=1) + "\n")


PARTS = {
    "real": real,
    "simulated": simulated,
    "power": power,
    "promise": promise,
    "sequential": sequential,
    "race": race,
    "search": search,
    "pairing": pairing,
}


if __name__ == "__main__":
    main()
