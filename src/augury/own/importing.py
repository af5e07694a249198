"""Importing modules of the user's own, which lie in no installed package."""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType

from augury.own.code_files import OwnModule


class _Loader(SourceFileLoader):
    """Runs the source that it was given, whatever lies in the file or in __pycache__ by then."""

    def __init__(self, name: str, path: str, source: bytes) -> None:
        super().__init__(name, path)
        self._source = source

    def get_data(self, path: str) -> bytes:
        return self._source if path == self.path else super().get_data(path)

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self._source, self.path)
        return code


class _Finder:
    """Finds the modules in `known`, and of their packages nothing else.

    The folder that they lie in is not put on sys.path: a `numpy.py` or `triton.py` beside them
    would run as soon as any library looks for one.
    """

    of_own_code = True

    def __init__(self) -> None:
        self.known: dict[str, tuple[OwnModule, bytes]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in self.known:
            return _spec(*self.known[name])
        if name.rpartition(".")[0] in self.known:
            raise ModuleNotFoundError(
                f"{name} is not imported in so many words, so it could not be confirmed", name=name
            )
        return None


_FINDER = _Finder()


def import_own(module: str, sources: dict[OwnModule, bytes]) -> ModuleType:
    """Import `module`, which like all that it imports from its folder is one of `sources`.

    What was imported before from other bytes, or from another folder, is imported anew: a file may
    be edited in the middle of a session. Raises what importing raises.
    """
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    now = {own.name: (own, source) for own, source in sources.items()}
    if any(_FINDER.known.get(name, found) != found for name, found in now.items()):
        # Whichever of them has imported the changed one holds its old code.
        for name in _FINDER.known:
            sys.modules.pop(name, None)
    _FINDER.known |= now
    return importlib.import_module(module)


def _spec(own: OwnModule, source: bytes) -> ModuleSpec | None:
    folder = [str(own.folder)] if own.folder else None
    if own.file:
        loader = _Loader(own.name, str(own.file), source)
        return spec_from_file_location(
            own.name, own.file, loader=loader, submodule_search_locations=folder
        )
    spec = ModuleSpec(own.name, None, is_package=True)
    spec.submodule_search_locations = folder
    return spec
