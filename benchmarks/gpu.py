"""All that needs a GPU, in seven minutes: `benchmarks/gpu.sh` runs this."""

import os
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from benchmarks.outcome import RESULTS
from benchmarks.parts import ROOT, Part, parser, run_parts

SECONDS = 415  # for all parts, which leaves some of seven minutes for the start

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
WANTED = ("numba", "triton", "kornia", "pytest", "hypothesis")


def main() -> int:
    out = Path(os.environ.get("OUT") or RESULTS)
    given = parser(__doc__ or "", PARTS, "cuda", out)
    absent = [name for name in WANTED if find_spec(name) is None]
    if absent:
        print(f"not installed here, so done without: {', '.join(absent)}")
    given.parts = [
        part if part.letter else replace(part, options=test_words(given.short))
        for part in given.parts
    ]
    return 0 if run_parts(given, SECONDS) else 1


def test_words(short: bool) -> tuple[str, ...]:
    """Of pytest: only the files with tests for a GPU are read; in the short form none runs."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    chosen = [str(file.relative_to(ROOT)) for file in files if "mark.gpu" in file.read_text()]
    words = ("-q", "-m", "gpu", "-p", "no:cacheprovider", "--continue-on-collection-errors")
    return (*words, "--collect-only", chosen[0]) if short else (*words, *chosen)


if __name__ == "__main__":
    sys.exit(main())
