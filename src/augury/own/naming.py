"""The name by which any process can import an object that Python code gives."""

import sys
from pathlib import Path
from types import FunctionType

from augury.errors import InputError
from augury.own.code_files import origin_of
from augury.own.kinds import CodeKind

_MAIN = ("__main__", "__mp_main__")  # a script or a notebook: to import it would run it again


def importable_name(thing: object, kind: CodeKind) -> str | None:
    """ "module:name" of a function or class that a worker finds and may run, or None.

    None for what stands in a script, a notebook or another function, for objects, and for what of
    an installed package makes no things of this kind. Nothing is imported.
    """
    if not isinstance(thing, type | FunctionType) or thing.__module__ in _MAIN:
        return None
    name = f"{thing.__module__}:{thing.__qualname__}"
    try:
        origin = origin_of(name)
    except InputError:
        return None
    module = sys.modules.get(thing.__module__)
    if module is None or _attribute(module, thing.__qualname__) is not thing:
        return None
    if origin.kind == "own":
        file = getattr(module, "__file__", None)
        same = file and origin.file and Path(file).resolve() == origin.file.resolve()
        return name if same else None
    return name if origin.kind == "installed" and kind.makes(thing) else None


def _attribute(module: object, name: str) -> object:
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
