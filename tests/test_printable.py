import pickle

import pytest

from augury.data.folders.listing import printable as file_name
from augury.errors import DiskError
from augury.printable import printable, printable_lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("katze über 猫 \\x41 [b]", "katze über 猫 \\x41 [b]"),
        ("\x1b[2J\x1b]8;;x\x07", r"\x1b[2J\x1b]8;;x\x07"),
        ("a\nb\tc\r", r"a\x0ab\x09c\x0d"),
        ("\x9b31m\x7f", r"\u009b31m\x7f"),
        ("\u202egpj.exe\u2066", r"\u202egpj.exe\u2066"),
        ("\u2028\u2029\u200f", r"\u2028\u2029\u200f"),
        ("caf\udce9 \ud800", r"caf\xe9 \ud800"),
    ],
)
def test_what_steers_a_terminal_is_shown(text, expected):
    assert printable(text) == expected
    assert printable(expected) == expected
    assert printable_lines(f"{text}\n{text}".replace("\r", "")).encode()


def test_names_of_files_stay_different():
    assert file_name("a\\x1b") == r"a\\x1b"
    assert file_name("a\x1b") == r"a\x1b"


def test_lines_stay_lines():
    assert printable_lines("a\x1b\nb") == "a\\x1b\nb"


def test_an_error_is_one_line_whatever_it_quotes():
    error = DiskError("cannot read a\nb\x1b[31m\u202e\ud800")
    assert str(error) == r"cannot read a\x0ab\x1b[31m\u202e\ud800"
    assert pickle.loads(pickle.dumps(error)).args == error.args
