"""Fixtures that every test may use."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# Loops that Numba compiles are stored here by their content, whatever cache folder a test has: each
# takes seconds to compile. Set before any test imports Numba, and for processes that tests start.
COMPILED = Path(__file__).parent.parent / ".pytest_cache" / "compiled"
os.environ.setdefault("NUMBA_CACHE_DIR", str(COMPILED))

# Nothing is timed in tests: a busy machine must not fail them.
settings.register_profile("augury", deadline=None)
settings.load_profile("augury")


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the test run's own, so that no test depends on what the machine has stored."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["AUGURY_CACHE"] = str(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def trust_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests confirm is confirmed for them alone."""
    folder = tmp_path_factory.mktemp("trust")
    os.environ["AUGURY_TRUST"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real CIFAR-10 and Fashion-MNIST, or a skip that says what is missing."""
    folder = os.environ.get("AUGURY_DATA")
    if not folder:
        pytest.skip("AUGURY_DATA names no folder with real CIFAR-10 or Fashion-MNIST")
    return Path(folder)


@pytest.fixture
def heeds_sigint():
    """Processes that are started heed it, also where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the tests file by file, as files hold fixtures; see `make test`.

    A machine has one Ray cluster at a time: its tests go to the same process.
    """
    for item in items:
        group = "ray" if "ray" in item.path.stem else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
