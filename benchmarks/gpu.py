"""All parts that need a GPU, each within its time, and a table at the end: see gpu.sh.

Each part is a process of its own, so that one that breaks the device or hangs costs no other. In
the short form they share this process, which imports PyTorch once.
"""

import argparse
import json
import os
import runpy
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.outcome import RESULTS, file_of, table

ROOT = Path(__file__).parent.parent
SECONDS = 415  # for all parts, which leaves some of seven minutes for the start


@dataclass(frozen=True)
class Part:
    """seconds: after which it is stopped; letter: of its section in the results."""

    name: str
    module: str
    seconds: int
    letter: str = ""
    options: tuple[str, ...] = ()


# In the order of what matters, since time that one part leaves goes to the next.
PARTS = (
    Part("bits", "benchmarks.same_bits", 80, "S"),
    Part("step", "benchmarks.training_step", 100, "A", ("--seconds", "80")),
    Part("augment", "benchmarks.augment_gpu", 90, "B", ("--seconds", "70")),
    Part("digits", "benchmarks.digits_study", 60, "E"),
    Part("larger", "benchmarks.larger_study", 70, "L"),
    Part("tests", "pytest", 90),
)
# What a part does without, and goes on.
WANTED = ("torch", "torchvision", "timm", "numba", "triton", "kornia", "pytest", "hypothesis")


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--device", default="cuda")
    options.add_argument("--short", action="store_true")
    options.add_argument("--only", help=f"by commas: {', '.join(part.name for part in PARTS)}")
    options.add_argument("--out", type=Path, default=Path(os.environ.get("OUT") or RESULTS))
    given = options.parse_args()
    absent = [name for name in WANTED if find_spec(name) is None]
    if absent:
        print(f"not installed here, so done without: {', '.join(absent)}")
    asked = given.only.split(",") if given.only else [part.name for part in PARTS]
    until = time.monotonic() + SECONDS
    rows = []
    for part in PARTS:
        if part.name in asked:
            began = time.monotonic()
            ended = try_part(part, given, until)
            seconds = round(time.monotonic() - began, 1)
            rows.append({"part": part.name, "seconds": seconds, "ended": ended})
    print("## All parts\n")
    print("\n".join(table(rows)))
    print_goals(file_of(given.out), [part for part in PARTS if part.name in asked])
    return 0 if all(row["ended"] == "well" for row in rows) else 1


def try_part(part: Part, given: argparse.Namespace, until: float) -> str:
    """How it ended: "well", or what went wrong."""
    print(f"\n# {part.name}\n", flush=True)
    if find_spec(part.module.split(".")[0]) is None:
        return f"not tried: {part.module} is missing"
    seconds = min(part.seconds, until - time.monotonic())
    if seconds <= 0:
        return "not tried: no time was left"
    words = test_words(given.short) if part.module == "pytest" else benchmark_words(part, given)
    if given.short:
        return in_this_process(part.module, words)
    try:
        done = subprocess.run(
            [sys.executable, "-m", part.module, *words], cwd=ROOT, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return f"stopped after {seconds:.0f} s"
    return "well" if done.returncode == 0 else f"exit code {done.returncode}"


def in_this_process(module: str, words: list[str]) -> str:
    """As `python -m module WORDS`."""
    before, sys.argv = sys.argv, [module, *words]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        return "well" if not ending.code else f"exit code {ending.code}"
    finally:
        sys.argv = before
    return "well"


def benchmark_words(part: Part, given: argparse.Namespace) -> list[str]:
    words = ["--device", given.device, "--out", str(given.out), *part.options]
    return [*words, "--short"] if given.short else words


def test_words(short: bool) -> list[str]:
    """Of pytest: only the files with tests for a GPU are read; in the short form none runs."""
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if "mark.gpu" in file.read_text()]
    chosen = [str(file.relative_to(ROOT)) for file in sorted(files)]
    words = ["-q", "-m", "gpu", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    return [*words, *(["--collect-only", chosen[0]] if short else chosen)]


def print_goals(file: Path, parts: list[Part]) -> None:
    sections = json.loads(file.read_text()) if file.exists() else {}
    print("\n## All goals\n")
    letters = [part.letter for part in parts if part.letter in sections]
    rows = [{"part": letter, **goal} for letter in letters for goal in sections[letter]["goals"]]
    words = {True: "yes", False: "no", None: "not measured"}
    print("\n".join(table([{**row, "met": words[row["met"]]} for row in rows])))
    print(f"\n{file}")


if __name__ == "__main__":
    sys.exit(main())
