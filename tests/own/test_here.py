"""Objects of a Python session: their names, and what their hash covers."""

import functools
import linecache
import sys
import types

import numpy as np
import pytest
import torch

from augury.augment import build_augmentation
from augury.batch import Batch
from augury.errors import InputError
from augury.own import here
from augury.own.here import code_here, register, register_by_name, thing_here
from augury.own.kinds import MODEL, TRANSFORM
from augury.own.loading import code_hash, load
from augury.own.naming import importable_name
from augury.own.source import source_hash
from augury.own.trust import granted, point_to, require
from augury.rng import Draws


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(here, "_kept", {})


def notebook(source, name="__main__", count=iter(range(1000))):  # noqa: B008 - one for all
    """The names that a cell of a notebook defines, with the source that inspect finds of them."""
    file = f"<cell {next(count)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"__name__": name}
    exec(compile(source, file, "exec"), names)
    return types.SimpleNamespace(**{k: v for k, v in names.items() if k != "__builtins__"})


def test_an_object_is_found_by_its_name_as_long_as_it_is_kept():
    def darker(image):
        return image // 2

    name = register("darker", darker)
    assert name == "here:darker"
    assert thing_here(name) is load(name, TRANSFORM) is darker
    assert code_hash(name) == code_here(name) == source_hash(darker)
    before = granted()
    point_to([name])
    require([name], "a study")
    assert granted() == before
    for use in (thing_here, code_here, code_hash, lambda n: require([n], "x"),
                lambda n: load(n, MODEL), build_augmentation):  # fmt: skip
        with pytest.raises(InputError, match="here:gone: an object of the Python session") as told:
            use("here:gone")
        assert "\n" not in str(told.value)
    for wrong in ("a b", "", "__x", "a:b"):
        with pytest.raises(InputError, match="must be a Python name"):
            register(wrong, darker)


def test_an_arm_of_this_session_augments():
    batch = Batch(torch.full((2, 3, 4, 4), 100, dtype=torch.uint8), torch.eye(2), torch.arange(2))
    name = register("darker", lambda image: image // 2)
    arm = build_augmentation(f"{name}+flip", {name: {"code": code_here(name)}})
    assert (arm(batch, Draws(0, 0, batch.ids)).images == 50).all()
    register("darker", lambda image: image // 4)
    with pytest.raises(InputError, match="here:darker: its code has changed since the study"):
        build_augmentation(name, {name: {"code": source_hash(batch)}})


def test_what_is_not_alone_under_its_name_has_its_hash_behind_it():
    top = notebook("def make(k, c):\n    return k\n\nclass Net:\n    def run(self): pass\n")
    assert register_by_name(top.make) == "here:make"
    assert register_by_name(top.Net) == "here:Net"
    first, second = (lambda image: image), (lambda image: image + 1)
    names = {register_by_name(each) for each in (first, second)}
    assert len(names) == 2
    assert all(name.startswith("here:lambda_") for name in names)
    assert register_by_name(top.Net()).startswith("here:Net_")


def makers(value):
    def make(image):
        return image + value

    return make


def test_the_hash_changes_with_all_that_the_code_is_made_of():
    same = {source_hash(makers(1)) for _ in range(3)}
    assert len(same) == 1
    values = [1, 2, "a", (1, 2), [1, 2], [1], {"a": 1}, makers(5), np.ones(3), np.zeros(3)]
    values += [torch.ones(3), torch.ones(3, 1)]
    assert len({source_hash(makers(value)) for value in values}) == len(values)
    assert source_hash(functools.partial(makers, 1)) != source_hash(functools.partial(makers, 2))
    assert source_hash(makers(1)) in same


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("WIDTH = 4", "WIDTH = 5"),
        ("return Net(k, WIDTH)", "return Net(k, WIDTH + 1)"),
        ("self.k = k", "self.k = k + 1"),
        ("return 1", "return 2"),
        ("scale=1", "scale=2"),
    ],
)
def test_a_notebook_that_is_edited_is_other_code(before, after):
    source = """
WIDTH = 4
UNUSED = 1

def help():
    return 1

class Base:
    def run(self):
        return help()

class Net(Base):
    def __init__(self, k, width, scale=1):
        self.k = k

def make(k, c):
    return Net(k, WIDTH)
"""
    assert before in source
    first = source_hash(notebook(source).make)
    assert first == source_hash(notebook(source).make)
    assert first == source_hash(notebook(source.replace("UNUSED = 1", "UNUSED = 2")).make)
    assert first != source_hash(notebook(source.replace(before, after)).make)


def test_transforms_of_libraries_are_known_by_what_they_show():
    from torchvision.transforms import v2

    def flips(p):
        return v2.Compose([v2.RandomHorizontalFlip(p), v2.ColorJitter(0.2)])

    assert source_hash(flips(0.5)) == source_hash(flips(0.5)) != source_hash(flips(0.4))


def test_without_a_source_there_is_one_line():
    names = {"__name__": "__main__"}
    exec("def make(k, c): pass", names)
    with pytest.raises(InputError, match=r"make: its source cannot be read.*module:name") as told:
        register_by_name(names["make"])
    assert "\n" not in str(told.value)


def test_what_other_processes_can_import(tmp_path, monkeypatch):
    from torch import nn
    from torchvision.models import resnet18
    from torchvision.transforms import v2

    (tmp_path / "importable_of_mine.py").write_text(
        "class Net:\n    def make(): pass\n\ndef make():\n    return lambda: 1\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    import importable_of_mine as mine

    assert importable_name(mine.make, MODEL) == "importable_of_mine:make"
    assert importable_name(mine.Net, MODEL) == "importable_of_mine:Net"
    assert importable_name(mine.Net.make, MODEL) == "importable_of_mine:Net.make"
    assert importable_name(resnet18, MODEL) == "torchvision.models.resnet:resnet18"
    assert importable_name(v2.RandomHorizontalFlip, MODEL) is None
    assert importable_name(v2.RandomHorizontalFlip, TRANSFORM).endswith(":RandomHorizontalFlip")
    replaced = mine.make
    monkeypatch.setattr(mine, "make", lambda: 2)
    main = notebook("def make(): pass")
    for thing in (replaced, mine.make, mine.Net(), replaced(), main.make, nn.Linear(1, 1), print):
        assert importable_name(thing, MODEL) is None
    sys.modules.pop("importable_of_mine")
