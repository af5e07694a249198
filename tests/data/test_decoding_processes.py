"""The processes that decode end with the command, also when one of them is stopped."""

import os
import signal

import pytest

from augury.data.folders import decode
from augury.data.folders.decode import decoding_processes


def test_an_interruption_does_not_wait_for_a_process_that_is_stopped(monkeypatch):
    monkeypatch.setattr(decode, "_WORTH_PROCESSES", 0)
    monkeypatch.setattr(decode, "usable_cores", lambda: 2)
    stopped = []

    def wake(number, frame):
        os.kill(stopped[0], signal.SIGKILL)
        pytest.fail("waits for a process that is stopped")

    before = signal.signal(signal.SIGALRM, wake)

    def interrupted():
        with decoding_processes([]) as pool:
            stopped.append(pool.submit(os.getpid).result())
            os.kill(stopped[0], signal.SIGSTOP)
            signal.alarm(20)
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(stopped[0], 0)
