"""The parsers of what a user writes, and odd values for them and for other structured files."""

import datetime
import json
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w
from fuzz import Draw, Parser
from fuzz_data import read_file

from augury.augment import from_config, read_config
from augury.seal import SEAL, checksum
from augury.study.planning.settings import read_settings
from augury.training.teacher import read_teacher

SETTINGS = """
name = "flowers"
datasets = ["digits"]
models = ["small"]
augmentations = ["none", "normal+cutout", "mine"]
seeds = 6
baseline = "none"
until_decided = true
max_seeds = 12
max_hours = 1.5
corruptions = 100
teacher = "self:20"
image_size = 32
stored_size = 36
[rule]
min_difference = 0.2
alpha = 0.05
[recipe]
epochs = 3
batch_size = 20
lr = 0.01
optimizer = "adamw"
weight_decay = 1e-4
[network]
pretrained = false
[parameters.cutout]
length = 0.25
[chains.mine]
name = "one-of"
weights = [0.5, 0.5]
[[chains.mine.parts]]
name = "flip"
[[chains.mine.parts]]
name = "chain"
parts = [{name = "randaugment"}, {name = "saliencymix"}]
"""
TEACHERS = ("self", "self:20", "live", "live:half", "small", "resnet18=weights.pth")
ARMS = ("none", "normal+cutout", "flip+randaugment+cutmix", "saliencymix", "salience-raw+augmix")


def settings_parsers(folder: Path) -> list[Parser]:
    """Study files, augmentations, and the notations in them. folder: for the files."""
    read = partial(partial, read_file)
    description = tomllib.loads(SETTINGS)["chains"]["mine"]
    return [
        Parser(
            "study.toml",
            lambda: [SETTINGS.encode()],
            read(folder / "study.toml", lambda path: read_settings(path, None, {})),
            odd_toml,
        ),
        Parser(
            "augmentation.toml",
            lambda: [tomli_w.dumps(description).encode()],
            read(folder / "mine.toml", built),
            odd_toml,
        ),
        Parser(
            "augmentation.json",
            lambda: [json.dumps(description).encode()],
            read(folder / "mine.json", built),
            odd_json,
        ),
        Parser("arm", lambda: [arm.encode() for arm in ARMS], read_arm),
        Parser(
            "teacher",
            lambda: [teacher.encode() for teacher in TEACHERS],
            lambda content: read_teacher(content.decode(errors="surrogateescape")),
        ),
    ]


def built(path: Path) -> object:
    return from_config(read_config(path), lambda kind: lambda batch: batch.images)


def read_arm(content: bytes) -> object:
    # A colon asks for a module of the user's own, and is imported.
    text = content.decode(errors="surrogateescape").replace(":", ";")
    return read_settings(None, None, {"augmentations": [text]})


def sealed(values: Mapping[str, Any]) -> bytes:
    content = {name: value for name, value in values.items() if name != SEAL}
    return json.dumps({**content, SEAL: checksum(content)}).encode()


def odd_json(content: bytes, draw: Draw) -> bytes:
    """One line of JSON with odd values at one to three places, and its checksum made right."""
    lines = content.splitlines()
    whole = len(lines) == 1 or lines[0] == b"{"
    number = 0 if whole else draw.randrange(len(lines))
    values = json.loads(content if whole else lines[number])
    for _ in range(draw.randint(1, 3)):
        values = odd_place(values, draw, odd_value)
    if isinstance(values, dict) and SEAL in json.loads(content if whole else lines[number]):
        return sealed(values)
    odd = json.dumps(values).encode()
    return odd if whole else b"\n".join([*lines[:number], odd, *lines[number + 1 :]]) + b"\n"


def odd_toml(content: bytes, draw: Draw) -> bytes:
    values = tomllib.loads(content.decode())
    for _ in range(draw.randint(1, 2)):
        values = odd_place(values, draw, odd_toml_value)
    return tomli_w.dumps(values).encode(errors="surrogatepass")


def odd_place(values: Any, draw: Draw, odd: Callable[[Draw], Any]) -> Any:
    """`values` with one of the values inside replaced, taken away, or joined by another."""
    if not values or not isinstance(values, dict | list):
        return odd(draw)
    copy: Any = dict(values) if isinstance(values, dict) else list(values)
    key = draw.choice(list(values) if isinstance(values, dict) else range(len(values)))
    if draw.random() < 0.1:
        del copy[key]
    elif draw.random() < 0.1 and isinstance(copy, dict):
        copy[draw.choice(("", "x", "name", "\x1b[31m"))] = odd(draw)
    elif draw.random() < 0.1 and isinstance(copy, list):
        copy.append(odd(draw))
    else:
        deeper = isinstance(values[key], dict | list) and draw.random() < 0.85
        copy[key] = odd_place(values[key], draw, odd) if deeper else odd(draw)
    return copy


def odd_value(draw: Draw) -> Any:
    if draw.random() < 0.2:
        return draw.choice((None, float("nan"), float("inf")))
    return odd_toml_value(draw)


def odd_toml_value(draw: Draw) -> Any:
    deep: Any = []
    for _ in range(draw.choice((2, 100))):
        deep = [deep]
    return draw.choice((
        True, False, 0, 1, -1, 2, 10**6, 2**63, 10**30, 0.0, -0.5, 1.5, 1e308, "", "x", "none",
        "x" * 500, "\x1b[31m", "\u202e", "a\nb", "../../x", "/", "\0", "0", [], [1], [[]], ["none"],
        [0, "x"], {}, {"x": 1}, {"name": "flip"}, {"accuracy": "x"}, deep,
        datetime.date(2020, 1, 1).isoformat(),
    ))  # fmt: skip
