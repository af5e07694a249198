"""What is public: the names of `augury`, and those in the `__all__` of its packages."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import augury

# A name is public from the release that has it first; taking one away breaks users' programs.
NAMES = {
    *("Study", "VerdictTable", "DoctorReport", "StatusTable", "ComparisonTable"),
    *("ReportPage", "PreviewPicture", "ArmVerdict", "CellStatus", "CellCounts"),
    *("Confirmation", "ConfirmationTable"),
    *("StudySettings", "Recipe", "NetworkOptions", "Rule", "Search"),
    *("Local", "InProcess", "Ray", "Torchrun", "Engine", "Job"),
    *("load_dataset", "from_arrays", "from_torch", "from_hugging_face", "Dataset"),
    *("Batch", "Draws", "build_augmentation", "Augmentation", "Collate", "WithIds"),
    *("check", "CheckTable", "export", "show_batch"),
    *("AuguryError", "InputError", "DataError", "UnreadableError", "RecipeChanged"),
    *("TrainingError", "CellsFailed", "DiskError"),
    "__version__",
}
PACKAGES = [module.name for module in pkgutil.iter_modules(augury.__path__) if module.ispkg]


def own_docstring(thing: object) -> str:
    """As it was written: neither inherited nor made by `dataclass`."""
    found = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    made = inspect.isclass(thing) and (found or "").startswith(f"{thing.__name__}(")
    return "" if made else found or ""


def test_the_list_of_public_names_is_this_one():
    assert set(augury.__all__) == NAMES
    assert len(augury.__all__) == len(NAMES)
    assert set(dir(augury)) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES - {"__version__"}))
def test_each_name_is_there_and_documented(name):
    found = getattr(augury, name)
    assert own_docstring(found)
    home = importlib.import_module(augury._HOME_OF[name])
    assert getattr(home, name) is found


def test_a_name_that_is_not_there_is_told():
    with pytest.raises(AttributeError, match="module 'augury' has no attribute 'Studdy'"):
        _ = augury.Studdy


def test_importing_augury_loads_nothing_heavy():
    code = (
        "import sys, augury; heavy = {'torch', 'numpy', 'rich', 'scipy', 'PIL'}; "
        "found = heavy & sys.modules.keys(); assert not found, found; augury.__version__; "
        "dir(augury); assert not heavy & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_what_is_public(package):
    module: ModuleType = importlib.import_module(f"augury.{package}")
    assert module.__doc__
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        found = getattr(module, name)
        if inspect.isclass(found) or inspect.isroutine(found):
            assert own_docstring(found), f"{package}.{name} has no docstring"
