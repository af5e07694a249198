"""All benchmarks that need no GPU, within fifteen minutes on two cores: `make bench` runs this.

    python -m benchmarks.processor [--only augment,step] [--short]

Prints all tables at the end, and writes `benchmarks/results/`, the charts of
`docs/explanation/performance/` and the tables of `performance.md` beside them.
"""

import sys
from pathlib import Path

from benchmarks.charts import FOLDER, draw_all
from benchmarks.document import write_document
from benchmarks.outcome import RESULTS, file_of
from benchmarks.parts import Part, parser, run_parts

SECONDS = 870  # for all parts, which leaves some of fifteen minutes for the start

PARTS = (
    Part("augment", "benchmarks.augment_processor", 360, "C", ("--seconds", "270")),
    Part("step", "benchmarks.training_step", 60, "A"),
    Part("start", "benchmarks.start_up", 150, "D"),
    Part("digits", "benchmarks.digits_study", 240, "E"),
    Part("networks", "benchmarks.networks", 240, "F"),
)


def main() -> int:
    given = parser(__doc__ or "", PARTS, "cpu", RESULTS)
    well = run_parts(given, SECONDS)
    file = file_of(given.out)
    if file.exists():
        folder = given.out if given.short else FOLDER
        drawn = draw_all(file, Path(folder))
        if not given.short:
            write_document()
        print(f"\n{file}\n" + "\n".join(map(str, drawn)))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
