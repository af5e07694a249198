"""What a person may type that cannot be used: one line that says what, where and what to do."""

import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app

ONE_CHANNEL = (
    "augury: hue: changes color alone, and the images of digits have one channel; brightness, "
    "contrast, blur and gaussian-noise change such images, too"
)
REFUSED = {
    # Options that exclude each other.
    "preview digits --ids 1 --sheet 2x2": (
        "augury: --ids and --sheet exclude each other: a sheet shows a batch"
    ),
    "study --dataset photos --image-size 32 --stored-size 28": (
        "augury: the command line: stored_size: must be at least image_size, 32, got 28"
    ),
    "study --dataset photos --freeze body --body-lr 0.5": (
        "augury: the command line: [recipe]: body_lr: must be 1 for freeze=body, which trains no "
        "body"
    ),
    "study --models small --pretrained": "augury: small: has no pretrained weights",
    "study --until-decided --seeds 12 --max-seeds 8": (
        "augury: the command line: max_seeds: must be at least 12, got 8"
    ),
    # A crop larger than the image.
    "preview photos --augment large.toml": (
        "augury: large: size: in a study it is that of the images which the network sees, 16×16, "
        "got 64×64"
    ),
    "preview digits --augment resize-crop": (
        "augury: resize-crop: there is nothing to cut from, as images are stored with the 16 "
        "pixels a side that the network sees; give a larger stored size (--stored-size), or take "
        "crop, which pads"
    ),
    # A table with unknown files or labels.
    "data photos --labels unknown.csv": (
        "augury: unknown.csv: 4 of 6 names in its column 'image' are no files of photos: 'x0.png', "
        "'x1.png', 'x2.png' and 1 more"
    ),
    "data photos --labels labels.csv:image,species": (
        "augury: labels.csv: has no column 'species'; there are 'image', 'label'"
    ),
    # A network that cannot take the size.
    "study --models vgg19 --image-size 16 --out s": (
        "augury: model vgg19 cannot take 16×16 images, but 32×32 for instance ("
    ),
    # An arm that means nothing for images of one channel.
    "preview digits --augment hue": ONE_CHANNEL,
    "preview digits --augment hue --sheet 2x2": ONE_CHANNEL,
    "study --augment none,hue --out s": ONE_CHANNEL,
}


def chunk(name, content):
    crc = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + crc


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten pictures of two classes, one with a color profile that cannot be read; and tables."""
    root = tmp_path_factory.mktemp("typed")
    generator = np.random.default_rng(0)
    for name in ("ant", "bee"):
        (root / "photos" / name).mkdir(parents=True)
        for i in range(10):
            pixels = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / "photos" / name / f"{name}{i}.png")
    damaged = root / "photos" / "bee" / "bee3.png"
    content = damaged.read_bytes()
    profile = chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"no profile"))
    damaged.write_bytes(content[:33] + profile + content[33:])
    (root / "large.toml").write_text('name = "center-crop"\nsize = [64, 64]\n')
    rows = [f"{name}{i}.png,{name}" for name in ("ant", "bee") for i in range(10)]
    (root / "labels.csv").write_text("\n".join(["image,label", *rows[:-1], "gone.png,bee"]))
    unknown = [f"x{i}.png,ant" for i in range(4)]
    (root / "unknown.csv").write_text("\n".join(["image,label", *rows[:1], *unknown, rows[-1]]))
    return root


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", REFUSED)
def test_it_is_refused_in_one_line(command, run, folder):
    done = run(*command.split())
    assert done.exit_code == 2
    # What a network says of a size that it cannot take is PyTorch's.
    line = done.stderr.splitlines()[-1].replace(f"{folder}/", "")
    assert line.partition("(Given")[0] == REFUSED[command].rstrip("(")
    assert sum(line.startswith("augury: ") for line in done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not (folder / "s" / "plan.json").exists()


def test_what_can_be_left_out_is_named_and_counted(run):
    facts = json.loads(run("data", "photos", "--labels", "labels.csv", "--json").stdout)
    assert facts["notes"][:2] == [
        "labels from labels.csv, column 'label' by 'image', 1 name without a file, 'gone.png'",
        "1 of 19 images: a damaged color profile, ignored: 'bee/bee3.png'",
    ]
    assert {(each["path"], each["reason"]) for each in facts["set_aside"]} == {
        ("gone.png", "named in labels.csv, but not there"),
        ("bee/bee9.png", "no table names it"),
    }
