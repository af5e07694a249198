"""Real runs of one arm: the pool that A/A studies are cut and drawn from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InputError
from augury.records.json_file import read_json
from augury.study import Plan, StudyFolder, open_study, read_plan, read_settings, run_study
from augury.study.engines import Local
from augury.study.engines.events import CellDone, CellFailed, Event

# Short runs on few images: the spread from run to run is wide, and a study needs many runs.
SETTINGS = {
    "name": "aa",
    "datasets": ["fashion-mnist"],
    "models": ["small"],
    "augmentations": ["flip"],
    "seeds": 240,
    "corruptions": 0,
    "recipe": {
        "epochs": 4,
        "batch_size": 50,
        "validation": 0.1,
        "train_limit": 500,
        "test_limit": 1000,
    },
}


@dataclass(frozen=True, eq=False)
class Pool:
    """correct: (R, N) bool, run by test image, in the order of seeds; about: for people."""

    correct: NDArray[np.bool_]
    about: dict[str, Any]


def run_all(path: Path, workers: int) -> None:
    """Train what `path` does not hold yet. Raises InputError where a run fails."""
    plan = open_study(read_settings(None, None, SETTINGS), path, engine=Local(workers))
    ended = 0

    def tell(event: Event) -> None:
        nonlocal ended
        if isinstance(event, CellDone | CellFailed):
            ended += 1
            print(f"{ended} more of {len(plan.cells)}: {event}", flush=True)

    found = run_study(plan, path, engine=Local(workers), on_event=tell)
    if found.done < found.cells:
        raise InputError(f"{path}: {found.cells - found.done} of {found.cells} runs failed")


def read_pool(path: Path) -> Pool:
    """What the runs in `path` predicted. Raises InputError where one is missing or odd."""
    folder = StudyFolder(path)
    plan = read_plan(folder.plan_file)
    results, ids, correct = [], [], []
    for cell in sorted(plan.cells, key=lambda cell: cell.seed):
        run = folder.run(cell)
        results.append(read_json(run.result))
        with np.load(run.predictions) as stored:
            order = np.argsort(stored["test_ids"])
            ids.append(stored["test_ids"][order])
            right = stored["test_logits"].argmax(axis=1) == stored["test_labels"]
            correct.append(right[order])
    pool = np.stack(correct)
    if not all(np.array_equal(some, ids[0]) for some in ids):
        raise InputError(f"{path}: the runs were tested on different images")
    if not np.allclose(pool.mean(axis=1), [r["test"]["accuracy"] for r in results], atol=1e-9):
        raise InputError(f"{path}: predictions and accuracies disagree")
    if len(np.unique(np.packbits(pool, axis=1), axis=0)) < len(pool):
        raise InputError(f"{path}: two runs predicted the same, as if they shared a seed")
    return Pool(pool, _about(plan, results, pool))


def _about(plan: Plan, results: list[dict[str, Any]], pool: NDArray[np.bool_]) -> dict[str, Any]:
    cell = plan.cells[0]
    data, speed = plan.datasets[cell.dataset], plan.speed_of(cell)
    accuracy = 100 * pool.mean(axis=1)
    return {
        "dataset": cell.dataset,
        "source": data.source,
        "fingerprint": cell.fingerprint,
        "model": cell.model,
        "arm": cell.augmentation,
        "recipe": cell.to_json()["recipe"],
        "speed": f"{speed.layout} {speed.precision}",
        "threads": plan.threads,
        "device": plan.device,
        "runs": len(pool),
        "test_images": pool.shape[1],
        "accuracy_mean": float(accuracy.mean()),
        "accuracy_deviation": float(accuracy.std(ddof=1)),
        "accuracy_lowest": float(accuracy.min()),
        "accuracy_highest": float(accuracy.max()),
        "images_right_in_every_run": int(pool.all(axis=0).sum()),
        "images_wrong_in_every_run": int((~pool.any(axis=0)).sum()),
        "median_seconds_a_run": float(np.median([r["seconds"] for r in results])),
    }
