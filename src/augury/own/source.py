"""A hash of what an object of a Python session is made of, so that a study knows it again.

It covers the source of functions and classes, what they use of the session (other functions and
classes, values under global names, values that a closure holds) and default arguments. Of installed
packages it has the names only, and of their objects what `repr` shows.
"""

import dis
import functools
import hashlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType

from augury.errors import InputError

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_DIGITS = 16

Seen = dict[int, object]  # by id; they are kept, so that no other object gets the same


def source_hash(thing: object) -> str:
    """16 digits of a hash over `thing`; see above.

    Raises InputError for a function or a class of the session whose source cannot be read, as of
    code that was made by `exec`.
    """
    described = "\n".join(_described(thing, {}))
    return hashlib.sha256(described.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]


def described_name(thing: object) -> tuple[str, bool]:
    """A Python name for `thing`, and whether it is one that was given to it alone.

    That is so of functions and classes that stand at the top of a module or a notebook.
    """
    name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    is_own = isinstance(thing, type | FunctionType) and name.isidentifier()
    last = re.sub(r"\W", "", name.rpartition(".")[2])
    return last if last.isidentifier() else "thing", is_own


def is_library(module: str) -> bool:
    """Whether a module belongs to Python, augury or an installed package."""
    top = module.partition(".")[0]
    if top == "__main__":
        return False
    if top in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    parts = set(re.split(r"[/\\]", file))
    return top == "augury" or bool(parts & {"site-packages", "dist-packages"})


def _described(thing: object, seen: Seen) -> Iterator[str]:
    """Texts that differ where the objects do."""
    if isinstance(thing, _PLAIN):
        yield repr(thing)
        return
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, FunctionType):
        yield from _function(thing, seen)
    elif isinstance(thing, type):
        yield from _class(thing, seen)
    elif isinstance(thing, MethodType):
        yield from _described(thing.__func__, seen)
        yield from _described(thing.__self__, seen)
    elif isinstance(thing, functools.partial):
        yield from _described([thing.func, thing.args, thing.keywords], seen)
    elif isinstance(thing, ModuleType):
        yield thing.__name__
    elif isinstance(thing, Mapping):
        yield f"mapping of {len(thing)}"
        for key, value in thing.items():
            yield repr(key)
            yield from _described(value, seen)
    elif isinstance(thing, list | tuple):
        yield f"{type(thing).__name__} of {len(thing)}"
        for value in thing:
            yield from _described(value, seen)
    else:
        yield from _object(thing, seen)


def _function(function: FunctionType, seen: Seen) -> Iterator[str]:
    yield f"{function.__module__}.{function.__qualname__}"
    if is_library(function.__module__):
        return
    yield _source(function)
    if function.__name__ == "<lambda>":  # its source is the whole line, which may hold others
        code = function.__code__
        yield repr((code.co_code, code.co_names, code.co_varnames))
        yield repr([each for each in code.co_consts if isinstance(each, _PLAIN)])
    yield from _described([function.__defaults__, function.__kwdefaults__], seen)
    for cell in function.__closure__ or ():
        try:
            yield from _described(cell.cell_contents, seen)
        except ValueError:  # not filled yet
            continue
    for name in sorted(_globals(function.__code__)):
        yield from _used(function.__globals__.get(name), seen)


def _used(value: object, seen: Seen) -> Iterator[str]:
    """Describe the value of a global name; objects of other types are left out, as they can change
    without an edit of the source.
    """
    if isinstance(value, (*_PLAIN, FunctionType, type, tuple, list, dict, functools.partial)):
        yield from _described(value, seen)


def _globals(code: CodeType) -> set[str]:
    found = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _globals(constant)
    return found


def _class(cls: type, seen: Seen) -> Iterator[str]:
    yield f"{cls.__module__}.{cls.__qualname__}"
    if is_library(cls.__module__):
        return
    methods = [each for each in vars(cls).values() if isinstance(each, FunctionType)]
    try:
        yield _source(cls)
    except InputError:
        # Of a notebook's classes inspect finds the methods only.
        if not methods:
            raise
    for each in (*cls.__bases__, *methods):
        yield from _described(each, seen)


def _object(thing: object, seen: Seen) -> Iterator[str]:
    # Late, as the rule of trust does without PyTorch, and importing it takes seconds.
    import numpy as np
    import torch

    yield from _described(type(thing), seen)
    if not is_library(type(thing).__module__):
        yield from _described(getattr(thing, "__dict__", {}), seen)
    elif isinstance(thing, np.ndarray | torch.Tensor):
        array = np.asarray(thing.detach().cpu() if isinstance(thing, torch.Tensor) else thing)
        yield f"{array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
    else:
        yield re.sub(r" at 0x[0-9a-fA-F]+", "", repr(thing))


def _source(thing: FunctionType | type) -> str:
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError) as error:
        raise InputError(
            f"{thing.__qualname__}: its source cannot be read, by which a study knows it again. "
            "Put it into a file and give it as module:name"
        ) from error
