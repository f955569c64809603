"""LocalWorker: restarts its child, ends it politely, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from querist.engine import LocalWorker

CHILD = """
import os, sys
from pathlib import Path
from querist.engine import until_parent_ends
stop = until_parent_ends()
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
stop.wait()
with open(sys.argv[1], "a") as file:
    file.write("ended\\n")
"""

PARENT = """
import sys, time
from querist.engine import LocalWorker
worker = LocalWorker([sys.executable, "-c", sys.argv[1], sys.argv[2]]).start()
time.sleep(60)
"""


@pytest.fixture
def journal(tmp_path):
    """A file the child writes its process id to."""
    return tmp_path / "journal"


def lines(journal, count):
    """The first ``count`` lines of the journal, once they are there."""
    end = time.monotonic() + 30
    while not journal.exists() or len(journal.read_text().splitlines()) < count:
        assert time.monotonic() < end, "the child wrote nothing"
        time.sleep(0.02)
    return journal.read_text().splitlines()


def alive(pid):
    """Whether the process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_stop_ends_the_worker_politely(journal):
    """Closing the pipe lets the worker end by itself, which it writes down."""
    worker = LocalWorker([sys.executable, "-c", CHILD, str(journal)]).start()
    lines(journal, 1)
    worker.stop()
    assert lines(journal, 2)[1] == "ended"
    assert worker.pid is None


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_worker_is_started_again(journal):
    """After SIGKILL of the worker another process takes its place."""
    worker = LocalWorker([sys.executable, "-c", CHILD, str(journal)], restart_seconds=0.01).start()
    first = int(lines(journal, 1)[0])
    os.kill(first, signal.SIGKILL)
    second = int(lines(journal, 2)[1])
    worker.stop()
    assert second != first
    assert worker.restarts == 1
    assert not alive(second)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_worker_ends_with_a_killed_parent(journal):
    """SIGKILL of the parent, which can tell nobody, still ends the worker."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD, str(journal)])
    child = int(lines(journal, 1)[0])
    assert alive(child)
    parent.kill()
    parent.wait()
    assert lines(journal, 2)[1] == "ended"
    end = time.monotonic() + 10
    while alive(child):
        assert time.monotonic() < end, "the worker outlived its parent"
        time.sleep(0.02)
