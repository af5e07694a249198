"""Pickles of plain values, read without Python's unpickler.

A pickle is a program for a small machine with a stack and a memo. Python's machine calls any
function that the program names, and trusts its numbers: nine bytes make it allocate 5 GB for a
memo, and nested tuples make it overflow its stack. The machine here knows only the instructions for
containers, whole numbers, strings and NumPy's arrays (protocols 0 to 4, from Python 2 or 3), keeps
their results as inert values, and calls nothing.
"""

import codecs
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_STEPS = 1_000_000  # a batch of 10,000 images needs some 50,000


class PickleError(ValueError):
    """The content is no pickle, a damaged one, or one with other than plain values."""


@dataclass(frozen=True)
class _Name:
    """A class or function that a pickle names."""

    name: str


@dataclass
class _Object:
    """A placeholder for an object: its constructor, the arguments and its state."""

    maker: str
    arguments: tuple[Any, ...]
    state: Any = None


# The names in NumPy's arrays, and in Python 3's bytes in pickles for Python 2.
_ARRAY, _TYPE, _ENCODE = "numpy.core.multiarray._reconstruct", "numpy.dtype", "_codecs.encode"
_NAMES = (_ARRAY, _TYPE, _ENCODE, "numpy.ndarray")
_MARK = object()


def read_pickle(content: bytes) -> Any:
    """The value in a pickle; byte strings stay bytes, and arrays can be read by `read_array`.

    Raises PickleError, which may quote the content.
    """
    try:
        return _Machine(content).run()
    except PickleError:
        raise
    except (IndexError, KeyError, TypeError, ValueError, struct.error) as error:
        raise PickleError("damaged") from error


def read_array(value: object) -> npt.NDArray[np.uint8]:
    """The array of bytes in `value`; PickleError if it is something else."""
    if isinstance(value, _Object) and value.maker == _ARRAY:
        try:
            _, shape, kind, fortran_order, content = value.state
            is_bytes = kind.maker == _TYPE and kind.arguments[0] in ("u1", b"u1")
            if is_bytes and not fortran_order and all(type(side) is int for side in shape):
                return np.frombuffer(content, np.uint8).reshape(shape)
        except (AttributeError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise PickleError("a damaged array") from error
    raise PickleError("its data are no bytes in C order")


class _Machine:
    """Runs the program in `content`."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.encoded = 0  # number of characters that were encoded into bytes

    def run(self) -> Any:
        for _ in range(MOST_STEPS):
            code = self.take(1)
            if code == b".":
                return self.stack.pop()
            instruction = _INSTRUCTIONS.get(code)
            if instruction is None:
                raise PickleError(f"refused: it holds the instruction {code!r}")
            instruction(self)
        raise PickleError(f"refused: more than {MOST_STEPS:,} instructions")

    def push(self, value: object) -> None:
        self.stack.append(value)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > len(self.content) - self.at:
            raise PickleError("cut short")
        self.at += count
        return self.content[self.at - count : self.at]

    def take_counted(self, size: int) -> bytes:
        """Read a length from the next `size` bytes, and return as many bytes."""
        return self.take(self.number(size))

    def number(self, size: int) -> int:
        """The number in the next `size` bytes, little-endian."""
        return int.from_bytes(self.take(size), "little")

    def signed(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little", signed=True)

    def line(self) -> bytes:
        """The bytes up to the next line break."""
        text = self.take(self.content.index(b"\n", self.at) - self.at)
        self.at += 1
        return text

    def last(self, count: int) -> list[Any]:
        """Remove the last `count` values from the stack and return them."""
        start = len(self.stack) - count
        if start < 0:
            raise PickleError("damaged")
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def since_mark(self) -> list[Any]:
        """Remove the last mark and the values after it from the stack; return the values."""
        count = 0
        while self.stack[-1 - count] is not _MARK:
            count += 1
        values = self.last(count)
        self.stack.pop()
        return values

    def extend(self, values: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise PickleError("damaged")
        self.stack[-1].extend(values)

    def set_items(self, values: list[Any]) -> None:
        entries = self.stack[-1]
        if not isinstance(entries, dict):
            raise PickleError("damaged")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(key, bytes | str):  # their hashes cannot be chosen and are fast
                raise PickleError("a key that is no string")
            entries[key] = value

    def make_dict(self, values: list[Any]) -> None:
        self.push({})
        self.set_items(values)

    def remember(self, number: int) -> None:
        self.memo[number] = self.stack[-1]

    def name(self, module: object, name: object) -> None:
        full = f"{module}.{name}".replace("numpy._core", "numpy.core")
        if full not in _NAMES:
            raise PickleError(f"refused: it asks for {module}.{name}")
        self.push(_Name(full))

    def call(self, made_by: object, arguments: object) -> None:
        """Keep a call as a placeholder; only the encoding of text into bytes is carried out."""
        if not isinstance(made_by, _Name) or not isinstance(arguments, tuple):
            raise PickleError("damaged")
        if made_by.name == _ENCODE:
            self.encoded += len(arguments[0])
            if self.encoded > len(self.content):  # one long text that is encoded many times
                raise PickleError("refused: it unpacks to more bytes than it has")
            self.push(arguments[0].encode("latin1") if isinstance(arguments[0], str) else b"")
        else:
            self.push(_Object(made_by.name, arguments))

    def set_state(self, value: object, state: object) -> None:
        if not isinstance(value, _Object):
            raise PickleError("damaged")
        value.state = state
        self.push(value)


def _whole_number(text: bytes) -> int | bool:
    booleans = {b"00": False, b"01": True}
    return booleans[text] if text in booleans else int(text.removesuffix(b"L"))


def _quoted(text: bytes) -> bytes:
    """The byte string whose repr in Python 2 is `text`."""
    if len(text) < 2 or text[0] != text[-1] or text[:1] not in (b"'", b'"'):
        raise PickleError("damaged")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about invalid escapes, which stay as they are
        return codecs.escape_decode(text[1:-1])[0]


# The instructions by their byte; Python's pickletools documents them.
_INSTRUCTIONS: dict[bytes, Callable[[_Machine], object]] = {
    # Instructions without an effect on the value.
    b"\x80": lambda m: m.take(1),
    b"\x95": lambda m: m.take(8),
    # Constants
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"I": lambda m: m.push(_whole_number(m.line())),
    b"L": lambda m: m.push(_whole_number(m.line())),
    b"J": lambda m: m.push(m.signed(4)),
    b"K": lambda m: m.push(m.number(1)),
    b"M": lambda m: m.push(m.number(2)),
    b"\x8a": lambda m: m.push(m.signed(m.number(1))),
    b"S": lambda m: m.push(_quoted(m.line())),
    b"T": lambda m: m.push(m.take_counted(4)),
    b"U": lambda m: m.push(m.take_counted(1)),
    b"B": lambda m: m.push(m.take_counted(4)),
    b"C": lambda m: m.push(m.take_counted(1)),
    b"\x8e": lambda m: m.push(m.take_counted(8)),
    b"V": lambda m: m.push(m.line().decode("raw_unicode_escape")),
    b"X": lambda m: m.push(m.take_counted(4).decode("utf-8", "surrogatepass")),
    b"\x8c": lambda m: m.push(m.take_counted(1).decode("utf-8", "surrogatepass")),
    b"\x8d": lambda m: m.push(m.take_counted(8).decode("utf-8", "surrogatepass")),
    # Containers
    b"(": lambda m: m.push(_MARK),
    b"]": lambda m: m.push([]),
    b"l": lambda m: m.push(m.since_mark()),
    b"a": lambda m: m.extend(m.last(1)),
    b"e": lambda m: m.extend(m.since_mark()),
    b"}": lambda m: m.push({}),
    b"d": lambda m: m.make_dict(m.since_mark()),
    b"s": lambda m: m.set_items(m.last(2)),
    b"u": lambda m: m.set_items(m.since_mark()),
    b")": lambda m: m.push(()),
    b"t": lambda m: m.push(tuple(m.since_mark())),
    b"\x85": lambda m: m.push(tuple(m.last(1))),
    b"\x86": lambda m: m.push(tuple(m.last(2))),
    b"\x87": lambda m: m.push(tuple(m.last(3))),
    # The memo
    b"p": lambda m: m.remember(int(m.line())),
    b"q": lambda m: m.remember(m.number(1)),
    b"r": lambda m: m.remember(m.number(4)),
    b"\x94": lambda m: m.remember(len(m.memo)),
    b"g": lambda m: m.push(m.memo[int(m.line())]),
    b"h": lambda m: m.push(m.memo[m.number(1)]),
    b"j": lambda m: m.push(m.memo[m.number(4)]),
    # Objects
    b"c": lambda m: m.name(m.line().decode(), m.line().decode()),
    b"\x93": lambda m: m.name(*m.last(2)),
    b"R": lambda m: m.call(*m.last(2)),
    b"b": lambda m: m.set_state(*m.last(2)),
}
