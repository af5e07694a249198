"""What `augury check` finds of well-known transforms of torchvision, Kornia and Albumentations.

NO_ALBUMENTATIONS_UPDATE=1 python benchmarks/check_peers.py

Needs `pip install kornia albumentations`. Writes the tables of docs/how-to/check.md anew, between
its marks. `--only NAME` prints one and writes nothing; `--seeded-compose` counts what a seeded
pipeline of Albumentations' two flips does to 400 images.
"""

import argparse
import re
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torchvision.transforms import v2

from augury.augment import Augmentation
from augury.batch import Batch, to_float
from augury.checks import Finding, check, subject
from augury.rng import Draws

DOCUMENT = Path(__file__).parent.parent / "docs" / "how-to" / "check.md"
SAMPLES = 10_000


def torchvision_flip():
    return v2.RandomHorizontalFlip()


def torchvision_erasing():
    return v2.RandomErasing()


def torchvision_randaugment():
    return v2.RandAugment()


def torchvision_color():
    return v2.ColorJitter(0.4, 0.4, 0.4, 0.1)


def torchvision_cutmix():
    return v2.CutMix(num_classes=10)


def torchvision_mixup():
    return v2.MixUp(num_classes=10)


def kornia_flip():
    from kornia.augmentation import RandomHorizontalFlip

    return RandomHorizontalFlip()


def kornia_erasing():
    from kornia.augmentation import RandomErasing

    return RandomErasing()


def kornia_randaugment():
    from kornia.augmentation.auto import RandAugment

    return RandAugment(n=2, m=9)


def kornia_color():
    from kornia.augmentation import ColorJiggle

    return ColorJiggle(0.4, 0.4, 0.4, 0.1)


class _KorniaMixing(Augmentation[int]):
    """Kornia's mixing of a batch, whose labels are rows of (own, other, share of the other)."""

    mixes = True

    def __init__(self, transform):
        self.transform = transform

    def sample(self, batch: Batch, draws: Draws) -> int:
        words = draws.bits("kornia", 2).sum(0)
        return int(words[0] << 31 ^ words[1])

    def apply(self, batch: Batch, params: int) -> Batch:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(params)
            images, labels = self.transform(to_float(batch.images), batch.targets.argmax(1))
        own, other, share = labels.view(-1, 3).unbind(1)
        one_hot = torch.eye(batch.targets.shape[1])
        targets = torch.lerp(one_hot[own.long()], one_hot[other.long()], share[:, None])
        return Batch(images, targets, batch.ids)


def kornia_mixup():
    from kornia.augmentation import RandomMixUpV2

    return _KorniaMixing(RandomMixUpV2(data_keys=["input", "class"]))


def kornia_cutmix():
    from kornia.augmentation import RandomCutMixV2

    return _KorniaMixing(RandomCutMixV2(data_keys=["input", "class"]))


def albumentations_flip():
    import albumentations

    return albumentations.HorizontalFlip()


def albumentations_dropout():
    import albumentations

    return albumentations.CoarseDropout()


def albumentations_color():
    import albumentations

    return albumentations.ColorJitter()


# Factory: what it is called, and whether it is called for each image (False), once for a batch.
PEERS = {
    "torchvision_flip": ("torchvision `RandomHorizontalFlip()`", (True, False)),
    "torchvision_erasing": ("torchvision `RandomErasing()`", (True, False)),
    "torchvision_randaugment": ("torchvision `RandAugment()`", (True, False)),
    "torchvision_color": ("torchvision `ColorJitter(.4, .4, .4, .1)`", (True, False)),
    "torchvision_mixup": ("torchvision `MixUp(num_classes=10)`", (True,)),
    "torchvision_cutmix": ("torchvision `CutMix(num_classes=10)`", (True,)),
    "kornia_flip": ("Kornia `RandomHorizontalFlip()`", (True, False)),
    "kornia_erasing": ("Kornia `RandomErasing()`", (True, False)),
    "kornia_randaugment": ("Kornia `RandAugment(2, 9)`", (True, False)),
    "kornia_color": ("Kornia `ColorJiggle(.4, .4, .4, .1)`", (True, False)),
    "kornia_mixup": ("Kornia `RandomMixUpV2()`", (True,)),
    "kornia_cutmix": ("Kornia `RandomCutMixV2()`", (True,)),
    "albumentations_flip": ("Albumentations `HorizontalFlip()`", (False,)),
    "albumentations_dropout": ("Albumentations `CoarseDropout()`", (False,)),
    "albumentations_color": ("Albumentations `ColorJitter()`", (False,)),
}
MIXING = {name for name in PEERS if "mix" in name}

_MARKS = ("<!-- written by benchmarks/check_peers.py -->", "<!-- end -->")
_DRAWS = ("a draw per image", "independent draws", "independent places")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PEERS)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--seeded-compose", action="store_true")
    arguments = parser.parse_args()
    if arguments.seeded_compose:
        print(seeded_compose())
        return
    warnings.filterwarnings("ignore", module="(kornia|albumentations)")
    names = [arguments.only] if arguments.only else list(PEERS)
    rows = [_row(name, batch, arguments.samples) for name in names for batch in PEERS[name][1]]
    if not arguments.only:
        _write(rows, arguments.samples)


def seeded_compose() -> dict[str, int]:
    """How many of 400 images are turned both ways, one way, neither way."""
    import albumentations

    flips = [albumentations.HorizontalFlip(p=0.5), albumentations.VerticalFlip(p=0.5)]
    pipeline = albumentations.Compose(flips, seed=1)
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    counts = {"both": 0, "one": 0, "neither": 0}
    for _ in range(400):
        found = pipeline(image=image)["image"]
        both, neither = (np.array_equal(found, seen) for seen in (image[::-1, ::-1], image))
        counts["both" if both else "neither" if neither else "one"] += 1
    return counts


def _row(name: str, per_batch: bool, samples: int) -> str:
    # The mixing ones are always called with a batch.
    augmentation = subject(f"check_peers:{name}", per_batch and name not in MIXING)
    found = {each.name: each for each in check(augmentation, samples=samples)}
    titles = [PEERS[name][0], f"`{name}`", "once a batch" if per_batch else "each image"]
    cells = [*titles, _distinct(found), _alike(found), _rate(found), _faults(found)]
    row = "| " + " | ".join(cells) + " |"
    print(row, flush=True)
    return row


def _distinct(found: dict[str, Finding]) -> str:
    drawn = found["a draw per image"]
    there, apart = (re.findall(r"[\d,]+", text)[0] for text in (drawn.measured, drawn.expected))
    return f"{there} / {apart}"


def _alike(found: dict[str, Finding]) -> str:
    texts = []
    for name in _DRAWS[1:]:
        match = re.search(r"(-?\d\.\d+) \((.*)\)", found[name].measured)
        if match and found[name].verdict == "FAULT":
            texts.append(f"{match[1]} ({match[2]})")
    return "; ".join(texts) or "no"


def _rate(found: dict[str, Finding]) -> str:
    rate = found["firing rate"]
    documented = rate.expected if rate.expected.startswith("p") else "–"
    low, high = rate.interval or (0.0, 0.0)
    return f"{documented}: {low:.3f} to {high:.3f}"


def _faults(found: dict[str, Finding]) -> str:
    faults = [each for each in found.values() if each.verdict == "FAULT"]
    titles = [f"{each.name} ({each.measured})" for each in faults if each.name not in _DRAWS]
    refused = [
        part.partition(":")[0]
        for name in ("batch of one", "sizes and channels")
        if found[name].verdict == "note"
        for part in re.findall(r"\d+×\d+×\d+: \w+Error", found[name].measured)
    ]
    notes = [f"refuses {', '.join(refused)}"] if refused else []
    return "; ".join(titles + notes) or "–"


def _write(rows: list[str], samples: int) -> None:
    packages = ("torch", "torchvision", "kornia", "albumentations", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    head = (
        "| transform | factory | called | distinct results, together / apart "
        "| alike within a batch | share changed | what else was found |"
    )
    lines = [
        f"{versions}; {samples:,} images of 3×32×32 for each rate.",
        "",
        head,
        "| " + " | ".join(["---"] * 7) + " |",
        *rows,
    ]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(_MARKS[0])
    after = rest.split(_MARKS[1])[1]
    body = "\n".join(lines)
    DOCUMENT.write_text(f"{before}{_MARKS[0]}\n{body}\n{_MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
