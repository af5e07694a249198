"""What each command imports: a library that it can do without is seconds that a user waits."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from augury.cli.app import COMMANDS
from augury.lazy import at

STUDY = Path(__file__).parents[1] / "study" / "schema-1"
HEAVY = ("torch", "torchvision", "timm", "scipy.stats", "matplotlib", "sklearn", "numba", "ray")
# Those of the beginning come first: what one command has imported is there for the next.
LINES = [
    *([name, "--help"] for name in ("list", "check")),
    *(["list", what] for what in ("augmentations", "saliency", "models", "datasets")),
    ["--help"],
    ["status", "study"],
    ["compare", "study", "study"],
    ["report", "study"],
    *([name, "--help"] for name in COMMANDS),
]
RUNNER = """
import json, os, sys
from typer.testing import CliRunner
from augury.cli.app import app
heavy, told = set(json.loads(sys.argv[1])), []
for line in json.loads(sys.argv[2]):
    found = CliRunner().invoke(app, line)
    numpy = ["numpy"] if "numpy" in sys.modules else []
    told.append([line, found.exit_code, numpy + sorted(heavy & sys.modules.keys())])
# What a worker needs before its first cell, and the networks and arms of the usual study.
import augury.study.engines.local
import torch
from augury.training import Network, Normalize, Recipe, Speed
from augury.training.deterministic import use_deterministic_algorithms
from augury.training.optimizers import OPTIMIZERS, build_optimizer
from augury.augment import build_augmentation
from augury.models import ModelSpec, build_model
build_augmentation("normal+random-erasing")
use_deterministic_algorithms()
model = build_model(ModelSpec("small", 10, 1), 0)
network = Network(model, Normalize((0.5,), (0.5,)), Speed(), torch.device("cpu"))
for name in OPTIMIZERS:
    optimizer = build_optimizer(network, Recipe(optimizer=name))
    network.predict(torch.rand(2, 1, 8, 8)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    optimizer.state_dict()
compilers = {"torch._dynamo", "torch._inductor"}
told.append(["worker", 0, sorted((heavy | compilers) & sys.modules.keys())])
print(json.dumps(told))
"""


def test_no_command_imports_what_it_can_do_without(tmp_path):
    shutil.copytree(STUDY, tmp_path / "study")
    arguments = [json.dumps(HEAVY), json.dumps(LINES)]
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=tmp_path,
    )
    *commands, (_, _, worker) = json.loads(done.stdout)
    assert [line for line, _, _ in commands] == LINES
    assert [(line, code) for line, code, _ in commands if code] == []
    before_any_study, with_studies = commands[:7], commands[7:]
    assert [(line, found) for line, _, found in before_any_study if found] == []
    assert [(line, found) for line, _, found in with_studies if found != ["numpy"]] == []
    assert worker == ["torch"]


def test_each_title_is_the_first_line_of_its_command():
    for name, command in COMMANDS.items():
        first, *_ = at(command.place).__doc__.splitlines()
        assert command.title == first, name
