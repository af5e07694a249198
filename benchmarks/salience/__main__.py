"""What the rounds of the search for a salience that helps have found, on validation images.

    python -m benchmarks.salience FOLDER [FOLDER ...] [--top N]

FOLDER: a finished study of this folder's files. Each arm of each study, with its accuracy on the
validation images of each data set, and its mean difference from the `none` of the same seeds; the
arms stand in the order of that difference's mean over the data sets.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from augury.report.load import load_study

Found = dict[str, dict[str, dict[int, float]]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--top", type=int, help="This many arms. Default: all.")
    given = options.parse_args()
    for folder in given.folders:
        print(f"\n{folder.name}\n")
        print(*table(validation_of(folder), given.top), sep="\n")


def validation_of(folder: Path) -> Found:
    """Accuracy on the validation images, in percent: by arm, data set and seed."""
    found: Found = defaultdict(lambda: defaultdict(dict))
    for run in load_study(folder).runs:
        if run.result and run.result.validation:
            cell, accuracy = run.cell, run.result.validation.accuracy
            found[cell.augmentation][cell.dataset][cell.seed] = 100 * accuracy
    return found


def differences(found: Found, arm: str, dataset: str, baseline: str = "none") -> np.ndarray:
    """Points of `arm` over `baseline`, for each seed that both have."""
    ours, theirs = found[arm].get(dataset, {}), found[baseline].get(dataset, {})
    return np.array([ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())])


def table(found: Found, top: int | None = None) -> list[str]:
    """Markdown: a row for each arm that has run on every data set, the best first."""
    if "none" not in found:
        raise SystemExit("none: has no finished run, and the others are compared with it")
    datasets = sorted(found["none"])
    apart = {arm: [differences(found, arm, each) for each in datasets] for arm in found}
    means = {
        arm: float(np.mean([each.mean() for each in rows]))
        for arm, rows in apart.items()
        if all(map(len, rows))
    }
    head = " | ".join(f"{name}, % | over none | seeds" for name in datasets)
    lines = [f"| arm | mean over none | {head} |", "| --- " * (2 + 3 * len(datasets)) + "|"]
    for arm in sorted(means, key=lambda name: -means[name])[:top]:
        cells = [f"{means[arm]:+.2f}"]
        for dataset, rows in zip(datasets, apart[arm], strict=True):
            accuracy = np.mean(list(found[arm][dataset].values()))
            cells += [f"{accuracy:.2f}", _with_error(rows), str(len(rows))]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    missing = sorted(set(found) - set(means))
    return lines + ([f"Not yet run on every data set: {', '.join(missing)}."] if missing else [])


def _with_error(apart: np.ndarray) -> str:
    """The mean, and its standard error where there are several seeds."""
    error = apart.std(ddof=1) / len(apart) ** 0.5 if len(apart) > 1 else 0
    return f"{apart.mean():+.2f} ± {error:.2f}" if error else f"{apart.mean():+.2f}"


if __name__ == "__main__":
    main()
