"""A plausible study written straight to disk in the study folder's formats; nothing is trained."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from fake_evidence import write_evidence
from scipy import stats
from sklearn.datasets import load_digits

from augury.records.cell import Cell
from augury.records.recipe import Recipe
from augury.schema import read_as

EFFECTS = {"none": 0.0, "normal": -0.001, "random-erasing": 0.012, "salience": -0.018}
COST = {"none": 0.0, "normal": 0.03, "random-erasing": 0.05, "salience": 0.9}
RULE = {
    "min_seeds": 6,
    "alpha": 0.05,
    "min_difference": 0.2,
    "min_probability": 0.75,
    "confidence": 0.95,
    "power": 0.8,
    "replicates": 10_000,
    "seed": 0,
    "looks": [],
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


def write_study(
    folder: Path,
    datasets: Sequence[str] = ("digits",),
    models: Sequence[str] = ("small",),
    arms: Sequence[str] = ("none", "normal", "random-erasing", "salience"),
    seeds: int = 6,
    epochs: int = 12,
    classes: Sequence[str] = tuple("0123456789"),
    failed: Sequence[tuple[str, str, str, int]] = (),
    missing: Sequence[tuple[str, str, str, int]] = (),
) -> Path:
    """Write a study with `arms[0]` as its baseline; `failed` and `missing` name cells of it."""
    cells = [
        planned_cell(dataset, model, arm, seed, epochs).to_json()
        for dataset in datasets
        for model in models
        for arm in arms
        for seed in range(seeds)
    ]
    plan = _plan(folder.name, arms[0], cells, datasets, models, classes)
    _write_json(folder / "plan.json", plan)
    for cell in cells:
        key = (cell["dataset"], cell["model"], cell["augmentation"], cell["seed"])
        run = folder / "runs" / cell["name"]
        if key in failed:
            error = "the loss is not finite in epoch 2 at step 17"
            _write_json(
                run / "error.json", {"cell": cell["name"], "error": error, "epoch": 1, "step": 17}
            )
            _write_epochs(run, cell, 1)
        elif key not in missing:
            _write_run(run, cell, epochs, plan, len(classes))
    _write_json(folder / "verdicts.json", _verdicts(folder, plan))
    write_evidence(folder, plan, COST)
    return folder


def planned_cell(dataset: str, model: str, arm: str, seed: int, epochs: int = 12) -> Cell:
    """A cell of a fake study."""
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
    """The folder of a run of a fake study, whatever its epochs."""
    (found,) = (folder / "runs").glob(f"{dataset}.{model}.{arm}.s{seed}.*")
    return found


def _plan(
    name: str,
    baseline: str,
    cells: list[dict],
    datasets: Sequence[str],
    models: Sequence[str],
    classes: Sequence[str],
) -> dict:
    return {
        "schema": 2,
        "name": name,
        "baseline": baseline,
        "rule": RULE,
        "corruptions": 200,
        "settings": SETTINGS,
        "cells": cells,
        "datasets": {
            dataset: {
                "location": dataset,
                "fingerprint": FINGERPRINT,
                "source": f"{dataset} (scikit-learn)",
                "classes": list(classes),
                "channels": 1 if dataset == "digits" else 3,
                "image_size": 8,
                "train": 1437,
                "own_validation": False,
                "test": 360,
                "notes": ["no test part: 20 % held out with seed 0"],
                "set_aside": [{"path": "3/broken <1>.png", "reason": "not an image"}],
                "leakage": None,
            }
            for dataset in datasets
        },
        "speed": {
            f"{model} on {dataset}": {
                "layout": "channels_last",
                "precision": "float32",
                "milliseconds": {"contiguous float32": 14.25, "channels_last float32": 12.5},
            }
            for dataset in datasets
            for model in models
        },
        "threads": 1,
        "device": "cpu",
        "provenance": {
            "command": f"augury study --dataset {' '.join(datasets)} --seeds 6",
            "created": "2026-11-23T12:00:00+00:00",
            "versions": {"augury": "0.1.0", "python": "3.13.1", "torch": "2.15.0"},
            "machine": {
                "platform": "Linux",
                "processor": "x86-64",
                "cores": 2,
                "memory_gb": 7.6,
                "gpu": None,
            },
            "git_commit": "0123456789abcdef0123456789abcdef01234567",
        },
    }


def _generator(cell: dict) -> np.random.Generator:
    return np.random.default_rng([cell["seed"], *cell["name"].encode()])


def _pair_noise(cell: dict) -> float:
    """What the seed does to every arm alike."""
    pair = f"{cell['dataset']}.{cell['model']}.{cell['seed']}"
    return 0.004 * float(np.random.default_rng(list(pair.encode())).normal())


def _write_run(run: Path, cell: dict, epochs: int, plan: dict, k: int) -> None:
    arm, rng = cell["augmentation"], _generator(cell)
    confusion = _confusion(rng, 0.955 + EFFECTS[arm] + _pair_noise(cell), k)
    accuracy = float(np.trace(confusion) / confusion.sum())
    step = 0.012 * (1 + COST[arm]) * (1 + 0.02 * float(rng.random()))
    _write_epochs(run, cell, epochs)
    dataset = plan["datasets"][cell["dataset"]]
    _write_examples(run, cell, epochs, dataset["channels"], len(dataset["classes"]))
    result = {
        "schema": 1,
        "cell": cell,
        "train": {"loss": 0.05, "accuracy": round(accuracy + 0.02, 6)},
        "validation": {"loss": 0.16, "accuracy": round(accuracy - 0.004, 6)},
        "test": {
            "loss": 4 * (1 - accuracy),
            "accuracy": accuracy,
            "per_class": (np.diag(confusion) / confusion.sum(1)).tolist(),
            "confusion": confusion.tolist(),
        },
        "chosen_epoch": epochs - 1,
        "epochs": epochs,
        "select": "last",
        "seconds": 3.5 + cell["seed"],
        "step_seconds": step,
        "augment_seconds": step * COST[arm] / (1 + COST[arm]),
        "speed": {"layout": "channels_last", "precision": "float32", "threads": 1, "device": "cpu"},
        "teacher": "the network in training" if arm == "salience" else None,
        "parameters_count": 75000,
        "data_fingerprint": FINGERPRINT,
        "provenance": plan["provenance"],
    }
    _write_json(run / "result.json", result)


def _confusion(rng: np.random.Generator, accuracy: float, k: int) -> np.ndarray:
    """(K, K) counts of 200 test images a class; neighboring classes are confused most."""
    shares = np.full((k, k), (1 - accuracy) / (2 * k))
    for true in range(k):
        shares[true, (3 * true + 1) % k] += (1 - accuracy) / 2
        shares[true, true] += accuracy - (shares[true].sum() - (1 - accuracy))
    return np.stack([rng.multinomial(200, row / row.sum()) for row in shares])


def _write_epochs(run: Path, cell: dict, epochs: int) -> None:
    run.mkdir(parents=True, exist_ok=True)
    rng, noise = _generator(cell), _pair_noise(cell)
    lines = []
    for epoch in range(epochs):
        reached = 0.955 + EFFECTS[cell["augmentation"]] + noise - 0.6 * np.exp(-0.5 * (epoch + 1))
        lines.append(
            {
                "epoch": epoch,
                "loss": float(3.2 * (1.01 - reached) + 0.02 * rng.random()),
                "accuracy": float(reached - 0.01 * rng.random()),
                "validation_loss": float(3.6 * (1.01 - reached) + 0.05 * rng.random()),
                "validation_accuracy": float(reached - 0.03 * rng.random()),
                "learning_rate": 0.01,
                "seconds": 0.3,
                "step_seconds": 0.012,
                "augment_seconds": 0.001,
            }
        )
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (run / "epochs.jsonl").write_text(text, encoding="utf-8")


def _write_examples(run: Path, cell: dict, epochs: int, channels: int, classes: int) -> None:
    digits = load_digits()
    ids = np.array([14, 159, 265, 358, 979])
    images = np.round(digits.images[ids] * 255 / 16).astype(np.uint8)[:, None]
    originals = np.repeat(images, channels, axis=1)
    if channels == 3:
        originals = (originals * np.array([1.0, 0.8, 0.5])[:, None, None]).astype(np.uint8)
    augmented, maps = _augment(cell["augmentation"], originals, _generator(cell))
    arrays = {
        "epoch": np.array(epochs - 1),
        "ids": ids,
        "labels": digits.target[ids].astype(np.int64),
        "originals": originals,
        "augmented": augmented,
        "targets": np.eye(classes)[digits.target[ids]],
    }
    np.savez(run / "examples.npz", **arrays, **({"maps": maps} if maps is not None else {}))


def _augment(
    arm: str, images: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
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


def _verdicts(folder: Path, plan: dict) -> dict:
    return {
        "schema": 1,
        "unit": "percentage points of test accuracy",
        "rule": RULE,
        "comparisons": list(_comparisons(folder, plan)),
    }


def _comparisons(folder: Path, plan: dict) -> Iterator[dict]:
    groups: dict[tuple[str, str, str], dict[int, float]] = {}
    for cell in plan["cells"]:
        key = (cell["dataset"], cell["model"], cell["augmentation"])
        path = folder / "runs" / cell["name"] / "result.json"
        if path.exists():
            accuracy = json.loads(path.read_text(encoding="utf-8"))["test"]["accuracy"]
            groups.setdefault(key, {})[cell["seed"]] = 100 * accuracy
    for (dataset, model, arm), found in groups.items():
        base = groups.get((dataset, model, plan["baseline"]), {})
        seeds = sorted(found.keys() & base.keys())
        if arm != plan["baseline"] and seeds:
            pair = np.array([found[s] for s in seeds]), np.array([base[s] for s in seeds])
            head = {"dataset": dataset, "model": model, "augmentation": arm, "seeds": seeds}
            unpaired = sorted(found.keys() ^ base.keys())
            tail = {**_compare(*pair), "unpaired": unpaired}
            yield {**head, "baseline": plan["baseline"], **tail}


def _compare(arm: np.ndarray, base: np.ndarray) -> dict:
    differences = arm - base
    n, mean = len(differences), float(differences.mean())
    known = n > 1
    half = float(stats.sem(differences) * stats.t.ppf(0.975, n - 1)) if known else 0.0
    interval = [mean - half, mean + half] if known else None
    verdict, words = "not shown", "not shown; this study could have seen ≥ 0.88 points"
    if n < RULE["min_seeds"]:
        verdict, words = "cannot say", f"cannot say: {n} paired seeds, the rule needs 6"
    elif abs(mean) > half:
        verdict = "helps" if mean > 0 else "hurts"
        words = f"{verdict} by {abs(mean):.2f} ± {half:.2f} points"
    return {
        "accuracy": float(arm.mean()),
        "baseline_accuracy": float(base.mean()),
        "difference": mean,
        "interval": interval,
        "p": float(stats.ttest_rel(arm, base).pvalue) if known else None,
        "p_unadjusted": float(stats.ttest_rel(arm, base).pvalue) if known else None,
        "p_permutation": 0.03125 if known else None,
        "probability_of_improvement": float(np.mean(differences > 0)),
        "probability_interval": [0.5, 1.0] if known else None,
        "two_way_interval": interval,
        "detectable": 0.871 if known else None,
        "decided": verdict in ("helps", "hurts"),
        "verdict": verdict,
        "words": words,
    }


def edit(path: Path, change: Callable[[dict], object]) -> None:
    """Apply `change` to the content of a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    _write_json(path, content)


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def renamed(folder: Path, names: dict[str, str]) -> None:
    """Give data sets, networks and arms of a fake study other names, its runs' folders too."""

    def change(file: Path, names: dict[str, str]) -> None:
        text = file.read_text(encoding="utf-8")
        for old, new in names.items():
            text = text.replace(json.dumps(old), json.dumps(new))
        file.write_text(text, encoding="utf-8")

    files = [folder / name for name in ("plan.json", "evidence.json", "verdicts.json")]
    for file in (*files, *folder.glob("runs/*/*.json")):
        change(file, names)
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    for pair in list(plan["speed"]):
        told = " on ".join(names.get(name, name) for name in pair.split(" on "))
        plan["speed"][told] = plan["speed"].pop(pair)
    for cell in plan["cells"]:
        old = cell.pop("name")
        cell["name"] = read_as(Cell, cell, "cell").name
        run = folder / "runs" / old
        for file in run.glob("*.json"):
            change(file, {old: cell["name"]})
        if run.exists():
            run.rename(run.with_name(cell["name"]))
    _write_json(folder / "plan.json", plan)
