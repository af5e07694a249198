"""Accuracies beside the report's, when the rate was lowered, verdicts, and where all comes from."""

from collections.abc import Callable, Iterable, Sequence
from statistics import mean, median, stdev

from benchmarks.aa.tables import table
from benchmarks.original.reading import (
    BASELINE,
    CASES,
    NETWORKS,
    REPORT,
    REPORT_DATASET,
    Joined,
    Run,
    Study,
)

from augury.records.cell import Cell
from augury.records.plan import Plan, PlannedDataset
from augury.records.recipe import Recipe
from augury.records.verdicts import ArmVerdict


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
