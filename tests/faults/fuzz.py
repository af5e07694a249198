"""Reading what is drawn at random: an error that users meet, or a value; never anything else.

A parser is given sound inputs that were damaged, and others that were made for it. Every input is a
pure function of the parser's name and a number. Time and memory are watched: an input that takes
more processor time or memory than any honest one is a fault, as is an error of several lines.
"""

import logging
import random
import re
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mutate import RANDOM

from augury.errors import AuguryError

SECONDS = 30  # of processor time for one input; none takes one, so this only ends what hangs
ADDRESSES = 6_000_000_000  # bytes of address space, so that a bomb does not take the machine along
LONGEST_LINE = 3000  # characters
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ODD_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1,
                2**63, 2**64 - 1)  # fmt: skip

Draw = random.Random


@dataclass(frozen=True)
class Parser:
    """What reads bytes of one kind.

    sound: inputs that it reads without an error; read: raises AuguryError, or returns whatever;
    make: an input of the kind from a sound one, with its checksums right; memory: bytes that it may
    add to the process.
    """

    name: str
    sound: Callable[[], list[bytes]]
    read: Callable[[bytes], object]
    make: Callable[[bytes, Draw], bytes] | None = None
    memory: int = 400_000_000


def fuzz(parser: Parser, count: int) -> dict[str, int]:
    """How many of `count` inputs were read and how many refused; AssertionError for any fault."""
    sound = parser.sound()
    for content in sound:
        parser.read(content)
    tally = {"inputs": 0, "read": 0, "refused": 0}
    faults: dict[str, tuple[int, str]] = {}
    with watched(parser.memory) as check_memory, silence():
        for number in range(count):
            content = drawn(parser, sound, number)
            tally["inputs"] += 1
            try:
                with limited_time():
                    parser.read(content)
                check_memory()
                tally["read"] += 1
            except AuguryError as error:
                tally["refused"] += 1
                if told := unfit(str(error)):
                    faults.setdefault(told, (number, str(error)[:300]))
            except (Exception, Hanging) as error:  # noqa: BLE001, as whatever comes is a fault
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
                faults.setdefault(place, (number, str(error)[:300]))
    assert not faults, f"{parser.name}: " + "; ".join(
        f"{what} (input {number}: {words})" for what, (number, words) in faults.items()
    )
    return tally


def drawn(parser: Parser, sound: list[bytes], number: int) -> bytes:
    """The input of this number."""
    draw = Draw(f"{parser.name} {number}")
    content = draw.choice(sound)
    if parser.make is not None and number % 2:
        return parser.make(content, draw)
    return damaged(content, sound, draw)


def damaged(content: bytes, sound: list[bytes], draw: Draw) -> bytes:
    """One to three damages."""
    changes = (*RANDOM, odd_number, doubled, spliced(sound))
    for _ in range(draw.randint(1, 3)):
        if len(content) > 1:
            content = draw.choice(changes)(content, draw)
    return content


def odd_number(content: bytes, draw: Draw) -> bytes:
    """A number of 1 to 8 bytes, such as stand at the borders of types."""
    size = draw.choice((1, 2, 4, 8))
    number = draw.choice(_ODD_NUMBERS) % 256**size
    at = draw.randrange(len(content))
    order = draw.choice(("little", "big"))
    odd: bytes = number.to_bytes(size, order)
    return content[:at] + odd + content[at + size :]


def doubled(content: bytes, draw: Draw) -> bytes:
    """A piece that stands there twice."""
    start = draw.randrange(len(content))
    stop = min(len(content), start + draw.randint(1, 600))
    return content[:stop] + content[start:]


def spliced(sound: list[bytes]) -> Callable[[bytes, Draw], bytes]:
    def splice(content: bytes, draw: Draw) -> bytes:
        """The beginning of one input, and the end of another."""
        other = draw.choice(sound)
        return content[: draw.randrange(len(content))] + other[draw.randrange(len(other) + 1) :]

    return splice


def unfit(line: str) -> str:
    """Why an error's text is not one that can be shown as a line, "" where it is."""
    if _CONTROL.search(line):
        return "a line with control characters"
    return "a line of great length" if len(line) > LONGEST_LINE else ""


@contextmanager
def silence() -> Iterator[None]:
    """Without what NumPy and Pillow say of odd files, and without a line for each made anew."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable()
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


class Hanging(BaseException):
    """Not an Exception, which a parser might take for the input's damage."""


def _interrupt(*_: object) -> None:
    raise Hanging


@contextmanager
def limited_time() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def watched(memory: int) -> Iterator[Callable[[], None]]:
    """Yields what raises MemoryError where the process has grown by over `memory` bytes."""
    if not sys.platform.startswith("linux"):
        yield lambda: None
        return
    before = signal.signal(signal.SIGPROF, _interrupt)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1024 * _status("VmSize") + ADDRESSES, hard))
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    start = _status("VmRSS")

    def check_memory() -> None:
        if 1024 * (_status("VmHWM") - start) > memory:
            Path("/proc/self/clear_refs").write_text("5")
            raise MemoryError(f"more than {memory:,} bytes were taken")

    try:
        yield check_memory
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def _status(field: str) -> int:
    """Of this process, in kB."""
    text = Path("/proc/self/status").read_text()
    return int(text.split(field + ":")[1].split()[0])
