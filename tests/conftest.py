"""Fixtures that every test may use."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Loops that Numba compiles are stored here by their content, whatever cache folder a test has: each
# takes seconds to compile. Set before any test imports Numba, and for processes that tests start.
COMPILED = Path(__file__).parent.parent / ".pytest_cache" / "compiled"
os.environ.setdefault("NUMBA_CACHE_DIR", str(COMPILED))
# PyTorch's threads sleep while they have nothing to do. By default they spin, and a study that has
# two of them costs five times as much while another test has one of two cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Files that take more than ten seconds, the longest first.
LONGEST = (
    "test_ending",
    "test_study",
    "test_torchrun",
    "test_augmentations",
    "test_pages",
    "test_distributions",
    "test_fast_paths",
    "test_ray_cluster",
    "test_each_operation",
    "test_kills",
    "test_mutations",
    "test_own_pages",
    "test_processes",
    "test_run",
    "test_python_study",
    "test_engines",
    "test_objects",
    "test_interpreted",
    "test_benchmarks",
    "test_cifar10",
    "test_normal",
    "test_salience_raw",
    "test_checks",
    "test_received_folder",
    "test_script_under_torchrun",
    "test_own_objects",
    "test_sources",
    "test_verdict",
    "test_soak",
    "test_puzzlemix",
)

# Nothing is timed in tests: a busy machine must not fail them.
settings.register_profile("augury", deadline=None)
settings.load_profile("augury")


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """A cache of the test run's own, so that no test depends on what the machine has stored.

    The processes that share the tests share it, so that real data are decoded once.
    """
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if hasattr(pytestconfig, "workerinput") else root) / "cache"
    folder.mkdir(exist_ok=True)
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


@pytest.fixture(scope="module")
def compiled_loops():
    """Compiled loops are used whatever AUGURY_KERNELS says, in tests that are about them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUGURY_KERNELS", "on")
        yield


@pytest.fixture
def heeds_sigint():
    """Processes that are started heed it, also where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long begin first, so that both processes end at about the same time."""
    items.sort(key=lambda item: _place(item.path.stem))


def _place(stem: str) -> int:
    return LONGEST.index(stem) if stem in LONGEST else len(LONGEST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """Processes share the tests file by file, as files hold fixtures; see `make test`."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class InGroups(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(super()._split_scope(nodeid))

    config.option.loadscopereorder = False  # it would begin with the files of most tests
    return InGroups(config, log)


def _group(file: str) -> str:
    """Files of one group run in the same process, one after the other."""
    stem = Path(file).stem
    if "ray" in stem:
        return "ray"  # a machine has one Ray cluster at a time
    if stem in ("test_kills", "test_mutations"):
        return "straight"  # the study that both begin with is trained once
    return file
