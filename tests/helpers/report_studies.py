"""Finished studies for the report: several data sets, networks and arms, plausible numbers.

Nothing is trained or judged: the verdicts and the evidence are made up, so that a test of the
report depends on no other part.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from augury.records.cell import Cell
from augury.records.epochs import Epoch, write_epochs
from augury.records.evidence import write_evidence
from augury.records.failure import Failure, write_failure
from augury.records.json_file import write_json
from augury.records.plan import Plan, PlannedDataset, PlannedSpeed, write_plan
from augury.records.provenance import Machine, Provenance
from augury.records.recipe import Recipe
from augury.records.result import RunSpeed, Score, TestScore
from augury.records.set_aside import SetAside
from augury.records.verdicts import write_verdicts
from augury.schema import read_as
from augury.seal import SEAL
from augury.study import StudyFolder
from augury.study.store import RunFolder
from helpers.report_evidence import made_up_evidence
from helpers.report_verdicts import RULE, made_up_verdicts
from helpers.results import Arrays, make_result, store_run

EFFECTS = {
    "none": 0.0,
    "normal": -0.001,
    "random-erasing": 0.012,
    "salience": -0.018,
    "flip": 0.001,
    "random-erasing+flip": 0.013,
}
COST = {
    "none": 0.0,
    "normal": 0.03,
    "random-erasing": 0.05,
    "salience": 0.9,
    "flip": 0.001,
    "random-erasing+flip": 0.051,
}
SETTINGS = {
    "epochs": 12,
    "batch_size": 100,
    "learning_rate": 0.01,
    "optimizer": "adamw",
    "schedule": "one-cycle",
    "pretrained": False,
    "validation_fraction": 0.3,
}
FINGERPRINT = "9f2c" * 16
ODD_CLASSES = ("<b>", "a & b", '"quoted"', *map(str, range(3, 10)))
SPEED = PlannedSpeed(
    "channels_last", "float32", {"contiguous float32": 14.25, "channels_last float32": 12.5}
)
MACHINE = Machine(platform="Linux", processor="x86-64", cores=2, memory_gb=7.6)

Key = tuple[str, str, str, int]  # data set, model, augmentation, seed


def write_study(
    folder: Path,
    datasets: Sequence[str] = ("digits",),
    models: Sequence[str] = ("small",),
    arms: Sequence[str] = ("none", "normal", "random-erasing", "salience"),
    seeds: int = 6,
    epochs: int = 12,
    classes: Sequence[str] = tuple("0123456789"),
    failed: Sequence[Key] = (),
    missing: Sequence[Key] = (),
) -> Path:
    """Write a study with `arms[0]` as its baseline; `failed` and `missing` name cells of it."""
    cells = [
        planned_cell(dataset, model, arm, seed, epochs)
        for dataset in datasets
        for model in models
        for arm in arms
        for seed in range(seeds)
    ]
    plan = _plan(folder.name, arms[0], cells, datasets, models, classes)
    write_plan(folder / "plan.json", plan)
    for cell in cells:
        key = (cell.dataset, cell.model, cell.augmentation, cell.seed)
        run = RunFolder(folder / "runs" / cell.name)
        if key in failed:
            error = "the loss is not finite in epoch 2 at step 17"
            write_failure(run.error, Failure(cell.name, error, epoch=1, step=17))
            write_epochs(run.epochs, _epochs(cell, 1))
        elif key not in missing:
            _write_run(run, cell, plan)
    write_verdicts(folder / "verdicts.json", made_up_verdicts(plan, StudyFolder(folder)))
    write_evidence(folder / "evidence.json", made_up_evidence(plan, StudyFolder(folder), COST))
    return folder


def planned_cell(dataset: str, model: str, arm: str, seed: int, epochs: int = 12) -> Cell:
    """A cell of such a study."""
    return Cell(
        dataset=dataset,
        fingerprint=FINGERPRINT,
        model=model,
        augmentation=arm,
        seed=seed,
        recipe=Recipe(epochs=epochs, optimizer="adamw", lr=0.01),
        parameters={"random-erasing": {"probability": 0.5}} if arm == "random-erasing" else {},
    )


def run_folder(folder: Path, dataset: str, model: str, arm: str, seed: int) -> Path:
    """The folder of a run of such a study, for any number of epochs."""
    (found,) = (folder / "runs").glob(f"{dataset}.{model}.{arm}.s{seed}.*")
    return found


def _plan(
    name: str,
    baseline: str,
    cells: list[Cell],
    datasets: Sequence[str],
    models: Sequence[str],
    classes: Sequence[str],
) -> Plan:
    return Plan(
        name=name,
        baseline=baseline,
        rule=RULE,
        corruptions=200,
        settings=SETTINGS,
        datasets={dataset: _dataset(dataset, classes) for dataset in datasets},
        cells=tuple(cells),
        speed={f"{model} on {dataset}": SPEED for dataset in datasets for model in models},
        threads=1,
        device="cpu",
        provenance=Provenance(
            command=f"augury study --dataset {' '.join(datasets)} --seeds 6",
            created="2026-11-23T12:00:00+00:00",
            versions={"augury": "0.1.0", "python": "3.13.1", "torch": "2.15.0"},
            machine=MACHINE,
            git_commit="0123456789abcdef0123456789abcdef01234567",
        ),
    )


def _dataset(name: str, classes: Sequence[str]) -> PlannedDataset:
    return PlannedDataset(
        location=name,
        fingerprint=FINGERPRINT,
        source=f"{name} (scikit-learn)",
        classes=tuple(classes),
        channels=1 if name == "digits" else 3,
        image_size=8,
        train=1437,
        own_validation=False,
        test=360,
        notes=("no test part: 20 % held out with seed 0",),
        set_aside=(SetAside("3/broken <1>.png", "not an image"),),
    )


def _generator(cell: Cell) -> np.random.Generator:
    return np.random.default_rng([cell.seed, *cell.name.encode()])


def _pair_noise(cell: Cell) -> float:
    """By how much the seed changes the accuracy of every arm alike."""
    pair = f"{cell.dataset}.{cell.model}.{cell.seed}"
    return 0.004 * float(np.random.default_rng(list(pair.encode())).normal())


def _write_run(run: RunFolder, cell: Cell, plan: Plan) -> None:
    arm, rng, dataset = cell.augmentation, _generator(cell), plan.datasets[cell.dataset]
    confusion = _confusion(rng, 0.955 + EFFECTS[arm] + _pair_noise(cell), len(dataset.classes))
    accuracy = float(np.trace(confusion) / confusion.sum())
    step = 0.012 * (1 + COST[arm]) * (1 + 0.02 * float(rng.random()))
    result = make_result(
        cell,
        train=Score(loss=0.05, accuracy=round(accuracy + 0.02, 6)),
        validation=Score(loss=0.16, accuracy=round(accuracy - 0.004, 6)),
        test=TestScore(
            loss=4 * (1 - accuracy),
            accuracy=accuracy,
            per_class=tuple((np.diag(confusion) / confusion.sum(1)).tolist()),
            confusion=tuple(map(tuple, confusion.tolist())),
        ),
        seconds=3.5 + cell.seed,
        step_seconds=step,
        augment_seconds=step * COST[arm] / (1 + COST[arm]),
        speed=RunSpeed("channels_last", "float32", threads=1, device="cpu"),
        teacher="the network in training" if arm == "salience" else None,
        provenance=plan.provenance,
    )
    examples = _examples(cell, dataset.channels, len(dataset.classes))
    store_run(run, result, _epochs(cell, cell.recipe.epochs), examples=examples)


def _confusion(rng: np.random.Generator, accuracy: float, k: int) -> NDArray[np.int64]:
    """(K, K) counts of 200 test images a class; neighboring classes are confused most."""
    shares = np.full((k, k), (1 - accuracy) / (2 * k))
    for true in range(k):
        shares[true, (3 * true + 1) % k] += (1 - accuracy) / 2
        shares[true, true] += accuracy - (shares[true].sum() - (1 - accuracy))
    return np.stack([rng.multinomial(200, row / row.sum()) for row in shares])


def _epochs(cell: Cell, epochs: int) -> list[Epoch]:
    rng, noise = _generator(cell), _pair_noise(cell)
    found = []
    for epoch in range(epochs):
        learned = 0.6 * float(np.exp(-0.5 * (epoch + 1)))
        reached = 0.955 + EFFECTS[cell.augmentation] + noise - learned
        found.append(
            Epoch(
                epoch=epoch,
                loss=3.2 * (1.01 - reached) + 0.02 * rng.random(),
                accuracy=reached - 0.01 * rng.random(),
                validation_loss=3.6 * (1.01 - reached) + 0.05 * rng.random(),
                validation_accuracy=reached - 0.03 * rng.random(),
                learning_rate=0.01,
                seconds=0.3,
                step_seconds=0.012,
                augment_seconds=0.001,
            )
        )
    return found


def _examples(cell: Cell, channels: int, classes: int) -> Arrays:
    digits = load_digits()
    ids = np.array([14, 159, 265, 358, 979])
    images = np.round(digits.images[ids] * 255 / 16).astype(np.uint8)[:, None]
    originals = np.repeat(images, channels, axis=1)
    if channels == 3:
        originals = (originals * np.array([1.0, 0.8, 0.5])[:, None, None]).astype(np.uint8)
    augmented, maps = _augment(cell.augmentation, originals, _generator(cell))
    arrays = {
        "epoch": np.array(cell.recipe.epochs - 1),
        "ids": ids,
        "labels": digits.target[ids].astype(np.int64),
        "originals": originals,
        "augmented": augmented,
        "targets": np.eye(classes)[digits.target[ids]],
    }
    return arrays if maps is None else {**arrays, "maps": maps}


def _augment(
    arm: str, images: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """What `arm` makes of `images` (N, C, H, W), and the maps (N, H, W) that it used."""
    if arm == "normal":
        return images[..., ::-1].copy(), None
    if arm == "random-erasing":
        erased = images.copy()
        erased[1:, :, 2:6, 1:5] = rng.integers(0, 256, erased[1:, :, 2:6, 1:5].shape)
        return erased, None
    if arm == "salience":
        slope = np.abs(np.gradient(images.mean(1), axis=2))
        maps = (255 * slope / slope.max((1, 2), keepdims=True)).astype(np.uint8)
        return (images // 2 + maps[:, None] // 2).astype(np.uint8), maps
    return images, None


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Apply `change` to the content of a JSON file, and make its checksum right again."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    write_json(path, content)


def edit_unsealed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Apply `change` to a JSON file, and leave it without a checksum.

    Earlier versions wrote their files like that, and NaN in them.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    content.pop(SEAL, None)
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def renamed(folder: Path, names: dict[str, str]) -> None:
    """Give data sets, networks and arms of a study other names, its runs' folders too."""

    def change(file: Path, names: dict[str, str]) -> None:
        text = file.read_text(encoding="utf-8")
        for old, new in names.items():
            text = text.replace(json.dumps(old), json.dumps(new))
        write_json(file, json.loads(text))

    files = [folder / name for name in ("plan.json", "evidence.json", "verdicts.json")]
    for file in (*files, *folder.glob("runs/*/*.json")):
        change(file, names)
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    for pair in list(plan["speed"]):
        new_pair = " on ".join(names.get(name, name) for name in pair.split(" on "))
        plan["speed"][new_pair] = plan["speed"].pop(pair)
    for cell in plan["cells"]:
        old = cell.pop("name")
        cell["name"] = read_as(Cell, cell, "cell").name
        run = folder / "runs" / old
        for file in run.glob("*.json"):
            change(file, {old: cell["name"]})
        if run.exists():
            run.rename(run.with_name(cell["name"]))
    write_json(folder / "plan.json", plan)
