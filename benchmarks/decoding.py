"""How long a photograph takes to be decoded, and how far its pixels are from decoding it whole.

    python -m benchmarks.decoding PHOTOS [--side 1500] [--size 128] [--images 40]

PHOTOS: a folder, zip or tar archive of JPEGs. They are measured as they are, and enlarged to a
longer side of `--side` pixels (JPEG, quality 90). Three ways take turns: decoding whole; as augury
does, at a fraction that leaves at least twice `--size` pixels; and at the smallest fraction that
leaves `--size`. Times are those of the processor, on one thread; differences are between levels of
0..255. The last way is not taken: it saves a quarter of the time, and its pixels differ more, the
more so where a fraction happens to leave exactly `--size`.
"""

import argparse
import io
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from benchmarks.measuring import take_turns
from benchmarks.outcome import table
from PIL import Image, ImageOps

from augury.data.folders.deep import FULL
from augury.data.folders.files import list_files
from augury.data.folders.picture import decode_into

Decode = Callable[[bytes, int], np.ndarray]


def main() -> None:
    given = parse()
    photos = read_photos(given.photos, given.images)
    rows = []
    for title, files in (
        ("as they are", photos),
        (f"enlarged to {given.side}", [enlarged(photo, given.side) for photo in photos]),
    ):
        rows += measured(title, files, given.size)
    print("\n".join(table(rows)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--side", type=int, default=1500)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--images", type=int, default=40)
    return parser.parse_args()


def read_photos(path: Path, count: int) -> list[bytes]:
    """`count` files, evenly chosen."""
    with tempfile.TemporaryDirectory() as folder:
        files = list_files(path, Path(folder) / "members.bin", None).files
        return [file.read() for file in files[:: max(1, len(files) // count)][:count]]


def enlarged(photo: bytes, side: int) -> bytes:
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    scale = side / max(image.size)
    large = image.resize([round(scale * each) for each in image.size], Image.Resampling.BICUBIC)
    file = io.BytesIO()
    large.save(file, "JPEG", quality=90)
    return file.getvalue()


def whole(photo: bytes, size: int, fraction: bool = False) -> np.ndarray:
    """(S, S, 3); fraction: whether as small a one is decoded as leaves `size` pixels."""
    with Image.open(io.BytesIO(photo)) as image:
        if fraction:
            image.draft(None, (size, size))
        fitted = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BILINEAR)
        return np.asarray(fitted)


def augury(photo: bytes, size: int) -> np.ndarray:
    row = np.empty((3, size, size), np.uint8)
    decode_into(row, photo, FULL)
    return row.transpose(1, 2, 0)


WAYS: dict[str, Decode] = {
    "whole": whole,
    "augury": augury,
    "smallest fraction": partial(whole, fraction=True),
}


def measured(title: str, photos: list[bytes], size: int) -> list[dict[str, object]]:
    def decode_all(decode: Decode) -> list[np.ndarray]:
        return [decode(photo, size) for photo in photos]

    taken = take_turns({name: partial(decode_all, way) for name, way in WAYS.items()}, seconds=0.5)
    pixels = {name: np.stack(decode_all(way)).astype(float) for name, way in WAYS.items()}
    sides = np.median([min(Image.open(io.BytesIO(photo)).size) for photo in photos])
    return [
        {
            "photographs": f"{title}, {sides:.0f} pixels",
            "way": name,
            "ms each": 1000 * time.over(len(photos)).processor_seconds,
            "times as fast as whole": time.times_faster(taken["whole"], "processor"),
            "mean difference": float(np.abs(pixels[name] - pixels["whole"]).mean()),
            "deviation": float((pixels[name] - pixels["whole"]).std()),
        }
        for name, time in taken.items()
    ]


if __name__ == "__main__":
    main()
