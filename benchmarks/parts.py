"""Benchmarks one after another, each within its time, and a table at the end."""

import argparse
import json
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.outcome import file_of, table, text_of

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Part:
    """seconds: after which it is stopped; letter: of its section in the results, if it has one."""

    name: str
    module: str
    seconds: float
    letter: str = ""
    options: tuple[str, ...] = ()


def parser(description: str, parts: Sequence[Part], device: str, out: Path) -> argparse.Namespace:
    """The options of a program that runs `parts`; device, out: where nothing else is said."""
    options = argparse.ArgumentParser(description=description.splitlines()[0])
    options.add_argument("--device", default=device)
    options.add_argument("--short", action="store_true", help="try everything, measure nothing")
    options.add_argument("--only", help=f"by commas: {', '.join(part.name for part in parts)}")
    options.add_argument("--out", type=Path, help=f"default: {out}; of the short form, none")
    given = options.parse_args()
    given.out = given.out or (Path(tempfile.mkdtemp()) if given.short else out)
    asked = given.only.split(",") if given.only else [part.name for part in parts]
    given.parts = [part for part in parts if part.name in asked]
    return given


def run_parts(given: argparse.Namespace, seconds: float) -> bool:
    """Run `given.parts` within `seconds`, then print what they found; whether all ended well.

    Each is a process of its own, so that one that breaks the device or hangs costs no other. In the
    short form they share this process, which imports PyTorch once.
    """
    until, rows = time.monotonic() + seconds, []
    for part in given.parts:
        began = time.monotonic()
        print(f"\n# {part.name}\n", flush=True)
        ended = run_part(part, given, until)
        rows.append(
            {"part": part.name, "seconds": round(time.monotonic() - began, 1), "ended": ended}
        )
    print_sections(file_of(given.out), [part.letter for part in given.parts])
    print("\n## All parts\n")
    print("\n".join(table(rows)), flush=True)
    return all(row["ended"] == "well" for row in rows)


def run_part(part: Part, given: argparse.Namespace, until: float) -> str:
    """How it ended: "well", or what went wrong."""
    if find_spec(part.module) is None:
        return f"not tried: {part.module} is missing"
    seconds = min(part.seconds, until - time.monotonic())
    if seconds <= 0:
        return "not tried: no time was left"
    words = list(part.options)
    if part.letter:
        words += ["--device", given.device, "--out", str(given.out)]
        words += ["--short"] if given.short else []
    if given.short:
        return _in_this_process(part.module, words)
    return _in_another(part.module, words, seconds)


def _in_another(module: str, words: list[str], seconds: float) -> str:
    words = [sys.executable, "-m", module, *words]
    try:
        done = subprocess.run(words, cwd=ROOT, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"stopped after {seconds:.0f} s"
    return "well" if done.returncode == 0 else f"exit code {done.returncode}"


def _in_this_process(module: str, words: list[str]) -> str:
    """As `python -m module WORDS`."""
    before, sys.argv = sys.argv, [module, *words]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        return "well" if not ending.code else f"exit code {ending.code}"
    finally:
        sys.argv = before
    return "well"


def print_sections(file: Path, letters: Sequence[str]) -> None:
    """All tables that `file` has of `letters`, then all goals in one."""
    sections = json.loads(file.read_text()) if file.exists() else {}
    found = [sections[letter] for letter in letters if letter in sections]
    print(f"\n# All of {file}\n")
    print("\n".join(text_of(section) for section in found))
    met = {True: "yes", False: "no", None: "not measured"}
    goals = [
        {
            "part": one["letter"],
            "goal": goal["goal"],
            "found": goal["found"],
            "met": met[goal["met"]],
        }
        for one in found
        for goal in one["goals"]
    ]
    print("## All goals\n")
    print("\n".join(table(goals)))
