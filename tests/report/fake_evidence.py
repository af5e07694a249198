"""A plausible evidence.json for a study of `fake_study`, in the study folder's format."""

import json
from pathlib import Path

import numpy as np

CORRUPTIONS = ("gaussian-noise", "defocus-blur", "fog", "jpeg")
IMAGES = 200
# What each measure is without an effect, and how much it spreads; what comes after the temperature
# has the same name with "_scaled".
MEASURES = {
    "nll": (0.31, 0.02),
    "brier": (0.11, 0.01),
    "calibration_error": (0.03, 0.004),
    "temperature": (1.4, 0.1),
    "nll_scaled": (0.27, 0.02),
    "brier_scaled": (0.105, 0.01),
    "calibration_error_scaled": (0.02, 0.004),
    "corrupted_accuracy": (71.0, 2.0),
}


def write_evidence(folder: Path, plan: dict, costs: dict[str, float]) -> None:
    """Write evidence.json for the runs that are there; costs: by augmentation, 0 for none."""
    keys = dict.fromkeys((c["dataset"], c["model"], c["augmentation"]) for c in plan["cells"])
    evidence = {
        "schema": 1,
        "baseline": plan["baseline"],
        "arms": [_arm(folder, plan, key, costs) for key in keys],
        "overall": _overall(folder, plan),
    }
    (folder / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")


def _runs(folder: Path, plan: dict, key: tuple[str, str, str], file: str) -> dict[int, Path]:
    """The folders of the runs that have `file`, by seed."""
    return {
        cell["seed"]: path.parent
        for cell in plan["cells"]
        if (cell["dataset"], cell["model"], cell["augmentation"]) == key
        and (path := folder / "runs" / cell["name"] / file).exists()
    }


def _arm(folder: Path, plan: dict, key: tuple[str, str, str], costs: dict[str, float]) -> dict:
    done = _runs(folder, plan, key, "result.json")
    planned = [c for c in plan["cells"] if (c["dataset"], c["model"], c["augmentation"]) == key]
    rng = np.random.default_rng(list("/".join(key).encode()))
    base = key[2] == plan["baseline"]
    epochs = planned[0]["recipe"]["epochs"]
    cost = 1 + costs[key[2]]
    return {
        **dict(zip(("dataset", "model", "augmentation"), key, strict=True)),
        "runs": {
            "planned": len(planned),
            "done": len(done),
            "failed": len(_runs(folder, plan, key, "error.json")),
        },
        "budget": {
            "epochs": epochs,
            "steps": 11 * epochs,
            "step_seconds": 0.012 * cost,
            "seconds": 61.5 * cost,
            "cost": cost,
        }
        if done
        else None,
        "optimism": 0.3 * rng.random() if done else None,
        "measures": {
            name: _measured(rng, mean, spread, base, len(done))
            for name, (mean, spread) in MEASURES.items()
        }
        if done
        else {},
        "corruptions": _corruptions(rng, len(done)) if done else None,
        "equal_time": {
            "epochs": max(1, int(epochs / cost)),
            "of": epochs,
            **_measured(rng, 95.0 - 5 * costs[key[2]], 0.5, base, len(done)),
        }
        if done
        else None,
    }


def _measured(rng: np.random.Generator, mean: float, spread: float, base: bool, seeds: int) -> dict:
    difference, half = (0.0, 0.0) if base else (spread * rng.normal(), spread * rng.random())
    known = not base and seeds > 1
    return {
        "mean": mean + difference,
        "difference": difference,
        "interval": [difference - half, difference + half] if known else None,
    }


def _corruptions(rng: np.random.Generator, runs: int) -> dict:
    clean = 94 + rng.normal()
    falls = {name: rng.uniform(1, 9) for name in CORRUPTIONS}
    return {
        "images": IMAGES,
        "runs": runs,
        "clean": clean,
        "accuracy": {
            name: [clean - fall * severity for severity in range(1, 6)]
            for name, fall in falls.items()
        },
    }


def _overall(folder: Path, plan: dict) -> dict | None:
    arms = list(dict.fromkeys(c["augmentation"] for c in plan["cells"]))
    problems = list(dict.fromkeys((c["dataset"], c["model"]) for c in plan["cells"]))
    found = [set(_runs(folder, plan, (*p, arm), "result.json")) for p in problems for arm in arms]
    if len(problems) < 2 or not all(found):
        return None
    rng = np.random.default_rng(7)
    means = 90 + rng.random(len(arms))
    return {
        "arms": arms,
        "problems": [list(problem) for problem in problems],
        "seeds": sorted(set.intersection(*found)),
        "ranks": {
            "mean_ranks": (1 + rng.permutation(len(arms))).astype(float).tolist(),
            "statistic": 5.4,
            "p": 0.1447,
            "iman_davenport_p": 0.0312,
            "critical_difference": 3.3166,
        },
        "interquartile_means": [
            {"mean": float(mean), "interval": [float(mean) - 0.4, float(mean) + 0.3]}
            for mean in means
        ],
    }
