import errno
import os

import pytest

from augury.files import atomic_file, make_folder, sync_folder, write_atomically


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "folder" / "file.json"
    write_atomically(path, b"old")
    assert path.read_bytes() == b"old"

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file.json"]


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(TypeError), atomic_file(path) as file:
        file.writelines([b"half", "not bytes"])
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_file_is_flushed_before_its_rename_and_the_folder_after(tmp_path, monkeypatch):
    """Also the entries of folders that are new: in that order a power cut leaves old or new."""
    done = []

    def noted(name, path_of):
        real = getattr(os, name)

        def call(*arguments):
            done.append((name, os.path.basename(path_of(*arguments))))
            return real(*arguments)

        monkeypatch.setattr(os, name, call)

    noted("fsync", lambda descriptor: os.readlink(f"/proc/self/fd/{descriptor}"))
    noted("replace", lambda source, target: target)
    write_atomically(tmp_path / "a" / "b" / "file", b"new")
    temporary = done[2][1]
    assert temporary.startswith(".file.")
    assert done == [
        ("fsync", "a"),
        ("fsync", tmp_path.name),
        ("fsync", temporary),
        ("replace", "file"),
        ("fsync", "b"),
    ]
    done.clear()
    make_folder(tmp_path / "a" / "b")
    assert done == []


def test_a_file_system_that_flushes_no_folders_will_do(tmp_path, monkeypatch):
    def refuse(number):
        def fsync(descriptor):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fsync)

    refuse(errno.EINVAL)
    sync_folder(tmp_path)
    refuse(errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        sync_folder(tmp_path)
