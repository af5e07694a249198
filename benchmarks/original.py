"""Studies of the preset `original` beside the report that this product began with.

    python -m benchmarks.original STUDY [STUDY ...]

Reads finished studies, joins them and prints Markdown: accuracies beside the report's, how often
both order two cases alike, how often one seed would have ordered them otherwise, when the learning
rate was lowered, the verdicts, and where all of it comes from. Nothing is trained or judged.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean, median, stdev

from benchmarks.aa.tables import table

from augury.errors import AuguryError, InputError
from augury.records.cell import Cell
from augury.records.epochs import Epoch
from augury.records.plan import Plan, PlannedDataset, plan_of
from augury.records.recipe import Recipe
from augury.records.result import Result
from augury.records.verdicts import ArmVerdict, read_verdicts
from augury.stats import to_points
from augury.study.cell_states import count_cells
from augury.study.judging.finished_runs import read_finished_run
from augury.study.planning.presets import PRESETS
from augury.study.store import StudyFolder

BASELINE = "none"
REPORT_CASES = ("normal", "random-erasing", "salience")
CASES = (BASELINE, *REPORT_CASES)
NETWORKS = PRESETS["original"].models
REPORT_DATASET = "cifar10"
# Training accuracy, %, of single runs on CIFAR-10, by case in the order of NETWORKS.
_REPORT_ROWS = {
    "normal": (99.19, 88.98, 75.46, 78.01, 81.71),
    "random-erasing": (99.22, 96.16, 10.03, 73.93, 83.05),
    "salience": (99.20, 93.56, 97.34, 89.17, 93.47),
}
REPORT = {
    (network, case): value
    for case, row in _REPORT_ROWS.items()
    for network, value in zip(NETWORKS, row, strict=True)
}
_OTHER_NAMES = {"salience-blend": "salience"}
# Points. Means of equal accuracies differ by less, different ones by more.
_EQUAL = 1e-9

Key = tuple[str, str, str, int]  # data set, network, case, seed


@dataclass(frozen=True)
class Run:
    """A finished run of one case. test, train: accuracies, %; train: of the last epoch."""

    study: str
    cell: Cell
    test: float
    train: float
    rates: tuple[float, ...]
    result: Result

    @property
    def key(self) -> Key:
        """Data set, network, case and seed."""
        return key_of(self.cell)


@dataclass(frozen=True)
class Study:
    """A finished study. failed: cells of its cases; verdicts: None where it was not judged."""

    name: str
    plan: Plan
    runs: tuple[Run, ...]
    failed: tuple[Cell, ...]
    verdicts: tuple[ArmVerdict, ...] | None


class Joined:
    """The runs of all studies, by data set, network, case and seed."""

    def __init__(self, studies: Sequence[Study]) -> None:
        self.studies = studies
        self.runs = _by_key(studies)
        self.failed = {key_of(cell)[:3] for study in studies for cell in study.failed}
        _check_alike(self.runs.values())

    @property
    def datasets(self) -> list[str]:
        """Those that have runs, in the order in which they were found."""
        return list(dict.fromkeys(key[0] for key in self.runs))

    def networks(self, dataset: str) -> list[str]:
        """Those of the report, then any others that have runs on the data set."""
        found = (key[1] for key in self.runs if key[0] == dataset)
        return list(dict.fromkeys((*NETWORKS, *found)))

    def of(self, dataset: str, network: str, case: str) -> dict[int, Run]:
        """The runs of a case, by seed; empty where it was not run."""
        wanted = (dataset, network, case)
        return {key[3]: run for key, run in sorted(self.runs.items()) if key[:3] == wanted}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.original", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("studies", nargs="+", type=Path, help="folders of finished studies")
    given = parser.parse_args(arguments)
    try:
        print(report(given.studies))
    except AuguryError as error:
        print(f"original: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def report(folders: Sequence[Path]) -> str:
    """All of it as Markdown; InputError where a folder is no finished study."""
    joined = Joined([read_study(folder) for folder in folders])
    if not joined.runs:
        raise InputError(f"no finished runs of {', '.join(CASES)} in the studies named")
    parts = [
        ("Accuracies", accuracies(joined)),
        ("Orders as in the report", agreement(joined)),
        ("Single seeds", single_seeds(joined)),
        ("Plateaus", plateaus(joined)),
        (f"Verdicts against `{BASELINE}`", verdicts(joined)),
        ("Where this comes from", provenance(joined)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)


# Reading


def read_study(folder: Path) -> Study:
    """The study's runs of the cases; InputError where cells are left or files are damaged."""
    plan, store = plan_of(folder), StudyFolder(folder)
    counts = count_cells(plan, store)
    left = counts.cells - counts.done - counts.failed
    if left:
        raise InputError(
            f"{folder}: not finished, {left} of {counts.cells} cells are left; "
            "the command that began the study goes on with it"
        )
    cells = [cell for cell in plan.cells if case_of(cell.augmentation) in CASES]
    done = [cell for cell in cells if store.run(cell).done]
    judged = read_verdicts(folder / "verdicts.json")
    name = folder.resolve().name
    return Study(
        name,
        plan,
        tuple(_read_run(name, store, cell) for cell in done),
        tuple(cell for cell in cells if cell not in done),
        judged.comparisons if judged else None,
    )


def _read_run(study: str, store: StudyFolder, cell: Cell) -> Run:
    found = read_finished_run(store, cell)
    test = found.result.test.accuracy
    problem = found.problem or ("" if found.epochs else "epochs.jsonl is missing")
    if problem or test is None:
        raise InputError(f"{store.run(cell).path}: {problem or 'no test accuracy'}")
    train = to_points(found.epochs[-1].accuracy)
    return Run(study, cell, to_points(test), train, _rates(found.epochs), found.result)


def _rates(epochs: Iterable[Epoch]) -> tuple[float, ...]:
    return tuple(epoch.learning_rate for epoch in epochs)


def case_of(arm: str) -> str:
    """The name of the arm's column."""
    return _OTHER_NAMES.get(arm, arm)


def key_of(cell: Cell) -> Key:
    return cell.dataset, cell.model, case_of(cell.augmentation), cell.seed


def _by_key(studies: Sequence[Study]) -> dict[Key, Run]:
    found: dict[Key, Run] = {}
    for run in (run for study in studies for run in study.runs):
        other = found.setdefault(run.key, run)
        if other is not run:
            raise _found_twice(other, run)
    return found


def _found_twice(first: Run, second: Run) -> InputError:
    dataset, network, _, seed = first.key
    arms = dict.fromkeys((first.cell.augmentation, second.cell.augmentation))
    where = dict.fromkeys((first.study, second.study))
    return InputError(
        f"{dataset}, {network}, {' and '.join(arms)}, seed {seed}: found twice, in "
        f"{' and '.join(where)}; each cell may be there once"
    )


def _check_alike(runs: Iterable[Run]) -> None:
    """Runs of one network on one data set are averaged and compared: they need one recipe."""
    first: dict[tuple[str, str], Run] = {}
    for run in runs:
        other = first.setdefault(run.key[:2], run)
        if _trained_on(run) != _trained_on(other):
            raise InputError(
                f"{run.key[0]}, {run.key[1]}: data, recipe or head differ between {other.study} "
                f"and {run.study}, so they cannot be joined"
            )


def _trained_on(run: Run) -> tuple[object, ...]:
    return run.cell.fingerprint, run.cell.recipe, run.cell.network


# 1. Accuracies


def accuracies(joined: Joined) -> str:
    """A table for each data set: test, training and the report's training accuracy."""
    told = (
        "Accuracy, %: mean over seeds ± standard deviation. Training accuracy is that of the last "
        "epoch, on augmented images; the report's is of single runs."
    )
    tables = [told]
    for dataset in joined.datasets:
        rows = [row for n in joined.networks(dataset) for row in _network_rows(joined, dataset, n)]
        tables.append(f"### {dataset}\n\n{table(['network', 'accuracy', *CASES], rows)}")
    return "\n\n".join(tables)


def _network_rows(joined: Joined, dataset: str, network: str) -> list[list[str]]:
    def row(name: str, shown: Callable[[list[Run]], str]) -> list[str]:
        return [network, name, *(_cell(joined, (dataset, network, c), shown) for c in CASES)]

    rows = [
        row("test", _test),
        row("training", lambda runs: f"{mean(run.train for run in runs):.2f}"),
    ]
    if dataset == REPORT_DATASET and network in NETWORKS:
        rows.append([network, "training, report", *(_reported(network, case) for case in CASES)])
    return rows


def _cell(joined: Joined, wanted: tuple[str, str, str], shown: Callable[[list[Run]], str]) -> str:
    runs = list(joined.of(*wanted).values())
    if runs:
        return shown(runs)
    return "failed" if wanted in joined.failed else "not run"


def _test(runs: list[Run]) -> str:
    values = [run.test for run in runs]
    if len(values) == 1:
        return f"{values[0]:.2f} (1 seed)"
    return f"{mean(values):.2f} ± {stdev(values):.2f} ({len(values)} seeds)"


def _reported(network: str, case: str) -> str:
    value = REPORT.get((network, case))
    return "–" if value is None else f"{value:.2f}"


# 2. Agreement


@dataclass(frozen=True)
class Orders:
    """Of `pairs` pairs of cases, how many are ordered as in the report, and how many are ties."""

    same: int
    ties: int
    pairs: int


def agreement(joined: Joined) -> str:
    """How often our means order two cases of a network as the report's training accuracies do."""
    per_network = {n: pairs for n in NETWORKS if (pairs := _known_pairs(joined, n))}
    if not per_network:
        return f"No network of the report has two of its cases on {REPORT_DATASET}: not run."
    rows = [_orders_row(joined, network, pairs) for network, pairs in per_network.items()]
    everything = [pair for pairs in per_network.values() for pair in pairs]
    rows.append(_orders_row(joined, "all", everything))
    head = ["network", "pairs of cases", "training: as the report", "training: ties"]
    return (
        f"On {REPORT_DATASET}: pairs of cases that our mean accuracy orders as the report's "
        "training accuracy does. Ties are not counted as agreement.\n\n"
        + table([*head, "test: as the report", "test: ties"], rows)
    )


NetworkPair = tuple[str, str, str]  # network and two cases


def _known_pairs(joined: Joined, network: str) -> list[NetworkPair]:
    ours = [case for case in REPORT_CASES if joined.of(REPORT_DATASET, network, case)]
    return [(network, a, b) for a, b in combinations(ours, 2)]


def _orders_row(joined: Joined, name: str, pairs: Sequence[NetworkPair]) -> list[str]:
    training = orders(joined, pairs, lambda run: run.train)
    test = orders(joined, pairs, lambda run: run.test)
    counts = [f"{n} of {len(pairs)}" for o in (training, test) for n in (o.same, o.ties)]
    return [name, str(len(pairs)), *counts]


def orders(
    joined: Joined, pairs: Sequence[NetworkPair], accuracy: Callable[[Run], float]
) -> Orders:
    """Our order of each pair by mean `accuracy`, beside the report's."""
    ours = [
        sign(_mean(joined, network, b, accuracy) - _mean(joined, network, a, accuracy))
        for network, a, b in pairs
    ]
    theirs = [sign(REPORT[network, b] - REPORT[network, a]) for network, a, b in pairs]
    same = sum(bool(x) and x == y for x, y in zip(ours, theirs, strict=True))
    return Orders(same, ours.count(0), len(pairs))


def _mean(joined: Joined, network: str, case: str, accuracy: Callable[[Run], float]) -> float:
    return mean(accuracy(run) for run in joined.of(REPORT_DATASET, network, case).values())


def sign(difference: float) -> int:
    """1, -1, or 0 for points that are equal up to rounding."""
    return 0 if abs(difference) < _EQUAL else (1 if difference > 0 else -1)


# 3. Single seeds


@dataclass(frozen=True)
class Flips:
    """A pair of cases over the seeds that both have.

    difference: mean of the second less the first, points; otherwise: seeds that alone order the
    pair the other way; ties: seeds that do not order it. None, where the means are equal.
    """

    difference: float
    seeds: int
    otherwise: int | None
    ties: int | None


def flips(first: dict[int, Run], second: dict[int, Run]) -> Flips | None:
    """By test accuracy; None where fewer than two seeds are common."""
    seeds = sorted(first.keys() & second.keys())
    if len(seeds) < 2:
        return None
    differences = [second[seed].test - first[seed].test for seed in seeds]
    whole, single = sign(mean(differences)), [sign(each) for each in differences]
    if whole == 0:
        return Flips(0.0, len(seeds), None, None)
    return Flips(mean(differences), len(seeds), single.count(-whole), single.count(0))


def single_seeds(joined: Joined) -> str:
    """For each pair of cases: the seeds whose single runs order it against the mean of all."""
    found = [
        (dataset, network, pair, its)
        for dataset in joined.datasets
        for network in joined.networks(dataset)
        for pair in combinations(CASES, 2)
        if (its := flips(*(joined.of(dataset, network, case) for case in pair)))
    ]
    if not found:
        return "No two cases have two seeds in common."
    head = ["data set", "network", "cases", "mean difference, points", "seeds", "otherwise", "ties"]
    rows = [
        [dataset, network, f"{pair[1]} less {pair[0]}", *_flips_row(its)]
        for dataset, network, pair, its in found
    ]
    totals = [
        _flips_total("the report's cases", [f for *_, pair, f in found if BASELINE not in pair]),
        _flips_total(f"cases and `{BASELINE}`", [f for *_, pair, f in found if BASELINE in pair]),
    ]
    return (
        "Seeds whose single runs order two cases otherwise than the mean over all common seeds, by "
        "test accuracy. Each run is a part of the mean that it is held against.\n\n"
        f"{table(head, rows)}\n\n" + "\n".join(totals)
    )


def _flips_row(its: Flips) -> list[str]:
    counts = ["the means are equal" if n is None else str(n) for n in (its.otherwise, its.ties)]
    return [f"{its.difference:+.2f}", str(its.seeds), *counts]


def _flips_total(name: str, found: Sequence[Flips]) -> str:
    ordered = [its for its in found if its.otherwise is not None]
    seeds = sum(its.seeds for its in ordered)
    otherwise, ties = sum(its.otherwise or 0 for its in ordered), sum(i.ties or 0 for i in ordered)
    return f"- {name}: {otherwise} of {seeds} single seeds order otherwise, {ties} are ties"


# 4. Plateaus


def first_lowered(rates: Sequence[float]) -> int | None:
    """After how many epochs the rate was lowered first, None where it never was."""
    return next((i for i in range(1, len(rates)) if rates[i] < rates[i - 1]), None)


def plateaus(joined: Joined) -> str:
    """Runs in which the plateau schedule lowered the rate, and after which epoch first."""
    runs = [run for run in joined.runs.values() if run.cell.recipe.schedule == "plateau"]
    if not runs:
        return "No run has the plateau schedule."
    rows = [
        [d, n, *(_cell(joined, (d, n, case), lowered) for case in CASES)]
        for d in joined.datasets
        for n in joined.networks(d)
    ]
    return (
        "Runs whose learning rate was lowered, and after which epoch first (the median in "
        "brackets).\n\n"
        f"{table(['data set', 'network', *CASES], rows)}\n\nAll runs: {lowered(runs)}."
    )


def lowered(runs: Sequence[Run]) -> str:
    """For instance "2 of 6, after 12 to 31 (21.5)"."""
    scheduled = [run for run in runs if run.cell.recipe.schedule == "plateau"]
    if not scheduled:
        return "another schedule"
    after = [epoch for run in scheduled if (epoch := first_lowered(run.rates))]
    told = f"{len(after)} of {len(scheduled)}"
    if not after:
        return told
    if min(after) == max(after):
        return f"{told}, after {after[0]}"
    return f"{told}, after {min(after)} to {max(after)} ({median(after):g})"


# 5. Verdicts


def verdicts(joined: Joined) -> str:
    """Those that the studies have; an arm without one is not judged."""
    rows = [row for study in joined.studies for row in _verdict_rows(study)]
    if not rows:
        return f"No arm but `{BASELINE}` was run."
    head = ["study", "data set", "network", "arm", "seeds", "difference, points", "interval"]
    return table([*head, "verdict"], rows)


def _verdict_rows(study: Study) -> list[list[str]]:
    judged = {one.arm: one for one in study.verdicts or () if one.baseline == BASELINE}
    cells = [run.cell for run in study.runs]
    arms = dict.fromkeys((cell.dataset, cell.model, cell.augmentation) for cell in cells)
    return [
        [study.name, *arm, *_verdict_cells(judged.get(arm))] for arm in arms if arm[2] != BASELINE
    ]


def _verdict_cells(one: ArmVerdict | None) -> list[str]:
    if one is None:
        return ["–", "–", "–", "not judged"]
    interval = "–"
    if one.interval is not None:
        interval = f"{one.interval[0]:+.2f} to {one.interval[1]:+.2f}"
    return [str(len(one.seeds)), f"{one.difference:+.2f}", interval, one.words]


# 6. Provenance


def provenance(joined: Joined) -> str:
    """A line for each study."""
    return "\n".join(f"- {_origin(study)}" for study in joined.studies)


def _origin(study: Study) -> str:
    failed = f" ({len(study.failed)} failed)" if study.failed else ""
    parts = [
        f"{study.name}: {len(study.runs)} runs{failed}",
        _each(_machine(run) for run in study.runs),
        _each(_versions(run) for run in study.runs),
        _each(_images(study.plan, run.cell) for run in study.runs),
        f"epochs: {_each(str(run.result.epochs) for run in study.runs)}",
        f"steps: {_each(_steps(run) for run in study.runs)}",
    ]
    return "; ".join(parts)


def _each(told: Iterable[str]) -> str:
    """The different ones, each once."""
    return " or ".join(dict.fromkeys(told)) or "unknown"


def _machine(run: Run) -> str:
    machine = run.result.provenance.machine
    cores = f"{machine.cores} cores" if machine.cores else ""
    parts = (machine.processor or machine.platform, cores, machine.gpu)
    return ", ".join(part for part in parts if part) or "unknown machine"


def _versions(run: Run) -> str:
    origin = run.result.provenance
    named = [f"{name} {version}" for name, version in origin.versions.items()]
    commit = [f"commit {origin.git_commit[:12]}"] if origin.git_commit else []
    return ", ".join([*named, *commit]) or "unknown versions"


def _images(plan: Plan, cell: Cell) -> str:
    """Images of the training and the test part."""
    dataset, recipe = plan.datasets[cell.dataset], cell.recipe
    train, test = _train_images(dataset, recipe), dataset.test
    if recipe.test_limit is not None:
        test = min(test, recipe.test_limit)
    return f"{cell.dataset}: {train}, {test:,} test images"


def _train_images(dataset: PlannedDataset, recipe: Recipe) -> str:
    images = f"{dataset.train:,} training images"
    if not dataset.own_validation:
        images += f", {100 * recipe.validation:g} % of them held out"
    limit = recipe.train_limit
    return images if limit is None else f"{images}, at most {limit:,} trained on"


def _steps(run: Run) -> str:
    return f"{run.result.learned.steps:,}" if run.result.learned else "unknown"


if __name__ == "__main__":
    sys.exit(main())
