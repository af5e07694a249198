import errno
import gzip
import hashlib
import socket
import struct
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pooch
import pytest

from augury.data import cifar10, fashion_mnist, load_dataset
from augury.data.download import RemoteFile, download
from augury.errors import DataError, DiskError

CONTENT = bytes(range(256)) * 100
RIGHT = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_request(self, *_):
        self.server.requested.append(self.path)

    def log_error(self, *_):
        """Nothing is printed."""


@pytest.fixture
def server(tmp_path):
    """Serves the folder tmp_path/served; `requested` lists what it was asked for."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "right.bin").write_bytes(CONTENT)
    (folder / "wrong.bin").write_bytes(b"something else")
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.requested = []
        running.url = f"http://127.0.0.1:{running.server_port}"
        running.folder = folder
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def dead():
    """The address of a server that nobody runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def test_the_right_file_is_kept(server, tmp_path):
    calls = []
    file = RemoteFile("data.bin", len(CONTENT), RIGHT, (f"{server.url}/right.bin",))
    download([file], tmp_path / "to", lambda *call: calls.append(call))
    assert (tmp_path / "to" / "data.bin").read_bytes() == CONTENT
    assert calls[-1] == (len(CONTENT), len(CONTENT), "downloading data.bin")
    assert all(0 <= done <= total for done, total, _ in calls)
    download([file], tmp_path / "to", pytest.fail)
    assert len(server.requested) == 1


def test_mirrors_are_tried_in_turn(server, dead, tmp_path):
    urls = (
        f"{dead}/right.bin",
        f"{server.url}/missing.bin",
        f"{server.url}/wrong.bin",
        f"{server.url}/right.bin",
        f"{server.url}/never.bin",
    )
    download([RemoteFile("data.bin", len(CONTENT), RIGHT, urls)], tmp_path / "to", lambda *_: None)
    assert (tmp_path / "to" / "data.bin").read_bytes() == CONTENT
    assert server.requested == ["/missing.bin", "/wrong.bin", "/right.bin"]


def test_when_no_mirror_has_it_one_line_says_what_to_do(server, dead, tmp_path):
    urls = (f"{dead}/a", f"{server.url}/missing.bin", f"{server.url}/wrong.bin")
    files = [
        RemoteFile("data.bin", len(CONTENT), RIGHT, urls),
        RemoteFile("more.bin", len(CONTENT), RIGHT, urls),
    ]
    with pytest.raises(DataError) as error:
        download(files, tmp_path / "to", lambda *_: None)
    message = str(error.value)
    assert "no answer" in message
    assert "HTTP status 404" in message
    assert "SHA-256 differs" in message
    assert f"Put data.bin, more.bin into {tmp_path / 'to'} by hand" in message
    assert "AUGURY_DATA" in message
    assert "\n" not in message
    assert list((tmp_path / "to").iterdir()) == []


def test_a_damaged_copy_is_fetched_again(server, tmp_path):
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "data.bin").write_bytes(CONTENT[:100])
    file = RemoteFile("data.bin", len(CONTENT), RIGHT, (f"{server.url}/right.bin",))
    download([file], tmp_path / "to", lambda *_: None)
    assert (tmp_path / "to" / "data.bin").read_bytes() == CONTENT


def test_without_a_callable_a_bar_is_drawn(server, tmp_path, capsys):
    file = RemoteFile("data.bin", len(CONTENT), RIGHT, (f"{server.url}/right.bin",))
    download([file], tmp_path / "to", None)
    assert "100%" in capsys.readouterr().err


def test_a_full_disk(server, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pooch, "retrieve", fail)
    file = RemoteFile("data.bin", len(CONTENT), RIGHT, (f"{server.url}/right.bin",))
    with pytest.raises(DiskError, match=f"cannot write to {tmp_path}/to: No space left"):
        download([file], tmp_path / "to", None)


def test_fashion_mnist_is_downloaded_where_it_is_searched(server, monkeypatch):
    labels = np.arange(10, dtype=np.uint8)
    files = []
    for name in fashion_mnist.FILES:
        array = np.zeros((10, 28, 28), np.uint8) if "images" in name else labels
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        content = gzip.compress(header + array.tobytes())
        (server.folder / f"{name}.gz").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        files.append(RemoteFile(f"{name}.gz", len(content), sha256, (f"{server.url}/{name}.gz",)))
    monkeypatch.setattr(fashion_mnist, "REMOTE_FILES", tuple(files))
    first = load_dataset("fashion-mnist", progress=lambda *_: None)
    assert len(server.requested) == 4
    again = load_dataset("fashion-mnist")
    assert len(server.requested) == 4
    assert again.fingerprint == first.fingerprint


def test_cifar10_says_where_to_put_the_file(dead, monkeypatch, tmp_path):
    remote = RemoteFile("cifar-10-python.tar.gz", len(CONTENT), RIGHT, (f"{dead}/x",))
    monkeypatch.setattr(cifar10, "REMOTE_FILE", remote)
    place = tmp_path / "cache" / "downloads" / "cifar10"
    with pytest.raises(DataError, match=f"Put cifar-10-python.tar.gz into {place} by hand"):
        load_dataset("cifar10")


@pytest.mark.parametrize("file", [*fashion_mnist.REMOTE_FILES, cifar10.REMOTE_FILE])
def test_every_file_has_a_checksum_and_mirrors(file):
    assert len(bytes.fromhex(file.sha256)) == 32
    assert len(set(file.urls)) >= 2
    assert all(url.endswith(file.name) for url in file.urls)


@pytest.mark.real_data
@pytest.mark.parametrize("file", fashion_mnist.REMOTE_FILES)
def test_the_checksums_fit_the_real_files(real_data, file):
    """The canonical files differ from Debian's copies in the name and time in their headers."""
    path = real_data / "fashion-mnist" / file.name
    if not path.is_file():
        pytest.skip(f"{path} is not at hand")
    content = path.read_bytes()
    seconds = 1504176606 if file.name.startswith("train") else 1504176627
    name = file.name.removesuffix(".gz").encode()
    header = content[:3] + b"\x08" + struct.pack("<I", seconds) + content[8:10] + name + b"\0"
    candidates = {content, header + content[10:]}
    assert file.size in {len(candidate) for candidate in candidates}
    assert file.sha256 in {hashlib.sha256(candidate).hexdigest() for candidate in candidates}
