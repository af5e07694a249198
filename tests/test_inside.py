"""What lies in a folder is opened only where it is a file, and gone into only where it is one."""

import os
import signal
import socket
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from augury.errors import InputError, UnreadableError
from augury.inside import (
    check_folders,
    check_plain,
    is_plain_name,
    is_there,
    lock,
    open_plain,
    read_plain,
    remove_plain,
)

CONTENT = b"somebody's only copy"


@pytest.fixture
def outside(tmp_path):
    path = tmp_path / "outside"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def never_hangs():
    """Opening a pipe that nobody writes to would wait for ever."""

    def wake(number, frame):
        pytest.fail("waits for a pipe")

    before = signal.signal(signal.SIGALRM, wake)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def link(path, outside):
    path.symlink_to(outside)


def dangling_link(path, outside):
    path.symlink_to("nowhere")


def pipe(path, outside):
    os.mkfifo(path)


def unix_socket(path, outside):
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


def folder(path, outside):
    path.mkdir()


KINDS = {
    link: "a link",
    dangling_link: "a link",
    pipe: "a pipe, socket or device where a file should be",
    unix_socket: "a pipe, socket or device where a file should be",
    folder: "a folder where a file should be",
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_file_is_read_or_locked(kind, outside, tmp_path, never_hangs):
    path = tmp_path / "file"
    kind(path, outside)
    assert is_there(path)
    for use in (open_plain, read_plain, check_plain, lock):
        with pytest.raises(UnreadableError) as caught:
            use(path)
        assert str(caught.value).startswith(f"{path}: {KINDS[kind]}")
        assert "\n" not in str(caught.value)
    assert outside.read_bytes() == CONTENT


def test_a_file_is_read_and_locked(tmp_path):
    path = tmp_path / "file"
    assert not is_there(path)
    with lock(path):
        pass
    assert path.read_bytes() == b""
    path.write_bytes(b"ours")
    assert read_plain(path) == b"ours"
    with lock(path, timeout=0):
        pass


def test_what_is_not_there_is_another_thing_than_what_cannot_be_read(tmp_path, monkeypatch):
    path = tmp_path / "file"
    with pytest.raises(InputError, match="No such file or directory") as caught:
        read_plain(path)
    assert not isinstance(caught.value, UnreadableError)
    path.write_bytes(b"ours")

    def refuse(*arguments, **options):
        raise OSError(5, os.strerror(5), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(UnreadableError, match=f"cannot read {path}: Input/output error"):
            read_plain(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", refuse)
        with pytest.raises(UnreadableError, match=f"cannot read {path}: Input/output error"):
            is_there(path)


def test_a_folder_that_is_a_link_or_a_file_is_not_gone_into(outside, tmp_path):
    (tmp_path / "real").mkdir()
    check_folders(tmp_path / "real", tmp_path / "missing")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UnreadableError, match="link: a link"):
        check_folders(tmp_path / "real", tmp_path / "link")
    with pytest.raises(UnreadableError, match="outside: not a folder"):
        check_folders(outside)


def test_removing_takes_a_name_away_and_nothing_behind_it(outside, tmp_path):
    for name in ("file", "link", "folder", "missing"):
        path = tmp_path / name
        {"file": Path.touch, "folder": Path.mkdir}.get(name, lambda path: None)(path)
        if name == "link":
            path.symlink_to(outside)
        remove_plain(path)
        assert is_there(path) == (name == "folder")
    assert outside.read_bytes() == CONTENT


def test_another_name_of_a_file_with_content_is_no_lock(outside, tmp_path):
    os.link(outside, tmp_path / "lock")
    with pytest.raises(UnreadableError, match="not a lock"):
        lock(tmp_path / "lock")
    assert outside.read_bytes() == CONTENT
    # As in a copy that shares its files with the original: `cp -al`.
    (tmp_path / "empty").touch()
    os.link(tmp_path / "empty", tmp_path / "its copy")
    with lock(tmp_path / "its copy"):
        pass


def test_the_locks_that_are_required_follow_no_link():
    """3.20.1 is the first whose locks follow none, by CVE-2025-68146, and 3.20.3 of those that
    stand in where a file system has no locks, by CVE-2026-22701."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    (required,) = (r for r in map(Requirement, project["dependencies"]) if r.name == "filelock")
    assert "3.20.3" in required.specifier
    assert "3.20.2" not in required.specifier


@pytest.mark.parametrize("name", ["a", "digits-and-more", "ä b", "..a", ".hidden"])
def test_plain_names(name):
    assert is_plain_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "/etc", "a/b", "../x", "a\\b", "a\0b"])
def test_names_that_lead_elsewhere(name):
    assert not is_plain_name(name)
