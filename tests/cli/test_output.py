"""What reaches a terminal: nothing raw from names and texts that anybody may have chosen."""

import io
import json
import os
import re
import subprocess
import sys

import pytest
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

from augury.cli.output import print_json
from augury.errors import DiskError
from augury.terminal.printer import Printer, ReaderGone, err, out, say
from augury.terminal.streams import prepare_streams

ESCAPES = "\x1b[2J\x1b]8;;http://x\x1b\\\x9b1m"
BIDI = "\u202egpj.exe"
HOSTILE = f"[red]:smile:{ESCAPES}{BIDI}\naugury: all well"
SHOWN = r"[red]:smile:\x1b[2J\x1b]8;;http://x\x1b\\u009b1m\u202egpj.exe\x0aaugury: all well"


def in_a_table():
    table = Table("name")
    table.add_row(Text(HOSTILE))
    table.add_row(HOSTILE)
    return table


@pytest.mark.parametrize(
    "print_it",
    [
        lambda: out.print(HOSTILE, soft_wrap=True),
        lambda: out.print(Text(HOSTILE, "red"), soft_wrap=True),
        lambda: out.print(Text.assemble("a ", (HOSTILE, "red")), soft_wrap=True),
        lambda: out.print(in_a_table()),
        lambda: say(HOSTILE),
        lambda: err.print(Text(HOSTILE), soft_wrap=True),
    ],
    ids=["text", "styled", "assembled", "table", "said", "error"],
)
def test_everything_is_shown_and_nothing_steers(print_it, capsys):
    print_it()
    printed = "".join(capsys.readouterr())
    # A table folds what is longer than a line.
    assert SHOWN.replace(" ", "") in re.sub(r"[\s│]", "", printed)
    assert not {"\x1b", "\x9b", "\u202e"} & set(printed)


def test_the_bar_shows_brackets_and_steers_by_itself_only(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(TextColumn("{task.description}", markup=False), console=err) as bar:
        bar.add_task(f"decoding [nope].zip{BIDI}", total=1)
    assert r"decoding [nope].zip\u202e" in stream.getvalue()


def test_json_is_ascii_and_reads_back(capsys):
    print_json({"name": HOSTILE, "path": "caf\udce9"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert "\x1b" not in printed
    assert json.loads(printed) == {"name": HOSTILE, "path": "caf\udce9"}


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_an_encoding_that_lacks_a_character_gets_it_spelled(encoding, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    prepare_streams()
    out.print("could see ≥ 0.9, −1 × 2 … 猫 caf\udce9", soft_wrap=True)
    times = b"\xd7" if encoding == "latin-1" else b"x"
    assert (
        written.getvalue() == b"could see >= 0.9, -1 " + times + rb" 2 ... \u732b caf\xe9" + b"\n"
    )


class Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("print_it", [lambda: Printer().print("x"), lambda: print_json({})])
def test_an_output_that_cannot_be_written_is_named(print_it, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(DiskError, match="cannot write to standard output: No space left"):
        print_it()
    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(ReaderGone):
        print_it()


def test_a_study_goes_on_where_nobody_can_be_told_of_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Full())
    # Its own console: the line that could not be written stays in it.
    monkeypatch.setattr("augury.terminal.printer.err", console := Printer(stderr=True))
    say("a note")
    assert console.quiet


# One process that forks, as starting each command anew takes seconds. Descriptor 1 of a command
# is closed, a pipe whose reader has gone, or a full disk; so is sys.stdout, as Python makes it.
COMMANDS = """
import os, sys
from augury.cli import main

def end(arguments, prepare):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        prepare()
        sys.argv = ["augury", *arguments]
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException as error:
            code = repr(error)
        try:
            if sys.stdout: sys.stdout.flush()
        except Exception as error:
            code = f"{code}, then {error!r}"
        sys.stderr.write(f"<{code}>")
        sys.stderr.flush()
        os._exit(0)
    os.waitpid(child, 0)
    print(*arguments, prepare.__name__, open("said").read().replace("\\n", " "), sep="|")

def closed():
    os.close(1)
    sys.stdout = None

def reader_gone():
    read, write = os.pipe()
    os.close(read)
    os.dup2(write, 1)

def full():
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)

def all_closed():
    os.close(0); os.close(1); os.close(2)
    sys.stdin = sys.stdout = sys.stderr = None

for prepare in (closed, reader_gone, full):
    for arguments in (["list", "models"], ["list", "models", "--json"], ["--help"]):
        end(arguments, prepare)
end(["list", "models", "--json"], all_closed)
"""


def test_closed_and_full_outputs_end_in_one_line_and_their_code(tmp_path):
    environment = os.environ | {"COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.stderr == ""
    said = [line.rpartition("|") for line in done.stdout.splitlines()]
    cannot = "augury: cannot write to standard output: "
    for what, _, line in said:
        if "reader_gone" in what:
            # click ends the help by itself.
            assert line == ("<1>" if "--help" in what else "<141>")
        elif "full" in what:
            assert line == f"{cannot}No space left on device <5>"
        elif "all_closed" in what:
            assert line == ""
        else:
            assert line == f"{cannot}Bad file descriptor (is it closed?) <5>"
    assert len(said) == 10
