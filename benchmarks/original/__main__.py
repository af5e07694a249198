"""Studies of the preset `original` beside the report that this product began with.

    python -m benchmarks.original STUDY [STUDY ...] [--pictures FOLDER]

Reads finished studies, joins them and prints Markdown: accuracies beside the report's, how often
both order two cases alike, how often one seed would have ordered them otherwise, when the learning
rate was lowered, the verdicts, and where all of it comes from. Nothing is trained or judged.
`--pictures` also draws what the report showed: images, erased and salient ones, learning curves.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.original.orders import agreement, single_seeds
from benchmarks.original.pictures import draw_pictures
from benchmarks.original.reading import BASELINE, CASES, Joined, read_study
from benchmarks.original.tables import accuracies, plateaus, provenance, verdicts

from augury.errors import AuguryError, InputError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.original", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("studies", nargs="+", type=Path, help="folders of finished studies")
    parser.add_argument("--pictures", type=Path, help="also draw its pictures, into this folder")
    given = parser.parse_args(arguments)
    try:
        joined = join(given.studies)
        print(report(joined))
        if given.pictures:
            draw_pictures(joined, given.pictures)
    except AuguryError as error:
        print(f"original: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def join(folders: Sequence[Path]) -> Joined:
    """The finished studies in these folders; InputError where a folder is none."""
    joined = Joined([read_study(folder) for folder in folders])
    if not joined.runs:
        raise InputError(f"no finished runs of {', '.join(CASES)} in the studies named")
    return joined


def report(joined: Joined) -> str:
    """All tables as Markdown."""
    parts = [
        ("Accuracies", accuracies(joined)),
        ("Orders as in the report", agreement(joined)),
        ("Single seeds", single_seeds(joined)),
        ("Plateaus", plateaus(joined)),
        (f"Verdicts against `{BASELINE}`", verdicts(joined)),
        ("Where this comes from", provenance(joined)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)


if __name__ == "__main__":
    sys.exit(main())
