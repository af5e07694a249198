"""`augury doctor`."""

import math
from dataclasses import asdict
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from augury.cli.engine import make_engine
from augury.cli.guard import guarded
from augury.cli.output import data_progress, out, print_json
from augury.cli.study_options import StudyOptions, takes_study_options
from augury.report.words import count, duration, fixed, step_time
from augury.study.doctor import Costs, Diagnosis, Notice, Power, Setup, examine
from augury.study.engines import InProcess
from augury.training.processes import ALONE

_STYLES = {"problem": "bold red", "warning": "yellow", "fine": "green"}
_PROBLEM = 3


@guarded
@takes_study_options()
def doctor(
    given: StudyOptions,
    spread: Annotated[
        float | None,
        typer.Option(help="Deviation of paired differences, points. Default: of finished runs."),
    ] = None,
) -> None:
    """Before a study runs: what is wrong with its data, what it costs, what it can show.

    Takes the options of augury study, so that any such command can be given to it first. Nothing
    is trained, and nothing is written in the study's folder.
    """
    settings = given.settings()
    path = given.folder(settings)
    # Refuses the options that augury study would.
    engine = make_engine(given.engine, given.engine_options, ALONE)
    with data_progress() as progress:
        found = examine(
            settings,
            path=path,
            data_dir=given.data_dir,
            workers=1 if isinstance(engine, InProcess) else given.workers,
            spread=spread,
            progress=progress,
        )
    if given.as_json:
        print_json(_values(found))
    else:
        _print(found)
    if found.problems:
        raise typer.Exit(_PROBLEM)


def _values(found: Diagnosis) -> dict[str, object]:
    return {"schema": 1, "problems": found.problems, **asdict(found)}


def _print(found: Diagnosis) -> None:
    out.print(f"{found.study}: {_counts(found)}", style="bold")
    out.print(_findings(found.findings))
    _print_machine(found.machine)
    if found.costs:
        _print_costs(found.costs)
    for power in found.power:
        _print_power(power)


def _counts(found: Diagnosis) -> str:
    levels = [finding.level for finding in found.findings]
    return ", ".join(count(levels.count(level), level) for level in ("problem", "warning"))


def _findings(findings: tuple[Notice, ...]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        level = Text(finding.level, _STYLES[finding.level])
        table.add_row(level, Text(f"{finding.where}: {finding.words}"))
    return table


def _print_machine(machine: Setup) -> None:
    facts = machine.facts
    memory = f", {facts.memory_gb:g} GiB of memory" if facts.memory_gb else ""
    _heading("machine")
    _line(f"{facts.processor}, {facts.cores} cores{memory}, {facts.gpu or 'no GPU'}")
    cells = count(machine.workers, "cell")
    threads = count(machine.threads, "thread")
    _line(f"{cells} at once on {machine.device}, {threads} each")
    for pair, speed in machine.speed.items():
        way = f"{speed.layout} {speed.precision}"
        step = step_time(speed.milliseconds[way] / 1000)
        _line(f"{pair}: fastest with {way}, {step} a step")


def _print_costs(costs: Costs) -> None:
    _heading("costs")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("arm", overflow="fold")
    for heading in ("cells", "step", "augmentation", "a cell", "disk"):
        table.add_column(heading, justify="right", no_wrap=True)
    several = len({(arm.dataset, arm.model) for arm in costs.arms}) > 1
    for arm in costs.arms:
        name = f"{arm.dataset} {arm.model} {arm.augmentation}" if several else arm.augmentation
        table.add_row(
            Text(name),
            str(arm.cells),
            step_time(arm.step),
            f"+ {step_time(arm.augment)}",
            duration(arm.seconds),
            _megabytes(arm.sizes.stored),
        )
    out.print(table)
    done = f" ({costs.done} are done)" if costs.done else ""
    most = f", at most {_hours(costs.most)} with all seeds" if costs.most is not None else ""
    _line(f"time    {_hours(costs.seconds)} for {costs.cells} cells{done}{most}")
    _line(f"disk    {_gigabytes(costs.disk)} at the largest moment, {_gigabytes(costs.free)} free")
    _line(f"memory  {_gigabytes(costs.memory)} for {costs.workers} workers, an estimate")
    if costs.gpu:
        _line(f"GPU     {_gigabytes(costs.gpu)} of its memory, an estimate")


def _print_power(power: Power) -> None:
    _heading(f"what {power.dataset} can show")
    kinds = {
        "runs": f"from {power.spread.pairs} finished pairs",
        "given": "as given",
        "default": "a default: nothing has been run yet",
    }
    seeds = f"{power.seeds} paired seeds, {count(power.comparisons, 'comparison')}"
    _line(f"{seeds}, spread {power.spread.deviation:.2g} points ({kinds[power.spread.source]})")
    if power.detectable is None:
        _line(f"no difference, of whatever size, can be found with {count(power.seeds, 'seed')}")
    else:
        points = _rounded_up(power.detectable)
        _line(f"{power.target:.0%} sure to find a difference of {points} points")
    _line(f"{power.power:.0%} sure to find one of {power.min_difference:g} points")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("seeds")
    for seeds_there, _ in power.table:
        table.add_column(str(seeds_there), justify="right")
    table.add_row("points", *(_rounded_up(points) for _, points in power.table))
    out.print(table)
    _line(_needed(power))


def _needed(power: Power) -> str:
    wanted = f"{power.min_difference:g} points"
    if power.needed is not None:
        return f"to tell {wanted} from none takes about {power.needed} seeds"
    if power.ahead < power.asked:
        return (
            f"no number of seeds shows {wanted}: at this spread an arm that much better is ahead "
            f"in {power.ahead:.0%} of the seeds, and the rule asks for {power.asked:.0%}"
        )
    return f"to tell {wanted} from none takes more than {power.most} seeds"


def _rounded_up(points: float | None) -> str:
    """With two decimals, rounded up so that the promise holds."""
    return fixed(None if points is None else math.ceil(100 * points - 1e-9) / 100)


def _hours(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.2f} GB"


def _heading(title: str) -> None:
    out.print()
    out.print(title, style="bold")


def _line(text: str) -> None:
    out.print(Padding(Text(text), (0, 0, 0, 2), expand=False))
