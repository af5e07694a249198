"""Packages and tables that import a module when a name is asked for."""

import importlib
import pkgutil

import pytest

import augury
from augury.augment.names import AUGMENTATIONS, COMPOSITIONS
from augury.data.names import DATASETS
from augury.lazy import LazyTable, Row

PACKAGES = (
    "api",
    "augment",
    "data",
    "loggers",
    "models",
    "report",
    "saliency",
    "study",
    "terminal",
)


@pytest.mark.parametrize("table", [AUGMENTATIONS, COMPOSITIONS])
def test_each_title_is_the_first_line_of_its_class(table):
    for name, title in table.titles.items():
        assert title == table[name].__doc__.strip().splitlines()[0], name


def test_each_title_is_the_first_line_of_its_data_set():
    for name, title in DATASETS.titles.items():
        module = importlib.import_module(DATASETS[name].__module__)
        assert title == module.__doc__.strip().splitlines()[0], name


def test_a_table_is_a_mapping():
    table: LazyTable[object] = LazyTable({"pi": Row("math:pi", "3.14"), "e": Row("math:e", "2.7")})
    other: LazyTable[object] = LazyTable({"tau": Row("math:tau", "6.28")})
    assert list(table) == ["pi", "e"]
    assert len(table) == 2
    assert "pi" in table
    assert "tau" not in table
    assert [*(table | other).items()] == [
        ("pi", 3.14159265358979311600),
        ("e", 2.718281828459045),
        ("tau", 6.283185307179586),
    ]
    assert (table | other).titles == {"pi": "3.14", "e": "2.7", "tau": "6.28"}
    with pytest.raises(KeyError):
        table["tau"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_lists_its_public_names_and_no_submodule_is_called_like_one(name):
    package = importlib.import_module(f"augury.{name}")
    assert {*package.__all__} <= {*dir(package)}
    submodules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert not submodules & {*package.__all__}
    with pytest.raises(AttributeError, match=f"module 'augury.{name}' has no attribute 'nothing'"):
        _ = package.nothing


def test_every_lazy_package_is_tested_here():
    found = {
        module.name
        for module in pkgutil.iter_modules(augury.__path__)
        if module.ispkg and hasattr(importlib.import_module(f"augury.{module.name}"), "lazily")
    }
    assert found == {*PACKAGES}
