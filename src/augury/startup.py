"""Starting Python so that it imports no files from the working folder.

Python looks for modules in the working folder first: in every process that runs `-c` or `-m`, and
where PYTHONPATH has an empty entry. A `numpy.py` there would run in place of NumPy. This module is
imported before all others, so it imports almost nothing.
"""

import os
import site
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

# With this variable Python ignores the working folder and the folder of the script.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}

# Read by PyTorch when it is loaded: what Apple's GPUs cannot do is done by the processor.
if sys.platform == "darwin":
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

# Folders of augury, of Python's standard library and of installed packages.
_NEEDED = (
    os.path.dirname(os.path.dirname(__file__)),
    os.path.dirname(os.__file__),
    *site.getsitepackages(),
    site.getusersitepackages(),
)


def without_working_folder(paths: Sequence[str]) -> list[str]:
    """`paths` (of sys.path or PYTHONPATH) without the working folder, unless Python needs it."""
    try:
        here = os.path.realpath(os.curdir)
    except OSError:  # it was removed
        return list(paths)
    if here in map(os.path.realpath, _NEEDED):
        return [path for path in paths if path]
    return [path for path in paths if os.path.realpath(path) != here]


def child_environment() -> dict[str, str]:
    """Environment variables for a child process on this machine, so that it starts in this way."""
    paths = without_working_folder(os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return {**SAFE_PATH, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, paths))}


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Environment variables that only processes started within the block inherit."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def without_main_script() -> Iterator[None]:
    """Processes that multiprocessing starts within the block do not run the main script again.

    They need nothing of it, and a script without `if __name__ == "__main__"` would start all over
    in each of them.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def away_from_working_folder() -> Iterator[None]:
    """Change to Python's folder within the block, for code that reads files of the working folder.

    This affects the whole process, so nothing else may run meanwhile.
    """
    here = os.open(os.curdir, getattr(os, "O_PATH", os.O_RDONLY))
    try:
        os.chdir(sys.prefix)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
