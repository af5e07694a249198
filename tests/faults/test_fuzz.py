"""Each parser of data, studies, settings and caches against random inputs; see `fuzz`."""

from pathlib import Path

import pytest
from fuzz import Parser, drawn, fuzz
from fuzz_data import data_parsers
from fuzz_settings import settings_parsers
from fuzz_study import cache_parsers, study_parsers

from augury.errors import InputError

FEW, MANY = 300, 100_000


def parsers(folder: Path) -> dict[str, Parser]:
    makes = (data_parsers, settings_parsers, study_parsers, cache_parsers)
    return {parser.name: parser for make in makes for parser in make(folder)}


NAMES = list(parsers(Path()))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("name", NAMES)
def test_random_inputs(name, place, counts):
    counts(f"fuzzed {name} (short)", **fuzz(parsers(place)[name], FEW))


@pytest.mark.faults
@pytest.mark.parametrize("name", NAMES)
def test_very_many_random_inputs(name, place, counts):
    counts(f"fuzzed {name}", **fuzz(parsers(place)[name], MANY))


def read(content: bytes) -> None:
    """A parser with faults of its own, which the fuzzer must find."""
    if content[:1] == b"a":
        raise KeyError("a")
    if content[:1] == b"b":
        raise unprintable("one line\nand another")
    if content[:1] == b"c":
        raise unprintable("an escape \x1b[2J")
    if content[:1] == b"d":
        hoard.append(b"x" * 50_000_000)


def unprintable(message):
    """An error of ours as it would be if ours did not make their messages printable."""
    error = InputError()
    error.args = (message,)
    return error


hoard: list[bytes] = []


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        (b"a", "KeyError at test_fuzz.py"),
        (b"b", "control characters"),
        (b"c", "control characters"),
        (b"d", "MemoryError"),
    ],
)
def test_the_fuzzer_finds_what_is_planted(letters, told):
    parser = Parser("planted", lambda: [b"zzzz"], read, lambda content, draw: letters,
                    memory=20_000_000)  # fmt: skip
    with pytest.raises(AssertionError, match=told):
        fuzz(parser, 10)
    hoard.clear()


def test_inputs_are_the_same_in_every_run():
    parser = Parser("same", lambda: [bytes(range(200))], bytes)
    inputs = [drawn(parser, parser.sound(), number) for number in range(100)]
    assert inputs == [drawn(parser, parser.sound(), number) for number in range(100)]
    assert len(set(inputs)) > 90
