"""`run`: make or continue one study for each place, within a time."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.atlas.deadline import UntilDeadline
from benchmarks.atlas.places import BASELINE, MIN_DIFFERENCE, NETWORK, SEEDS, Place, arms_at

from augury import Study
from augury.errors import AuguryError, DiskError
from augury.inside import is_there
from augury.records.plan import plan_of
from augury.records.verdicts import read_verdicts
from augury.study.cell_states import pending_cells
from augury.study.engines import LOCAL, Engine
from augury.study.store import StudyFolder

MAX_SEEDS = 24
"""Of an arm in a race."""


@dataclass(frozen=True)
class Options:
    """What may differ between two runs of the atlas.

    out: the folder of all studies; arms: empty for all; seeds: of a fixed design; race: whether
    seeds are added where they are needed instead; changes: other arguments of `augury.Study`, for
    instance a shorter recipe to try everything; engine: what runs the cells.
    """

    out: Path
    folder: Path | None = None
    data: Path | None = None
    arms: tuple[str, ...] = ()
    seeds: int = SEEDS
    race: bool = False
    device: str = "auto"
    precision: str = "float32"
    quiet: bool = False
    changes: tuple[tuple[str, Any], ...] = ()
    engine: Engine = LOCAL


def study_folder(place: Place, out: Path) -> Path:
    """The folder of a place's study."""
    return out / place.name


def make_study(place: Place, options: Options) -> Study:
    """The study of a place; nothing is written before it runs.

    Memory layout and precision are named, so that every machine of a kind finds the same bits.
    Where an arm cuts its view from larger photographs, all are stored at 8/7 of the size that
    networks see, if they are that large; the other arms see their centers.
    """
    seeds: dict[str, Any] = {"max_seeds": MAX_SEEDS} if options.race else {"seeds": options.seeds}
    settings: dict[str, Any] = {
        "dataset": str(options.folder) if place.source.is_folder else place.dataset,
        "models": NETWORK,
        "augment": list(options.arms or arms_at(place)),
        "baseline": BASELINE,
        "min_difference": MIN_DIFFERENCE,
        "corruptions": 0,
        "image_size": place.source.image_size,
        "device": options.device,
        "precision": options.precision,
        "layout": "channels_last",
        "validation": 0,
        "name": f"atlas-{place.name}",
        "path": study_folder(place, options.out),
        "data_dir": options.data,
        **seeds,
        **place.recipe,
        **dict(options.changes),
    }
    return Study(**settings)


def run_places(places: Sequence[Place], options: Options, minutes: float = math.inf) -> int:
    """Run what is not done, place after place, then print what is missing at each.

    minutes: for all together. No run begins that would end later; the same call goes on from there.
    Returns 0, or 1 where a place could not be run or has failed runs.
    """
    deadline = time.monotonic() + 60 * minutes
    failures: dict[str, str] = {}
    for place in places:
        if time.monotonic() >= deadline:
            break
        try:
            run_place(place, options, deadline)
        except DiskError:
            raise
        except AuguryError as error:
            failures[place.name] = str(error)
    for place in places:
        print(f"{place.name}: {failures.get(place.name) or missing(place, options)}", flush=True)
    return 1 if failures else 0


def run_place(place: Place, options: Options, deadline: float) -> None:
    """Run one place until it is done, or until the deadline, by `time.monotonic`."""
    left = deadline - time.monotonic()
    study = make_study(place, options)
    limit = f"{max(1, round(left))}s" if options.race and math.isfinite(left) else None
    study.run(engine=UntilDeadline(deadline, options.engine), time=limit, quiet=options.quiet)


def missing(place: Place, options: Options) -> str:
    """What a place's study still lacks, in one line."""
    path = study_folder(place, options.out)
    if not is_there(path / "plan.json"):
        return "not begun"
    plan, folder = plan_of(path), StudyFolder(path)
    pending = pending_cells(plan, folder)
    if pending:
        seeds = sorted({cell.seed for cell in pending})
        span = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
        return f"{len(pending)} of {len(plan.cells)} runs are missing, of {span}"
    if plan.rule.design == "race":
        return _undecided(path)
    planned = {cell.augmentation for cell in plan.cells}
    lacking = [arm for arm in options.arms or arms_at(place) if arm not in planned]
    if lacking:
        return f"arms are missing: {', '.join(lacking)}"
    return f"complete, {len(plan.cells)} runs"


def _undecided(path: Path) -> str:
    verdicts = read_verdicts(path / "verdicts.json")
    compared = verdicts.comparisons if verdicts else ()
    undecided = [one for one in compared if not one.decided]
    return f"{len(undecided)} of {len(compared)} arms are not decided"
