"""What `augury doctor` found, as the terminal shows it."""

import math

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from augury.records.plan import PlannedSpeed
from augury.report.words import count, duration, fixed, listed, step_time
from augury.study.doctor import Costs, Diagnosis, Notice, Power, Setup

_STYLES = {"problem": "bold red", "warning": "yellow", "fine": "green"}


def diagnosis_view(found: Diagnosis) -> Group:
    """Notices, problems first; then the machine, the costs, and what each data set can show."""
    parts: list[RenderableType] = [
        Text(f"{found.study}: {_counts(found)}", "bold"),
        _findings(found.findings),
        *_heading("recipe"),
        _line(found.recipe.removeprefix("recipe ")),
        *([_line(found.recipe_why)] if found.recipe_why else []),
        *_machine(found.machine),
    ]
    if found.costs:
        parts += _costs(found.costs)
    for power in found.power:
        parts += _power(power)
    return Group(*parts)


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


def _machine(machine: Setup) -> list[RenderableType]:
    facts = machine.facts
    memory = f", {facts.memory_gb:g} GiB of memory" if facts.memory_gb else ""
    cells = count(machine.workers, "cell")
    threads = count(machine.threads, "thread")
    parts = [
        *_heading("machine"),
        _line(f"{facts.processor}, {facts.cores} cores{memory}, {facts.gpu or 'no GPU'}"),
        _line(f"{cells} at once on {machine.device}, {threads} each"),
        _line(f"device {machine.device}: {_device(machine)}"),
    ]
    parts += [_line(f"{pair}: {_speed(speed)}") for pair, speed in machine.speed.items()]
    return parts


def _device(machine: Setup) -> str:
    """Why the cells run on this device."""
    if machine.device_from == "named":
        return "named by the study"
    if machine.device_from == "begun":
        return "on which the study began"
    return "the default without a GPU" if machine.device == "cpu" else "the default with a GPU"


def _speed(speed: PlannedSpeed) -> str:
    """The layout and precision, why they were chosen, and what was measured."""
    way = f"{speed.layout} {speed.precision}"
    times = {name: step_time(each / 1000) for name, each in speed.milliseconds.items()}
    step = f", {times[way]} a step" if way in times else ""
    if len(speed.named) == 2:
        return f"{way}, both named by the study{step}"
    if speed.short:
        return f"{way}, as the study is too short to try others{step}"
    if not times:
        rest = f"{speed.named[0]} is named by the study" if speed.named else "nothing was measured"
        return f"{way}, the default, as {rest}"
    others = ", ".join(f"{name} {time}" for name, time in times.items() if name != way)
    named = f", of those with the {speed.named[0]} that the study names" if speed.named else ""
    return f"fastest with {way}{step}{named}" + (f" ({others})" if others else "")


def _costs(costs: Costs) -> list[RenderableType]:
    done = f" ({costs.done} are done)" if costs.done else ""
    most = f", at most {_hours(costs.most)} with all seeds" if costs.most is not None else ""
    disk = f"{_gigabytes(costs.disk)} at the largest moment, {_gigabytes(costs.free)} free"
    parts = [
        *_heading("costs"),
        _arms(costs),
        *_once(costs),
        _line(f"time    {_hours(costs.seconds)} for {costs.cells} cells{done}{most}"),
        _line(f"disk    {disk}"),
        _line(f"memory  {_gigabytes(costs.memory)} for {costs.workers} workers, an estimate"),
    ]
    if costs.gpu:
        parts.append(_line(f"GPU     {_gigabytes(costs.gpu)} of its memory, an estimate"))
    parts += [
        _line(f"shorter with {each.option}: about {_hours(each.seconds)}")
        for each in costs.proposals
    ]
    return parts


def _arms(costs: Costs) -> Table:
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
    return table


def _once(costs: Costs) -> list[RenderableType]:
    arms = dict.fromkeys(arm.augmentation for arm in costs.arms if arm.features_once)
    if not arms:
        return []
    words = "computed once, as the images never change: a step there is one of the head alone"
    return [_line(f"features of {listed(list(arms))} {words}")]


def _power(power: Power) -> list[RenderableType]:
    kinds = {
        "runs": f"from {power.spread.pairs} finished pairs",
        "given": "as given",
        "default": "a default: nothing has been run yet",
    }
    most = "a race of at most " if power.race else ""
    seeds = f"{most}{power.seeds} paired seeds, {count(power.comparisons, 'comparison')}"
    spread = f"spread {power.spread.deviation:.2g} points ({kinds[power.spread.source]})"
    return [
        *_heading(f"what {power.dataset} can show"),
        _line(f"{seeds}, {spread}"),
        _line(_detectable(power)),
        _line(f"{power.power:.0%} sure to find one of {power.min_difference:g} points"),
        _by_seeds(power),
        _line(_needed(power)),
        *([_line(_dismissed(power))] if power.race else []),
    ]


def _detectable(power: Power) -> str:
    if power.detectable is None:
        return f"no difference, of whatever size, can be found with {count(power.seeds, 'seed')}"
    return f"{power.target:.0%} sure to find a difference of {_rounded_up(power.detectable)} points"


def _by_seeds(power: Power) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("seeds")
    for seeds, _ in power.table:
        table.add_column(str(seeds), justify="right")
    table.add_row("points", *(_rounded_up(points) for _, points in power.table))
    return table


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


def _dismissed(power: Power) -> str:
    nothing = f"that an arm without effect makes none of {power.min_difference:g} points"
    if power.dismissed is None:
        return f"to show {nothing} takes more than {power.most} seeds"
    return f"to show {nothing} takes about {power.dismissed} seeds"


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


def _heading(title: str) -> list[RenderableType]:
    return [Text(), Text(title, "bold")]


def _line(text: str) -> RenderableType:
    return Padding(Text(text), (0, 0, 0, 2), expand=False)
