"""`contribute`: a place's study as one contribution."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.atlas.bits import ids_digest, pack
from benchmarks.atlas.contribution import Contribution, Origin, Run, write_contribution
from benchmarks.atlas.places import Place, shown_title
from benchmarks.atlas.running import study_folder

from augury.errors import InputError
from augury.inside import is_there
from augury.records.plan import Plan, plan_of
from augury.study.judging.finished_runs import FinishedRun
from augury.study.judging.pairs import finished
from augury.study.store import StudyFolder


def contribute_places(places: Sequence[Place], out: Path, results: Path) -> list[Path]:
    """Write a file for each place that has runs; InputError where none has."""
    begun = [place for place in places if is_there(study_folder(place, out) / "plan.json")]
    if not begun:
        raise InputError(f"{out}: holds no study of these places; `run` makes them")
    return [write_contribution(contribution_of(place, out), results) for place in begun]


def contribution_of(place: Place, out: Path) -> Contribution:
    """What the study of a place has found so far.

    Raises InputError where a run's files disagree, or where runs were tested on different images.
    """
    path = study_folder(place, out)
    plan = plan_of(path)
    origins: list[Origin] = []
    runs: list[Run] = []
    digests = set()
    for one in finished(plan.cells, StudyFolder(path)):
        if one.problem or one.test is None:
            raise InputError(f"{path}: {one.cell.name}: {one.problem or 'has no predictions'}")
        digests.add(ids_digest(one.test.ids))
        runs.append(_run_of(one, origins))
    if not runs:
        raise InputError(f"{path}: no run is done yet")
    if len(digests) > 1:
        raise InputError(f"{path}: runs were tested on different images")
    (dataset,) = plan.datasets.values()
    return Contribution(
        place=place.name,
        title=shown_title(place.dataset, dataset.source),
        settings=_settings(plan, place, dataset.train),
        rule=plan.rule,
        baseline=plan.baseline,
        data_fingerprint=dataset.fingerprint,
        test_ids=digests.pop(),
        origins=tuple(origins),
        runs=tuple(runs),
    )


def _run_of(one: FinishedRun, origins: list[Origin]) -> Run:
    """A run's row; its origin is added to `origins` where it is a new one."""
    told = one.result.provenance
    origin = Origin(told.machine, told.versions, told.git_commit)
    if origin not in origins:
        origins.append(origin)
    correct = one.test.correct if one.test else None
    if correct is None:
        raise InputError(f"{one.cell.name}: has no predictions")
    return Run(
        arm=one.cell.augmentation,
        seed=one.cell.seed,
        origin=origins.index(origin),
        train_accuracy=one.result.train.accuracy,
        learned=one.result.learned,
        images=len(correct),
        accuracy=float(correct.mean()),
        correct=pack(correct),
    )


def _settings(plan: Plan, place: Place, images: int) -> dict[str, Any]:
    """As the study was run; the folder of photographs is called by the data set's name.

    threads: of each run, on which the bits depend; train_images: that each network was trained on,
    of the `images` that there are.
    """
    limit = plan.settings["recipe"].get("train_limit")
    return {
        **plan.settings,
        "datasets": [place.dataset],
        "threads": plan.threads,
        "train_images": images if limit is None else min(limit, images),
    }
