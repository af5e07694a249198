"""The kinds of things that "module:attribute" may stand for, and which installed code makes them.

Whatever the kind, the user's own files may make it, once they are typed or confirmed (`trust`).
"""

import inspect
from dataclasses import dataclass
from types import FunctionType
from typing import Any

_MODULE = "torch.nn.modules.module"


@dataclass(frozen=True)
class CodeKind:
    """One kind of thing, and what of installed packages makes it without being confirmed.

    noun: what errors call such things, in the plural.
    classes: pairs (package, module): classes below `package` whose base class lies in `module`, or
        whatever their base is where `module` is "".
    functions: packages whose functions make such things, or do what they do.
    other_packages: whether classes of any other installed package may be used, once its module is
        typed or confirmed.
    allowed: what errors say may be used of installed packages.
    """

    noun: str
    classes: tuple[tuple[str, str], ...] = ()
    functions: tuple[str, ...] = ()
    other_packages: bool = False
    allowed: str = ""

    def is_known_module(self, module: str) -> bool:
        """Whether the module makes such things, or leads to one that does: kornia, torchvision."""
        known = (*(package for package, _ in self.classes), *self.functions)
        return any(within(module, each) or within(each, module) for each in known)

    def is_known_library(self, name: str) -> bool:
        """Whether some modules of the top package of "module:attribute" make such things."""
        return any(within(package, _top(name)) for package, _ in self.classes)

    def makes(self, found: Any, name: str = "") -> bool:
        """Whether `found`, of an installed package, makes such things; it is not called to see.

        Where it was written and what it is decide. name: what was asked for; of a library that is
        not known any class that can be called will do, if `other_packages` allows it.
        """
        home = str(getattr(found, "__module__", ""))
        if isinstance(found, FunctionType):
            return any(within(home, each) for each in self.functions)
        if not inspect.isclass(found) or not any("__call__" in vars(cls) for cls in found.__mro__):
            return False
        if name and self.other_packages and not self.is_known_library(name):
            return within(home, _top(name))
        homes = [cls.__module__ for cls in found.__mro__]
        return any(
            within(home, package) and (not base or base in homes) for package, base in self.classes
        )


TRANSFORM = CodeKind(
    "transforms",
    classes=(
        ("torchvision.transforms", ""),
        ("albumentations", "albumentations.core.serialization"),
        ("kornia.augmentation", _MODULE),
        ("kornia.color", _MODULE),
        ("kornia.enhance", _MODULE),
        ("kornia.filters", _MODULE),
        ("kornia.geometry.transform", _MODULE),
        ("torch.nn", _MODULE),
        ("timm.data.auto_augment", ""),
        ("timm.data.mixup", ""),
        ("timm.data.random_erasing", ""),
        ("timm.data.transforms", ""),
        ("augury.augment", "augury.augment.base"),
    ),
    functions=(
        "torchvision.transforms.functional",
        "torchvision.transforms.v2.functional",
        "timm.data.auto_augment",
        "timm.data.transforms_factory",
    ),
    other_packages=True,
    allowed="transforms can be used: classes that can be called, and functions of torchvision and "
    "timm",
)
MODEL = CodeKind(
    "models",
    classes=(("torchvision.models", _MODULE), ("timm.models", _MODULE)),
    functions=("torchvision.models", "timm.models"),
    allowed="networks of torchvision.models and timm.models can be used",
)
DATASET = CodeKind("data sets")


def within(module: str, package: str) -> bool:
    """Whether `module` is `package` or lies below it."""
    return module == package or module.startswith(package + ".")


def _top(name: str) -> str:
    return name.partition(":")[0].partition(".")[0]
