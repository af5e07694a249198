"""The whole examination of a study."""

from dataclasses import dataclass
from pathlib import Path

from augury.data import Progress
from augury.errors import InputError
from augury.records.plan import PlannedSpeed
from augury.records.provenance import Machine
from augury.study.doctor.costing import study_costs
from augury.study.doctor.costs import Costs
from augury.study.doctor.data import examine_data
from augury.study.doctor.finding import LEVELS, Finding
from augury.study.doctor.opening import Opened, open_for_examination, pending
from augury.study.doctor.parts import run_parts
from augury.study.doctor.power import (
    Power,
    Spread,
    assumed_spread,
    measured_spread,
    seed_findings,
    study_power,
)
from augury.study.engines.engine import default_workers
from augury.study.judging.pairs import make_pair, read_outcomes
from augury.study.planning.settings import StudySettings
from augury.study.running.provenance import machine


@dataclass(frozen=True)
class Setup:
    """What the study runs on. device: "cpu" or "cuda"; threads: of
    each cell; workers: cells at once; speed: by "model on dataset", the fastest way and the
    milliseconds a step of all that were tried"""

    facts: Machine
    device: str
    threads: int
    workers: int
    speed: dict[str, PlannedSpeed]


@dataclass(frozen=True)
class Diagnosis:
    """All that was found, problems first; costs: None where nothing can be run."""

    study: str
    findings: tuple[Finding, ...]
    machine: Setup
    costs: Costs | None
    power: tuple[Power, ...]

    @property
    def problems(self) -> int:
        """How many findings are problems."""
        return sum(finding.level == "problem" for finding in self.findings)


def examine(
    settings: StudySettings,
    *,
    path: Path | None = None,
    data_dir: Path | None = None,
    workers: int | None = None,
    spread: float | None = None,
    progress: Progress | None = None,
) -> Diagnosis:
    """Look at data, costs, machine and power of a study; train nothing, write nothing in `path`.

    path: the study's folder, there already or not; workers: cells at once, as for the study;
    spread: of paired differences, points, instead of what finished runs show or the default
    The caches (decoded data, duplicates, speeds, fetched weights) are filled as the study would.
    Raises InputError for a spread that is not over 0, or over 100.
    """
    if spread is not None and not spread > 0:
        raise InputError(f"spread: must be over 0 points, got {spread}")
    if spread is not None and spread > 100:
        raise InputError(f"spread: must be at most 100 points, got {spread}")
    opened = open_for_examination(settings, path, data_dir, workers, progress)
    plan, findings = opened.plan, list(opened.findings)
    least = settings.rule.min_difference
    for name, dataset in opened.datasets.items():
        location = plan.datasets[name].location
        findings += examine_data(dataset, settings.recipe, least, progress, location)
    at_once = workers or default_workers(plan.device, max(1, len(pending(opened))))
    costs = study_costs(opened, settings, path or Path.cwd(), at_once, findings, progress)
    power = _power(opened, settings, spread, findings)
    return Diagnosis(
        study=settings.title,
        findings=tuple(sorted(findings, key=lambda finding: LEVELS.index(finding.level))),
        machine=Setup(machine(), plan.device, plan.threads, at_once, plan.speed),
        costs=costs,
        power=tuple(power),
    )


def _power(
    opened: Opened, settings: StudySettings, given: float | None, findings: list[Finding]
) -> list[Power]:
    plan = opened.plan
    arms = {(c.dataset, c.model, c.augmentation) for c in plan.cells}
    problems = len(settings.datasets) * len(settings.models)
    comparisons = max(
        sum(arm[2] != plan.baseline for arm in arms), problems * (len(settings.augmentations) - 1)
    )
    seeds = max(settings.looks[-1] if settings.looks else settings.seeds, plan.seeds)
    findings += seed_findings(seeds, comparisons, plan.rule)
    found = []
    for name in opened.datasets:
        spread = _spread(opened, settings, name, given, findings)
        power = study_power(name, seeds, comparisons, spread, plan.rule)
        if power:
            found.append(power)
    return found


def _spread(
    opened: Opened,
    settings: StudySettings,
    name: str,
    given: float | None,
    findings: list[Finding],
) -> Spread:
    if given is None and opened.folder:
        try:
            outcomes = read_outcomes(opened.plan.cells, opened.folder)
        except InputError as error:
            findings.append(Finding("problem", "folder", "results", 1, str(error)))
            outcomes = {}
        pairs = [
            make_pair(runs, outcomes[*arm[:2], opened.plan.baseline])
            for arm, runs in outcomes.items()
            if arm[0] == name
            and arm[2] != opened.plan.baseline
            and (*arm[:2], opened.plan.baseline) in outcomes
        ]
        measured = measured_spread(pairs)
        if measured:
            return measured
    try:
        train = int(run_parts(opened.datasets[name], settings.recipe).train.sum())
    except InputError:  # told already
        train = 0
    return assumed_spread(given, train)
