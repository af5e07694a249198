"""Which test images have a duplicate in the training part, and how that depends on the thresholds.

python benchmarks/duplicates.py DATASET [--sheet PAIRS.png] [--out benchmarks/results/NAME.json]

Counts of test images by hash radius, by the limit on the difference, and by the quantile that the
data's dimension is taken at; the processor time of one search on one thread; pairs whose labels
differ; and how many of 200 planted copies, changed in several ways, are found among 1,000 test
images. The contact sheet shows the least alike pairs that still count, each test image (mirrored
where that is what was found) beside its training image. `--out` adds the data set's rows to a JSON
file.
"""

import argparse
import dataclasses
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from threadpoolctl import threadpool_limits

from augury.data import Dataset, Split, load_dataset
from augury.data.leakage.duplicates import (
    DEFAULTS,
    Duplicate,
    background_ratio,
    find_duplicates,
    prints_of,
)
from augury.data.leakage.standing_out import NEIGHBORS
from augury.records.json_file import to_values
from augury.study.provenance import provenance

OTHERS = {
    "hash_radius": (8, 12, 14, 18),
    "widest": (0.5, 0.7, 0.8),
    "plainest": (0.01, 0.1, 0.25),
}
TESTED, PLANTED = 1000, 200
COLUMNS, SCALE, SHOWN = 8, 3, 96


Pixels = npt.NDArray[np.uint8]


def main() -> None:
    arguments = parse()
    dataset = load_dataset(arguments.dataset, data_dir=arguments.data)
    with threadpool_limits(1):
        started = time.process_time()
        found = find_duplicates(dataset.train, dataset.test)
        seconds = time.process_time() - started
        row = {
            **summary(dataset, found),
            "processor_seconds": seconds,
            "by": by_threshold(dataset, len(found)),
            "planted": {name: count_planted(dataset, change) for name, change in CHANGES.items()},
        }
    print_table(dataset, row)
    if arguments.sheet:
        draw(dataset, found, arguments.sheet)
    if arguments.out:
        write(arguments.out, dataset, row)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="digits, fashion-mnist, cifar10 or a folder")
    parser.add_argument("--data", type=Path, help="where a named data set is looked for first")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet to this PNG")
    parser.add_argument("--out", type=Path, help="also write the counts to this JSON file")
    return parser.parse_args()


def summary(dataset: Dataset, found: tuple[Duplicate, ...]) -> dict[str, Any]:
    return {
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "train": len(dataset.train),
        "test": len(dataset.test),
        "duplicates": len(found),
        "exact": sum(pair.exact for pair in found),
        "mirrored": sum(pair.mirrored for pair in found),
        "labels_differ": sum(pair.labels_differ for pair in found),
        "standout_ratio": ratio(dataset),
        "test_id train_id difference": [
            f"{pair.test_id} {pair.train_id} {pair.difference:.3f}" for pair in found
        ],
    }


def ratio(dataset: Dataset) -> float:
    seen, known = prints_of(dataset.test.images), prints_of(dataset.train.images)
    return background_ratio(seen, known, DEFAULTS.plainest)


def by_threshold(dataset: Dataset, at_default: int) -> dict[str, dict[str, int]]:
    """Counts of duplicates, each threshold changed alone."""
    counts: dict[str, dict[str, int]] = {}
    for name, values in OTHERS.items():
        found = {getattr(DEFAULTS, name): at_default}
        for value in values:
            thresholds = dataclasses.replace(DEFAULTS, **{name: value})
            pairs = find_duplicates(dataset.train, dataset.test, thresholds=thresholds)
            found[value] = len(pairs)
        counts[name] = {str(value): found[value] for value in sorted(found)}
    return counts


def clipped(image: npt.NDArray[Any]) -> Pixels:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def as_jpeg(image: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    image = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    decoded = np.asarray(Image.open(file))
    return decoded[None] if decoded.ndim == 2 else decoded.transpose(2, 0, 1)


def noisy(image: Pixels) -> Pixels:
    return clipped(image + np.random.default_rng(0).normal(0, 8, image.shape))


def moved(image: Pixels, pixels: int) -> Pixels:
    return np.pad(image, ((0, 0), (0, 0), (pixels, 0)), "edge")[..., :-pixels]


def with_hole(image: Pixels) -> Pixels:
    holed, side = image.copy(), image.shape[1]
    holed[:, 3 * side // 8 : 5 * side // 8, 3 * side // 8 : 5 * side // 8] = 0
    return holed


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "none": lambda image: image,
    "mirrored": lambda image: image[..., ::-1],
    "10 levels brighter": lambda image: clipped(image + 10.0),
    "contrast 0.7": lambda image: clipped(128 + 0.7 * (image - 128.0)),
    "JPEG 75": lambda image: as_jpeg(image, 75),
    "JPEG 40": lambda image: as_jpeg(image, 40),
    "noise, deviation 8": noisy,
    "a black square of a quarter's side": with_hole,
    "moved by 1 pixel": lambda image: moved(image, 1),
    "moved by 2 pixels": lambda image: moved(image, 2),
    "upside down": lambda image: image[:, ::-1],
    "inverted": lambda image: 255 - image,
}


def count_planted(dataset: Dataset, change: Callable[[Pixels], Pixels]) -> list[int]:
    """[found with the right id, planted]."""
    test = dataset.test.take(slice(None, None, max(1, len(dataset.test) // TESTED)))
    copied = dataset.train.take(slice(None, None, len(dataset.train) // PLANTED))
    images, count = test.images.copy(), min(PLANTED, len(test) // 2)
    for row in range(count):
        images[row] = change(copied.images[row])
    found = find_duplicates(dataset.train, dataclasses.replace(test, images=images))
    right = dict(zip(test.ids[:count].tolist(), copied.ids[:count].tolist(), strict=True))
    return [sum(right.get(pair.test_id) == pair.train_id for pair in found), count]


def print_table(dataset: Dataset, row: dict[str, Any]) -> None:
    share = row["duplicates"] / row["test"]
    print(f"{dataset.name}: {row['source']}, {row['train']:,} × {row['test']:,} images")
    print(
        f"{row['duplicates']} test images ({share:.2%}) have a duplicate in train: "
        f"{row['exact']} exact, {row['mirrored']} mirrored, {row['labels_differ']} with another "
        f"label; {row['processor_seconds']:.1f} s of one core; must be "
        f"{row['standout_ratio']:.3f} times as close as the {NEIGHBORS}nd neighbor"
    )
    for way, counts in row["by"].items():
        print(f"| {way} | {' | '.join(counts)} |")
        print(f"| duplicates | {' | '.join(map(str, counts.values()))} |")
    for change, (right, count) in row["planted"].items():
        print(f"| {change} | {right} of {count} |")


def draw(dataset: Dataset, found: tuple[Duplicate, ...], path: Path) -> None:
    pairs = sorted(found, key=lambda pair: -pair.difference)[:SHOWN]
    side = dataset.image_size * SCALE
    width, height = 2 * side + SCALE, side + SCALE
    sheet = Image.new("RGB", (COLUMNS * width, max(1, -(-len(pairs) // COLUMNS)) * height), "white")
    for number, pair in enumerate(pairs):
        place = (number % COLUMNS * width, number // COLUMNS * height)
        image = picture(dataset.test, pair.test_id)
        tested = image[:, ::-1] if pair.mirrored else image
        for offset, pixels in ((0, tested), (side, picture(dataset.train, pair.train_id))):
            enlarged = Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), 0)
            sheet.paste(enlarged, (place[0] + offset, place[1]))
    sheet.save(path)


def picture(part: Split, number: int) -> np.ndarray:
    """(H, W, 3), by an image's id."""
    image = part.images[int(np.flatnonzero(part.ids == number)[0])]
    return np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)


def write(path: Path, dataset: Dataset, row: dict[str, Any]) -> None:
    rows = json.loads(path.read_text()) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    rows[dataset.name] = {**row, **to_values(provenance())}
    path.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
