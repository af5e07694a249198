"""Downloads from servers that break off, stall, lie or send something else.

A file is there whole and right or not at all; one line says why not; the next run starts anew.
"""

import hashlib
import io
import pickle
import resource
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.data import cifar10
from augury.data import download as download_module
from augury.data.download import RemoteFile, download

PER_BATCH = 20


def archive() -> bytes:
    """CIFAR-10's Python version with 20 images a batch."""
    out, generator = io.BytesIO(), np.random.default_rng(0)
    with tarfile.open(fileobj=out, mode="w") as opened:
        for name in cifar10.BATCHES:
            data = generator.integers(0, 256, (PER_BATCH, 3072), dtype=np.uint8)
            batch = {b"data": data, b"labels": [n % 10 for n in range(PER_BATCH)]}
            content = pickle.dumps(batch, protocol=2)
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return out.getvalue()


CONTENT = archive()
HALF = len(CONTENT) // 2


class Server(BaseHTTPRequestHandler):
    """Does what the path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        self.server.requested.append(self.path)
        getattr(self, self.path[1:].replace("-", "_"))()

    def log_message(self, *_):
        """Nothing is printed."""

    def answer(self, body: bytes, length: int | None = None, code: int = 200, **headers):
        self.send_response(code)
        if length != -1:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def whole(self):
        self.answer(CONTENT)

    def without_length(self):
        self.answer(CONTENT, length=-1)

    def redirected(self):
        self.answer(b"", code=302, Location="/whole")

    def slow(self):
        self.answer(CONTENT[:HALF], len(CONTENT))
        self.server.wait.wait(60)

    def closed_midway(self):
        self.answer(CONTENT[:HALF], len(CONTENT))

    def reset_midway(self):
        self.answer(CONTENT[:HALF], len(CONTENT))
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def closed_midway_without_length(self):
        self.answer(CONTENT[:HALF], -1)

    def closed_at_once(self):
        """No answer at all."""

    def stalled_at_once(self):
        self.server.wait.wait(60)

    def stalled_midway(self):
        self.answer(CONTENT[:HALF], len(CONTENT))
        self.server.wait.wait(60)

    def other_file(self):
        self.answer(CONTENT[::-1])

    def one_bit_flipped(self):
        self.answer(CONTENT[:HALF] + bytes([CONTENT[HALF] ^ 1]) + CONTENT[HALF + 1 :])

    def web_page(self):
        self.answer(b"<html>please log in</html>", Content_Type="text/html")

    def empty(self):
        self.answer(b"")

    def not_found(self):
        self.answer(b"not here", code=404)

    def server_error(self):
        self.answer(b"ouch", code=500)

    def redirected_without_end(self):
        self.answer(b"", code=302, Location="/redirected_without_end")

    def redirected_to_a_file(self):
        self.answer(b"", code=302, Location="file:///etc/passwd")

    def redirected_to_nobody(self):
        self.answer(b"", code=302, Location=self.server.nobody)

    def length_too_small(self):
        self.answer(CONTENT, HALF)

    def length_too_large(self):
        self.answer(CONTENT, 10 * len(CONTENT))

    def length_no_number(self):
        self.answer(CONTENT, -1, Content_Length="many")

    def endless(self):
        self.answer(b"", length=-1)
        try:
            while not self.server.wait.is_set():
                self.wfile.write(bytes(1_000_000))
        except OSError:
            self.server.gave_up = True

    def broken_chunks(self):
        self.answer(b"400\r\n" + CONTENT[:100], -1, Transfer_Encoding="chunked")

    def falsely_packed(self):
        self.answer(CONTENT, Content_Encoding="gzip")

    def no_http(self):
        self.wfile.write(b"220 ftp ready\r\n" + bytes(1000))


BROKEN = "the connection broke midway"
STALLED = "nothing came for 4 s"
OTHER = "another file than expected (SHA-256 differs)"
# What each server does, and the reason that is told.
FAULTS = {
    "closed-midway": BROKEN,
    "reset-midway": BROKEN,
    "broken-chunks": BROKEN,
    "falsely-packed": BROKEN,
    "length-too-large": BROKEN,
    "closed-midway-without-length": OTHER,
    "other-file": OTHER,
    "one-bit-flipped": OTHER,
    "web-page": OTHER,
    "empty": OTHER,
    "length-too-small": OTHER,
    "endless": f"another file than expected (more than {len(CONTENT):,} bytes)",
    "stalled-at-once": STALLED,
    "stalled-midway": STALLED,
    "closed-at-once": "no answer",
    "redirected-to-nobody": "no answer",
    "no-http": "no answer",
    "not-found": "HTTP status 404",
    "server-error": "HTTP status 500",
    "redirected-without-end": "redirected without end",
    "redirected-to-a-file": "redirected to an address that is none of HTTP",
}


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AUGURY_DATA", raising=False)
    monkeypatch.setattr("augury.data.search.SYSTEM_FOLDER", tmp_path / "system")
    # Long enough for a busy machine to answer.
    monkeypatch.setattr(download_module, "_TIMEOUT", 4)
    monkeypatch.setattr(cifar10, "IMAGES_PER_BATCH", PER_BATCH)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        running.requested, running.wait, running.nobody = [], threading.Event(), nobody
        running.gave_up = False
        running.url = f"http://127.0.0.1:{running.server_port}"
        running.block_on_close = False
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.wait.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where the file is put."""
    return tmp_path / "cache" / "downloads" / "cifar10"


def remote(*urls: str) -> RemoteFile:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return RemoteFile(cifar10.REMOTE_FILE.name, len(CONTENT), sha256, urls)


def augury_data(monkeypatch, tmp_path, *urls: str):
    monkeypatch.setattr(cifar10, "REMOTE_FILE", remote(*urls))
    return CliRunner().invoke(
        app, ["data", "cifar10", "--json", "--out", str(tmp_path / "figures")]
    )


def test_every_fault_is_one_line_and_the_next_run_starts_anew(
    server, folder, tmp_path, monkeypatch, counts
):
    for fault, reason in FAULTS.items():
        failed = augury_data(monkeypatch, tmp_path, f"{server.url}/{fault}")
        assert failed.exit_code == 2, (fault, failed.stderr)
        told = failed.stderr.strip().split("\n")
        assert len(told) == 1, (fault, told)
        assert told[0].startswith(f"augury: cannot download {cifar10.REMOTE_FILE.name} (127.0.0.1")
        assert f": {reason}). Put " in told[0], (fault, told[0])
        assert list(folder.iterdir()) == [], fault
    assert server.gave_up, "the endless answer is not read on"
    done = augury_data(monkeypatch, tmp_path, f"{server.url}/whole")
    assert done.exit_code == 0, done.stderr
    assert (folder / cifar10.REMOTE_FILE.name).read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == [cifar10.REMOTE_FILE.name]
    counts("downloads", faults=len(FAULTS), one_line_and_exit_2=len(FAULTS), half_files_left=0)


@pytest.mark.parametrize("good", ["whole", "without-length", "redirected"])
def test_the_next_mirror_is_asked_after_each_fault(server, folder, good):
    urls = [f"{server.url}/{fault}" for fault in FAULTS if not fault.startswith("stalled")]
    download([remote(*urls, f"{server.url}/{good}")], folder, lambda *_: None)
    assert (folder / cifar10.REMOTE_FILE.name).read_bytes() == CONTENT


def test_a_half_file_of_an_earlier_time_is_not_taken_for_whole(server, folder):
    folder.mkdir(parents=True)
    (folder / ".partial").mkdir()
    (folder / ".partial" / "tmp123").write_bytes(CONTENT[:HALF])
    (folder / cifar10.REMOTE_FILE.name).write_bytes(CONTENT[:HALF])
    download([remote(f"{server.url}/whole")], folder, lambda *_: None)
    assert [path.name for path in folder.iterdir()] == [cifar10.REMOTE_FILE.name]
    assert (folder / cifar10.REMOTE_FILE.name).read_bytes() == CONTENT


def test_two_at_once_fetch_it_once(server, folder):
    file, done = remote(f"{server.url}/whole"), []

    def fetch():
        download([file], folder, lambda *_: None)
        done.append((folder / file.name).read_bytes() == CONTENT)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * 4
    assert server.requested == ["/whole"]


def test_a_limit_on_the_size_of_files(server, folder, tmp_path, monkeypatch):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, limits[1]))
    try:
        failed = augury_data(monkeypatch, tmp_path, f"{server.url}/whole")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failed.exit_code == 5
    assert failed.stderr.startswith(f"augury: cannot write to {folder}: File too large")
    assert failed.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []
    download([remote(f"{server.url}/whole")], folder, lambda *_: None)
    assert (folder / cifar10.REMOTE_FILE.name).read_bytes() == CONTENT


def test_a_full_disk(server, tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    size = f"size={HALF}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        monkeypatch.setenv("AUGURY_CACHE", str(disk))
        failed = augury_data(monkeypatch, tmp_path, f"{server.url}/whole")
        left = [path for path in disk.rglob("*") if path.is_file() and path.stat().st_size]
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert failed.exit_code == 5
    assert "No space left on device" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert left == []


KILLED = """
import sys
from pathlib import Path
from augury.data.download import RemoteFile, download
url, folder, name, size, sha256 = sys.argv[1:]
print("started", flush=True)
download([RemoteFile(name, int(size), sha256, (url,))], Path(folder), lambda *_: None)
"""


def kill_midway(server, folder: Path, delay: float) -> None:
    file = remote(f"{server.url}/slow")
    words = [file.urls[0], str(folder), file.name, str(file.size), file.sha256]
    child = subprocess.Popen([sys.executable, "-c", KILLED, *words], stdout=subprocess.PIPE)
    child.stdout.readline()
    while "/slow" not in server.requested:
        time.sleep(0.01)
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()


def kills(times: int, server, folder: Path) -> dict[str, int]:
    left = 0
    for number in range(times):
        server.requested.clear()
        kill_midway(server, folder, 0.02 * number)
        left += any(folder.glob(".partial/*"))
        assert not (folder / cifar10.REMOTE_FILE.name).exists()
    download([remote(f"{server.url}/whole")], folder, lambda *_: None)
    assert [path.name for path in folder.iterdir()] == [cifar10.REMOTE_FILE.name]
    return {"killed": times, "had_begun_a_file": left, "half_files_taken_for_whole": 0}


@pytest.mark.faults
def test_killed_downloads(server, folder, counts):
    counts("killed downloads", **kills(20, server, folder))
