"""`augury check`."""

import json
import sys

import pytest
from typer.testing import CliRunner

from augury.cli.app import app

TRANSFORMS = '''
import torch
from timm.data import create_transform
from torchvision import transforms as v1
from torchvision.transforms import v2


def flip(p=0.3):
    return v2.RandomHorizontalFlip(p)


class Twice(torch.nn.Module):
    """Dark half of the time, it says."""

    p = 0.5

    def forward(self, image):
        return image // 2 if (torch.rand(2) < self.p).all() else image


def broken():
    raise RuntimeError("no such color")


def cut():
    return lambda image: image[:, 1:]


def classic(*ending):
    return v1.Compose([v1.RandomHorizontalFlip(), v1.ToTensor(), *ending])


def normalized():
    return classic(v1.Normalize(0.5, 0.5))


def larger():
    return create_transform(224, is_training=True, normalize=False)


def either():
    return v2.Compose([v2.RandomChoice([v2.CutMix(num_classes=7), v2.MixUp(num_classes=7)])])
'''


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `augury check` beside a module `own_transforms`: (exit code, output, errors)."""
    (tmp_path / "own_transforms.py").write_text(TRANSFORMS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_transforms", raising=False)

    def run(*arguments):
        done = CliRunner().invoke(app, ["check", *arguments, "--samples", "1000"])
        return done.exit_code, done.stdout, done.stderr

    return run


def test_ours(run):
    code, printed, _ = run("cutout")
    assert code == 0
    assert "a draw per image" in printed
    assert "0 of 16 checks found a fault" in printed


def test_a_chain_with_saliency_as_json(run):
    code, printed, _ = run("normal+saliencymix", "--json")
    found = json.loads(printed)
    assert code == 0
    assert found["augmentation"] == "normal+saliencymix"
    assert found["faults"] == 0
    assert len(found["findings"]) == 16
    keys = {"name", "expected", "measured", "verdict", "count", "interval"}
    assert all(set(each) == keys for each in found["findings"])


def test_a_fault_is_code_3(run):
    code, printed, _ = run("own_transforms:Twice", "--json")
    assert code == 3
    found = json.loads(printed)
    assert found["faults"] == 1
    (fault,) = (each for each in found["findings"] if each["verdict"] == "FAULT")
    assert fault["name"] == "firing rate"
    assert fault["interval"][0] < 0.25 < fault["interval"][1]
    assert "p were applied twice" in fault["measured"]


def test_a_pipeline_of_pil_images(run):
    code, printed, _ = run("own_transforms:classic")
    assert code == 0
    assert "0 of 17 checks found a fault" in printed


def test_nested_mixing_is_told_its_classes(run):
    code, printed, _ = run("own_transforms:either", "--json")
    found = {each["name"]: each["verdict"] for each in json.loads(printed)["findings"]}
    assert code == 3
    assert found["a draw per image"] == "FAULT", "torchvision's draws are for a batch"
    assert found["targets sum to 1"] == found["targets follow pixels"] == "ok"


def test_p_is_given(run):
    assert run("own_transforms:Twice", "--p", "0.25")[0] == 0


def test_a_fault_in_the_table(run):
    code, printed, _ = run("own_transforms:flip", "--per-batch")
    assert code == 3
    assert "FAULT" in printed
    assert "3 of 17 checks found a fault" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cutuot",), "unknown augmentation 'cutuot'. Did you mean 'cutout'?"),
        (("nowhere:flip",), "nowhere:flip: there is no module 'nowhere'"),
        (("own_transforms:flop",), "own_transforms:flop: the module has no 'flop'"),
        (("own_transforms:broken",), "own_transforms:broken: RuntimeError: no such color"),
        (("own_transforms:cut",), "must give shape"),
        (("own_transforms:normalized",), "own_transforms:normalized: remove Normalize"),
        (("own_transforms:larger",), "must give the size of the images, 32×32"),
        (("cutout", "--p", "2"), "p: must lie in [0, 1], got 2"),
        (("cutout", "--per-batch"), "--per-batch: is for module:attribute, got 'cutout'"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_code_2(run, arguments, message):
    code, printed, said = run(*arguments)
    assert code == 2
    assert printed == ""
    assert message in said
    assert said.startswith("augury: ")
    assert said.count("\n") == 1
