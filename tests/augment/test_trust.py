"""What a name "module:attribute" may run: decided before anything is imported or called."""

import hashlib
import importlib.util
import os
import py_compile
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from torchvision.transforms import v2

from augury.augment import build_augmentation, from_config, read_augmentation
from augury.batch import Batch
from augury.errors import InputError
from augury.own import trust as rule
from augury.own.trust import confirm, granted, names_in, point_to, require
from augury.rng import Draws


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder, in which nothing has been confirmed."""
    folder = tmp_path / "received"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AUGURY_TRUST", str(tmp_path / "trusted"))
    monkeypatch.setattr(rule, "_granted", set())
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def write(folder, **files):
    for name, text in files.items():
        path = folder / (name.replace("__in__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))


def first_pixel(augmentation):
    batch = Batch(
        torch.full((1, 3, 4, 4), 100, dtype=torch.uint8),
        torch.eye(2)[:1],
        torch.zeros(1, dtype=torch.int64),
    )
    return int(augmentation(batch, Draws(0, 0, batch.ids)).images[0, 0, 0, 0])


def build(description, typed):
    if typed:
        point_to([description["name"]])
    return from_config(description)


# Each would leave a file behind, or load code, if it were called with these arguments.
CALLS = {
    "subprocess:run": {"args": "touch called", "shell": True},
    "subprocess:Popen": {"args": "touch called", "shell": True},
    "os:system": {"command": "touch called"},
    "os:mkdir": {"path": "called"},
    "shutil:rmtree": {"path": "kept"},
    "builtins:eval": {"source": "1"},
    "builtins:open": {"file": "called", "mode": "w"},
    "pathlib:Path.touch": {"self": "called"},
    "importlib:import_module": {"package": "antigravity"},
    "runpy:run_path": {"path_name": "evil.py"},
    "webbrowser:open": {"url": "http://localhost"},
    "pickle:loads": {"data": ""},
    "torch:load": {"f": "kept/weights.pth"},
    "torch:save": {"obj": 1, "f": "called"},
    "torch.serialization:save": {"obj": 1, "f": "called"},
    "torch.hub:load": {"repo_or_dir": ".", "model": "evil", "source": "local"},
    "torch.nn:modules.module.warnings.warn": {"message": "called"},
    "torch.nn:Module.load_state_dict": {"self": 1, "state_dict": 1},
    "torch.utils.cpp_extension:load_inline": {"cpp_sources": ""},
    "numpy:savetxt": {"fname": "called", "X": [1]},
    "numpy:load": {"file": "kept/weights.pth"},
    "scipy.io:savemat": {"file_name": "called", "mdict": {}},
    "sklearn.datasets:load_files": {"container_path": "kept"},
    "joblib:dump": {"value": 1, "filename": "called"},
    "timm:create_model": {"model_name": "local-dir:kept"},
    "timm.models:load_checkpoint": {"model": 1, "checkpoint_path": "kept/weights.pth"},
    "torchvision.io:write_file": {"filename": "called", "data": 1},
    "torchvision.transforms:functional.sys.exit": {},
    "antigravity:fly": {},
    "pytest:main": {"args": ["--version"]},
    "augury.files:make_folder": {"folder": "called"},
    "augury.augment:write_augmentation": {"augmentation": 1, "path": "called"},
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "from a file"])
def test_what_makes_no_transform_is_never_called(name, typed, here, monkeypatch):
    (here / "kept").mkdir()
    (here / "evil.py").write_text("open('called', 'w')")
    (here / "hubconf.py").write_text("open('called', 'w')\ndef evil(): pass")
    monkeypatch.delitem(sys.modules, "antigravity", raising=False)
    with pytest.raises(InputError) as caught:
        build({**CALLS[name], "name": name}, typed)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)
    assert not (here / "called").exists()
    assert (here / "kept").exists()
    assert "antigravity" not in sys.modules


def test_transforms_of_the_known_libraries_need_no_confirmation(here):
    made = {
        "torchvision.transforms.v2:RandomHorizontalFlip": {"p": 1.0},
        "torchvision.transforms:RandomVerticalFlip": {"p": 1.0},
        "torchvision.transforms.v2.functional:hflip": {},
        "torch.nn:Identity": {},
        "timm.data.auto_augment:rand_augment_transform": {"config_str": "rand-m9", "hparams": {}},
    }
    require(made, "a study")
    for name, arguments in made.items():
        from_config({"name": name, **arguments})
    assert from_config({"name": "augury.augment:Cutout", "length": 0.25}).length == 0.25


def test_own_code_is_run_when_it_was_typed_or_confirmed_by_its_content(here):
    source = "def make(level=2):\n    return lambda image: image // level\n"
    (here / "mine.py").write_text(source)
    (here / "light.toml").write_text('name = "mine:make"\nlevel = 4\n')
    refused = r"mine:make would run code .* not confirmed: mine\.py.* add --trust"
    for read in (
        lambda: read_augmentation(here / "light.toml"),
        lambda: build_augmentation("flip+mine:make"),
        lambda: require(["mine:make"], "mine:make"),
    ):
        with pytest.raises(InputError, match=refused):
            read()
    assert "mine" not in sys.modules
    confirm(["mine:make"])
    assert first_pixel(read_augmentation(here / "light.toml")) == 25
    key = hashlib.sha256(source.encode()).hexdigest()
    assert [file.name for file in Path(os.environ["AUGURY_TRUST"]).iterdir()] == [key]
    rule._granted.clear()  # another command
    require(["mine:make"], "a study")
    (here / "mine.py").write_text(source + "# one byte more\n")
    with pytest.raises(InputError, match="not confirmed"):
        require(["mine:make"], "a study")
    point_to(["mine:make"])
    require(["mine:make"], "a study")
    assert granted() == {hashlib.sha256((source + "# one byte more\n").encode()).hexdigest()}
    assert len(list(Path(os.environ["AUGURY_TRUST"]).iterdir())) == 1  # typed: for that command


def test_what_own_code_imports_from_its_folder_must_be_confirmed_too(here):
    write(
        here,
        mine="import helper\nfrom kit.inner.deep import make",
        helper="import other\nHELP = 1",
        other="import numpy as np",
        unrelated="raise SystemExit",
        kit__in____init__="",
        kit__in__late="LEVEL = 5",
    )
    (here / "kit" / "inner").mkdir()
    (here / "kit" / "inner" / "deep.py").write_text(
        "def make():\n    from .. import late\n    return lambda image: image // late.LEVEL\n"
    )
    files = {Path(*parts) for parts in (["mine.py"], ["helper.py"], ["other.py"])}
    files |= {Path("kit", *p) for p in (["__init__.py"], ["late.py"], ["inner", "deep.py"])}
    assert {file.relative_to(here) for file in confirm(["mine:make"])} == files
    assert first_pixel(build_augmentation("mine:make")) == 20
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mine", "kit")]:
        del sys.modules[name]
    (here / "kit" / "late.py").write_text("LEVEL = 10")
    with pytest.raises(InputError, match=r"not confirmed: kit/late\.py \(for"):
        require(["mine:make"], "a study")


def test_of_own_code_only_the_confirmed_bytes_run(here):
    """Not what lies in __pycache__, nor modules that are found by no import statement."""
    write(
        here,
        mine="""
            import importlib
            def make():
                return lambda image: image // 2
            def sly():
                importlib.import_module("hid" + "den")
            """,
        hidden="open('called', 'w')",
        bait="open('called', 'w')",
    )
    cached = Path(importlib.util.cache_from_source(str(here / "mine.py")))
    cached.parent.mkdir()
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(here / "bait.py"), str(cached), invalidation_mode=mode)
    confirm(["mine:make"])
    assert first_pixel(build_augmentation("mine:make")) == 50
    with pytest.raises(InputError, match="No module named 'hidden'"):
        build_augmentation("mine:sly")
    assert not (here / "called").exists()


def test_own_code_shadows_nothing(here):
    write(
        here,
        mine="import numpy, copy, mymissing\ndef make():\n    return lambda image: image // 2",
        numpy="open('called', 'w')",
        copy="open('called', 'w')",
        triton_of_nobody="open('called', 'w')",
        mymissing="",
    )
    path = list(sys.path)
    point_to(["mine:make"])
    assert first_pixel(build_augmentation("mine:make")) == 50
    assert sys.path == path
    assert not (here / "called").exists()
    with pytest.raises(ModuleNotFoundError):  # as a library would look for something optional
        importlib.import_module("triton_of_nobody")
    for name in ("numpy:make", "copy:make"):
        with pytest.raises(InputError):
            build({"name": name}, typed=True)
    assert not (here / "called").exists()


@pytest.mark.parametrize(
    ("attribute", "arguments"),
    [
        ("subprocess.run", {"args": "touch called", "shell": True}),
        ("run", {"args": "touch called", "shell": True}),
        ("Popen", {"args": "touch called", "shell": True}),
        ("system", {"command": "touch called"}),
        ("Path.touch", {"self": "called"}),
        ("folder.rmdir", {}),
        ("calls.func", {"args": "touch called", "shell": True}),
        ("torch.save", {"obj": 1, "f": "called"}),
        ("make.__globals__.clear", {}),
        ("__builtins__", {}),
    ],
)
def test_what_own_code_has_imported_is_not_its_own(attribute, arguments, here):
    (here / "kept").mkdir()
    write(
        here,
        mine="""
            import subprocess, torch
            from functools import partial
            from os import system
            from pathlib import Path
            from subprocess import Popen, run
            from torchvision.transforms.v2 import RandomHorizontalFlip

            folder = Path("kept")
            calls = partial(run)

            def make():
                return lambda image: image
            """,
    )
    point_to(["mine:make"])
    with pytest.raises(InputError, match=r"mine:"):
        from_config({"name": f"mine:{attribute}", **arguments})
    assert not (here / "called").exists()
    assert (here / "kept").exists()
    found = from_config({"name": "mine:RandomHorizontalFlip", "p": 1.0})
    assert isinstance(found.transform, v2.RandomHorizontalFlip)


@pytest.mark.parametrize(
    "name", ["a/b:make", "../evil:make", ".evil:make", "evil:", ":make", "a b:c",
             "evil:make:make", "ev\0il:make", "evil:ma\x1b[31mke"]
)  # fmt: skip
def test_names_that_are_none(name, here):
    write(here, evil="open('called', 'w')")
    with pytest.raises(InputError, match="must be module:attribute, both Python names"):
        point_to([name])
    assert not (here / "called").exists()


def test_names_are_found_however_deep_they_stand():
    nested = {"name": "evil:make"}
    for _ in range(20_000):
        nested = {"name": "chain", "parts": [nested, {"name": "flip"}], "p": ("x", 1)}
    assert names_in([nested, {"cutout": {"length": {"name": "worse:make"}}}]) == [
        "evil:make",
        "worse:make",
    ]


def test_a_folder_that_cannot_be_written_is_said(here, monkeypatch, caplog):
    (here / "file").touch()
    monkeypatch.setenv("AUGURY_TRUST", str(here / "file"))
    write(here, mine="def make(): pass")
    assert confirm(["mine:make"]) == [here / "mine.py"]
    assert "confirmed for this command only" in caplog.text
    require(["mine:make"], "a study")


def test_code_that_is_edited_in_a_session_runs_as_it_is_now(here):
    """A helper that was edited, too, and a module of this name in another folder."""
    write(here, mine="from darker import half\n\ndef make():\n    return half\n")
    for divisor, expected in ((2, 50), (4, 25)):
        write(here, darker=f"def half(image):\n    return image // {divisor}\n")
        assert first_pixel(build({"name": "mine:make"}, typed=True)) == expected
    elsewhere = here / "elsewhere"
    elsewhere.mkdir()
    os.chdir(elsewhere)
    write(elsewhere, mine="def make():\n    return lambda image: image + 1\n")
    assert first_pixel(build({"name": "mine:make"}, typed=True)) == 101
