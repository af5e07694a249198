"""The machines and versions of a study's runs; equal bits need equal machines and versions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from augury.records.provenance import Provenance, Resumed
from augury.report.load import Run, StudyRecords

Origin = tuple[tuple[str, str], ...]
"""(name, value) pairs: processor, cores and GPU of the machine, versions, number of processes."""


@dataclass(frozen=True)
class Origins:
    """The machines and versions of finished runs.

    runs: rows of (values that differ between runs, number of runs with them); columns: the names of
    these values, empty if all runs have the same; went_on: runs that went on with another machine
    or version than they began with, each with the changes.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[Sequence[str], int]]
    went_on: Sequence[tuple[Run, Sequence[str]]]


def origins(study: StudyRecords) -> Origins:
    """The origins of all finished runs for which they are known."""
    found = Counter(
        _origin(run.result.provenance)
        for run in study.runs
        if run.result and run.result.provenance.versions
    )
    names = dict.fromkeys(name for origin in found for name, _ in origin)
    told = {origin: dict(origin) for origin in found}
    differ = [name for name in names if len({told[origin].get(name, "–") for origin in found}) > 1]
    return Origins(
        columns=differ,
        rows=[([told[o].get(name, "–") for name in differ], n) for o, n in found.most_common()],
        went_on=[
            (run, [_change(each) for each in run.result.resumed])
            for run in study.runs
            if run.result and run.result.resumed
        ],
    )


def _origin(provenance: Provenance) -> Origin:
    machine = provenance.machine
    values: list[tuple[str, Any]] = [
        ("processor", machine.processor),
        ("cores", machine.cores),
        ("gpu", machine.gpu),
        *provenance.versions.items(),
        ("processes a run", provenance.processes),
    ]
    return tuple((name, _shown(value)) for name, value in values)


def _change(resumed: Resumed) -> str:
    """One interruption in words: "after epoch 3 with torch 2.14.1 instead of 2.13.0"."""
    changed = ", ".join(
        f"{name} {_shown(now)} instead of {_shown(was)}"
        for name, (was, now) in resumed.changed.items()
    )
    return f"after epoch {resumed.epoch} with {changed}"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
