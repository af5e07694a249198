"""Where the settings of the named recipes come from, and how they stand beside timm's loop.

    python -m benchmarks.recipes candidates --photos FOLDER --weights FILE --seeds 1  # 25 minutes
    python -m benchmarks.recipes timm --photos FOLDER --weights FILE                  # 25 minutes

`candidates` trains each named recipe, and the same with one setting changed, on Fashion-MNIST,
CIFAR-10 and a folder of photographs; `timm` trains ours and timm's own fine-tuning at equal epochs.
Both score on images held out of the training part, and never look at a test image. --weights are
those of the pretrained network (default: timm's, fetched); --short tries every part on a few images
and measures nothing.
"""

import argparse
from pathlib import Path

import torch
from benchmarks.recipes.candidates import compare_candidates
from benchmarks.recipes.timm_loop import compare_with_timm

from augury.training.deterministic import use_deterministic_algorithms

PARTS = {"candidates": compare_candidates, "timm": compare_with_timm}


def main() -> None:
    given = parse()
    use_deterministic_algorithms()
    PARTS[given.part](given)


def parse() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("part", choices=PARTS)
    options.add_argument("--photos", type=Path, help="a folder of images")
    options.add_argument("--weights", type=Path, help="default: timm's, fetched")
    options.add_argument("--model", default="timm:efficientnet_lite0", help="the pretrained one")
    options.add_argument("--size", type=int, help="of the pretrained network's images, pixels")
    options.add_argument("--epochs", type=int)
    options.add_argument("--images", type=int, help="to train on at most")
    options.add_argument("--seeds", type=int, default=2)
    options.add_argument("--only", default="", help="recipes or data sets, with commas")
    options.add_argument("--ways", default="", help="rows of `candidates`, with semicolons")
    options.add_argument("--rates", default="0.0005,0.001,0.002", help="of timm's loop")
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options.add_argument("--short", action="store_true")
    given = options.parse_args()
    if given.short:
        vars(given).update(size=32, epochs=1, images=40, seeds=1, rates="0.0005")
    return given


if __name__ == "__main__":
    main()
