"""Adding seeds, round by round, until every comparison is decided."""

import time
from collections.abc import Callable
from dataclasses import replace

from augury.records.cell import Cell
from augury.records.plan import Plan, write_plan
from augury.records.verdicts import read_verdicts
from augury.study.cell_states import CellCounts
from augury.study.judging.pairs import Arm
from augury.study.store import StudyFolder


def run_until_decided(
    plan: Plan,
    folder: StudyFolder,
    run: Callable[[Plan], CellCounts],
    max_hours: float | None = None,
) -> CellCounts:
    """Run `plan`, then round after round the seeds that `next_round` adds, until it adds none.

    run: runs the cells of a plan that are not done, and judges; max_hours: no round begins after
    so many hours. Returns the counts after the last round.
    """
    began = time.monotonic()
    while True:
        reached = run(plan)
        if max_hours is not None and time.monotonic() - began >= 3600 * max_hours:
            return reached
        grown = next_round(plan, folder)
        if grown is None:
            return reached
        plan = grown


def next_round(plan: Plan, folder: StudyFolder) -> Plan | None:
    """Add the seeds of the next look to undecided arms and their baseline, and write the plan.

    Returns the new plan, or None where everything is decided, no look is left, or more seeds would
    not help. An arm that is decided gets no more seeds, so its verdict stands.
    """
    verdicts = read_verdicts(folder.path / "verdicts.json")
    undecided = [
        verdict.arm
        for verdict in (verdicts.comparisons if verdicts else ())
        if not verdict.decided and verdict.difference is not None
    ]
    # By name, as the arms of a group share their baseline.
    missing = {cell.name: cell for arm in undecided for cell in _missing(plan, arm)}
    if not missing:
        return None
    # Seeds outermost, so that a round that is cut short has whole pairs.
    fresh = sorted(missing.values(), key=lambda cell: cell.seed)
    grown = replace(plan, cells=(*plan.cells, *fresh))
    write_plan(folder.plan_file, grown)
    return grown


def _missing(plan: Plan, arm: Arm) -> list[Cell]:
    """The cells that `arm` and its baseline need for the next look."""
    ours = _cells(plan, arm)
    looks = [look for look in plan.rule.looks if look > len(ours)]
    if not looks:
        return []
    return [
        replace(side[0], seed=seed)
        for side in (_cells(plan, (*arm[:2], plan.baseline)), ours)
        for seed in range(plan.first_seed, plan.first_seed + looks[0])
        if seed not in {cell.seed for cell in side}
    ]


def _cells(plan: Plan, arm: Arm) -> list[Cell]:
    return [c for c in plan.cells if (c.dataset, c.model, c.augmentation) == arm]
