"""augury: which data augmentation helps, by how much, and how sure that is.

The names below are the public ones, with those in the `__all__` of the packages. Each is imported
when it is first used: `import augury` itself loads neither PyTorch nor NumPy.
"""

__version__ = "0.1.0"

# Nothing is imported here, not even `typing`: with `python -m augury` this runs while the working
# folder comes first on the path, and a file of that name could lie there.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from augury.api import (
        CheckTable,
        ComparisonTable,
        ConfirmationTable,
        DoctorReport,
        PreviewPicture,
        ReportPage,
        StatusTable,
        Study,
        VerdictTable,
        check,
        export,
        show_batch,
    )
    from augury.augment import Augmentation, Collate, WithIds, build_augmentation
    from augury.batch import Batch
    from augury.data import Dataset, from_arrays, from_hugging_face, from_torch, load_dataset
    from augury.errors import (
        AuguryError,
        CellsFailed,
        DataError,
        DiskError,
        InputError,
        RecipeChanged,
        TrainingError,
        UnreadableError,
    )
    from augury.records.search import Search
    from augury.records.verdicts import ArmVerdict
    from augury.rng import Draws
    from augury.stats import Rule
    from augury.study import CellCounts, CellStatus, Confirmation, NetworkOptions, StudySettings
    from augury.study.engines import Engine, InProcess, Job, Local, Ray, Torchrun
    from augury.training import Recipe

__all__ = [
    "ArmVerdict",
    "Augmentation",
    "AuguryError",
    "Batch",
    "CellCounts",
    "CellStatus",
    "CellsFailed",
    "CheckTable",
    "Collate",
    "ComparisonTable",
    "Confirmation",
    "ConfirmationTable",
    "DataError",
    "Dataset",
    "DiskError",
    "DoctorReport",
    "Draws",
    "Engine",
    "InProcess",
    "InputError",
    "Job",
    "Local",
    "NetworkOptions",
    "PreviewPicture",
    "Ray",
    "Recipe",
    "RecipeChanged",
    "ReportPage",
    "Rule",
    "Search",
    "StatusTable",
    "Study",
    "StudySettings",
    "Torchrun",
    "TrainingError",
    "UnreadableError",
    "VerdictTable",
    "WithIds",
    "__version__",
    "build_augmentation",
    "check",
    "export",
    "from_arrays",
    "from_hugging_face",
    "from_torch",
    "load_dataset",
    "show_batch",
]

_HOMES = {
    "augury.api": (
        "Study",
        "VerdictTable",
        "DoctorReport",
        "StatusTable",
        "ComparisonTable",
        "ConfirmationTable",
        "ReportPage",
        "PreviewPicture",
        "check",
        "CheckTable",
        "export",
        "show_batch",
    ),
    "augury.records.search": ("Search",),
    "augury.records.verdicts": ("ArmVerdict",),
    "augury.study": (
        "CellStatus",
        "CellCounts",
        "Confirmation",
        "StudySettings",
        "NetworkOptions",
    ),
    "augury.training": ("Recipe",),
    "augury.stats": ("Rule",),
    "augury.study.engines": ("Local", "InProcess", "Ray", "Torchrun", "Engine", "Job"),
    "augury.data": ("load_dataset", "from_arrays", "from_torch", "from_hugging_face", "Dataset"),
    "augury.batch": ("Batch",),
    "augury.rng": ("Draws",),
    "augury.augment": ("build_augmentation", "Augmentation", "Collate", "WithIds"),
    "augury.errors": (
        "AuguryError",
        "InputError",
        "DataError",
        "UnreadableError",
        "RecipeChanged",
        "TrainingError",
        "CellsFailed",
        "DiskError",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # or a name that is not there would be found by type checkers

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'augury' has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(home), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOME_OF})
