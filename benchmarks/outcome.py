"""What a benchmark found: rows, goals and notes, printed and kept in a file by machine."""

import argparse
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from augury.records.json_file import to_values
from augury.records.provenance import Machine
from augury.study.provenance import provenance

# From where the command runs, so that what it writes names no folder of the machine.
RESULTS = Path(os.path.relpath(Path(__file__).parent / "results"))
# Whose versions matter here, beside those of a result.
_MORE = ("numba", "triton", "kornia", "albumentations", "keras", "tensorflow", "tensorflow-cpu")
Row = dict[str, Any]  # column: text or number; None where nothing was measured


@dataclass(frozen=True)
class Goal:
    """What was to be reached, what was, and whether that is enough.

    met: None where it was not measured. timed: whether it is one of time, of which the short form
    says nothing.
    """

    goal: str
    found: str
    met: bool | None
    timed: bool = True


@dataclass(frozen=True)
class Bars:
    """A chart: bars by group and label, and perhaps a line at a goal; what: with the unit."""

    what: str
    groups: dict[str, dict[str, float]]
    goal: float | None = None
    logarithmic: bool = False


@dataclass(frozen=True)
class Outcome:
    """All that a benchmark has to say. notes: lines, for instance which peer is missing."""

    letter: str
    title: str
    rows: Sequence[Row]
    goals: Sequence[Goal]
    bars: Bars | None = None
    notes: Sequence[str] = ()


def parser(description: str) -> argparse.ArgumentParser:
    """The options of every benchmark here."""
    options = argparse.ArgumentParser(description=description.splitlines()[0])
    usual = "cuda" if torch.cuda.is_available() else "cpu"
    options.add_argument("--device", default=usual, help=f"default: {usual}")
    options.add_argument("--short", action="store_true", help="try everything, measure nothing")
    options.add_argument(
        "--seconds", type=float, default=float("inf"), help="begin no new row after so many"
    )
    options.add_argument(
        "--out", type=Path, help="a JSON file; a folder means the file of this machine in it"
    )
    return options


def out_of_time(given: argparse.Namespace) -> bool:
    """Whether `--seconds` have passed since the program began to measure."""
    given.began = getattr(given, "began", time.monotonic())
    return bool(time.monotonic() - given.began > given.seconds)


def tell(outcome: Outcome, given: argparse.Namespace) -> None:
    """Print `outcome`; with --out also put it in the file, where other letters stay."""
    about = to_values(provenance())
    about["versions"] |= {name: v for name in _MORE if (v := _version(name))}
    about["short"] = given.short
    about["arguments"] = {name: str(value) for name, value in vars(given).items()}
    if given.short:
        goals = [replace(goal, met=None) if goal.timed else goal for goal in outcome.goals]
        outcome = replace(outcome, goals=goals)
    section = asdict(outcome) | {"about": about}
    print(text_of(section), flush=True)
    if given.out:
        keep(section, file_of(given.out))


def keep(section: Mapping[str, Any], file: Path) -> None:
    """Put a section in `file`, by its letter."""
    known = json.loads(file.read_text()) if file.exists() else {}
    known[section["letter"]] = section
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


def file_of(out: Path) -> Path:
    """`out`, or the file of this machine in it if it is a folder."""
    return out if out.suffix == ".json" else out / f"{machine_name(provenance().machine)}.json"


def machine_name(machine: Machine) -> str:
    """For a file's name, for instance amd-epyc-2-cores or nvidia-h100-80gb-hbm3."""
    words = machine.gpu or f"{machine.processor} {machine.cores} cores"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def text_of(section: Mapping[str, Any], heading: str = "##") -> str:
    """A section as Markdown: title, table, goals, notes, machine and versions."""
    about = section["about"]
    machine, versions = about["machine"], about["versions"]
    where = machine["gpu"] or machine["processor"]
    parts = [f"{heading} {section['letter']}. {section['title']}", ""]
    if about["short"]:
        parts += ["**Short form: every part runs, and the figures mean nothing.**", ""]
    parts += [*table(section["rows"]), ""]
    for goal in section["goals"]:
        met = {True: "yes", False: "no", None: "not measured"}[goal["met"]]
        parts.append(f"- goal: {goal['goal']}; found: {goal['found']}; goal met: {met}")
    parts += [f"- {note}" for note in section["notes"]]
    parts.append(
        f"- {where}, {machine['cores']} cores, {about['created'][:10]}, commit "
        f"{about['git_commit']}, " + ", ".join(f"{name} {v}" for name, v in versions.items())
    )
    return "\n".join(parts) + "\n"


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of Markdown; a column for each key that a row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_shown(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(columns)]
    lines = [columns, ["-" * width for width in widths], *cells]
    padded = [
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    ]
    return ["| " + " | ".join(line) + " |" for line in padded]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
