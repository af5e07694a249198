"""`python -m benchmarks.atlas run|contribute|pages`; see the package."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.atlas.contributing import contribute_places
from benchmarks.atlas.contribution import RESULTS
from benchmarks.atlas.pages import DOCS, write_pages
from benchmarks.atlas.places import PLACES, SEEDS, places_named
from benchmarks.atlas.running import Options, run_places

from augury.errors import AuguryError
from augury.study.engines import LOCAL, Local

OUT = Path("studies/atlas")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; returns the exit code, and tells an error in one line."""
    given = parser().parse_args(arguments)
    try:
        return int(given.do(given))
    except AuguryError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def parser() -> argparse.ArgumentParser:
    """The options of the three commands."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.atlas", description=__doc__)
    commands = options.add_subparsers(required=True, metavar="run|contribute|pages")
    _run_options(commands.add_parser("run", help="train what is not done yet"))
    contribute = commands.add_parser("contribute", help="one checked file for each place")
    _place_options(contribute)
    contribute.add_argument("--results", type=Path, default=RESULTS)
    contribute.set_defaults(do=_contribute)
    pages = commands.add_parser("pages", help="write the pages from these files")
    pages.add_argument("--results", type=Path, default=RESULTS)
    pages.add_argument("--docs", type=Path, default=DOCS)
    pages.set_defaults(do=_pages)
    return options


def _place_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, default=OUT, help=f"the studies; default: {OUT}")
    command.add_argument("--places", help=f"with commas; default: all of {', '.join(PLACES)}")


def _run_options(command: argparse.ArgumentParser) -> None:
    _place_options(command)
    command.add_argument("--folder", type=Path, help="photographs, for clothing")
    command.add_argument("--data", type=Path, help="where data sets are looked for first")
    command.add_argument("--time", type=_minutes, default=math.inf, help="minutes in all")
    command.add_argument("--seeds", type=int, default=SEEDS, help=f"default: {SEEDS}")
    command.add_argument("--race", action="store_true", help="add seeds where they are needed")
    command.add_argument("--arms", help="with commas, besides none; default: all")
    command.add_argument("--device", default="auto")
    command.add_argument("--precision", default="float32", help="or bfloat16")
    command.add_argument("--workers", type=int, help="runs at once")
    command.add_argument("--short", action="store_true", help="try everything, measure nothing")
    command.add_argument("--quiet", action="store_true", help="only say what is missing")
    command.set_defaults(do=_run)


# Of the short form: what takes the least time, and still runs every arm.
SHORT = (("epochs", 1), ("train_limit", 40), ("test_limit", 40), ("batch_size", 20))


def _run(given: argparse.Namespace) -> int:
    arms = tuple(given.arms.split(",")) if given.arms else ()
    options = Options(
        out=given.out,
        folder=given.folder,
        data=given.data,
        arms=("none", *(arm for arm in arms if arm != "none")) if arms else (),
        seeds=given.seeds,
        race=given.race,
        device=given.device,
        precision=given.precision,
        quiet=given.quiet,
        changes=SHORT if given.short else (),
        engine=Local(given.workers) if given.workers else LOCAL,
    )
    return run_places(places_named(_names(given), given.folder), options, given.time)


def _contribute(given: argparse.Namespace) -> int:
    # Photographs need no folder here: what was run is in the study.
    places = places_named(_names(given), Path())
    for path in contribute_places(places, given.out, given.results):
        print(path)
    return 0


def _pages(given: argparse.Namespace) -> int:
    for path in write_pages(given.results, given.docs):
        print(path)
    return 0


def _names(given: argparse.Namespace) -> list[str] | None:
    return given.places.split(",") if given.places else None


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be minutes, got {text!r:.80}") from error
    if not minutes > 0:
        raise argparse.ArgumentTypeError(f"must be over 0 minutes, got {text}")
    return minutes


if __name__ == "__main__":
    sys.exit(main())
