"""Kernels forked from the warm process: as ordinary ones, and nothing left behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from campaignbook import forked_process, kernels

pytestmark = pytest.mark.skipif(
    not forked_process.POSSIBLE, reason="no safe fork here: the start is ordinary"
)
QUIET = ["--log-level=50"]
KINDS = [kernels.NAME, "python3"]


class Session:
    """A kernel with its client: runs code and gives back what it said."""

    def __init__(self, name=kernels.NAME, **options):
        specs = kernels.WarmKernelSpecManager()
        self.manager = KernelManager(kernel_name=name, kernel_spec_manager=specs)
        self.manager.start_kernel(extra_arguments=QUIET, **options)
        self.connect()

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code):
        """Return the messages that a cell's run brings, by type."""
        said = []
        reply = self.client.execute_interactive(
            code, timeout=60, allow_stdin=False, output_hook=said.append
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return {m["msg_type"]: m["content"] for m in said}

    def text(self, code):
        return self.run(code)["stream"]["text"].strip()

    @property
    def process(self):
        return self.manager.provisioner.process

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def start():
    """Return a function that starts a kernel; all are ended after the test."""
    started = []

    def start(*args, **options):
        started.append(Session(*args, **options))
        return started[-1]

    yield start
    for session in started:
        session.close()


@pytest.fixture
def kernel(start):
    session = start()
    assert isinstance(session.process, forked_process.ForkedProcess)
    return session


def wait_until(true, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def is_there(pid):
    """Tell whether a process runs (one that only waits to be reaped does not)."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except (FileNotFoundError, ProcessLookupError):
        return False


# --- a process like any other -----------------------------------------------------


def test_a_kernel_has_a_process_session_and_group_of_its_own(kernel, start):
    other = start()
    ids = "import os; print(os.getpid(), os.getsid(0), os.getpgid(0))"
    for session in (kernel, other):
        assert session.text(ids).split() == [str(session.pid)] * 3
    assert kernel.pid != other.pid


def test_an_interrupt_stops_the_cell_and_not_the_kernel(kernel):
    kernel.run("kept = 42")
    asked = kernel.client.execute("import time; print('on'); time.sleep(60)")
    while kernel.client.get_iopub_msg(timeout=20)["msg_type"] != "stream":
        pass
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["parent_header"]["msg_id"] == asked
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.text("print(kept)") == "42"


def test_an_interrupt_reaches_what_the_cell_started(kernel):
    kernel.client.execute("!echo on; sleep 61; echo off")
    while kernel.client.get_iopub_msg(timeout=20)["msg_type"] != "stream":
        pass
    kernel.manager.interrupt_kernel()
    kernel.client.get_shell_msg(timeout=20)
    assert kernel.text("print(1)") == "1"


def test_a_restart_gives_a_new_empty_kernel(kernel):
    kernel.run("left = 1")
    first = kernel.pid
    kernel.client.stop_channels()
    kernel.manager.restart_kernel()
    kernel.connect()
    assert isinstance(kernel.process, forked_process.ForkedProcess)
    assert kernel.pid != first
    assert not is_there(first)
    assert kernel.text("print('left' in globals())") == "False"


@pytest.mark.parametrize("name", KINDS)
def test_a_shutdown_ends_the_process(start, name):
    session = start(name)
    pid = session.pid
    process = session.process
    session.manager.shutdown_kernel()
    assert process.returncode == 0
    assert not is_there(pid)
    assert not session.manager.is_alive()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("import os; os._exit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_a_crash_is_told_by_its_exit_code(start, name, code, exit_code):
    session = start(name)
    process = session.process
    session.client.execute(code)
    assert wait_until(lambda: not session.manager.is_alive())
    assert process.poll() == exit_code


def test_kill_ends_a_kernel_that_does_not_listen(kernel):
    kernel.client.execute(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('on')\nwhile True: time.sleep(1)"
    )
    while kernel.client.get_iopub_msg(timeout=20)["msg_type"] != "stream":
        pass
    pid, process = kernel.pid, kernel.process
    kernel.manager.shutdown_kernel(now=True)
    assert process.returncode == -signal.SIGKILL
    assert not is_there(pid)


def test_waiting_has_an_end(kernel):
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.process.wait(timeout=0.1)


@pytest.mark.parametrize("name", KINDS)
def test_stdout_and_stderr_can_be_taken(start, name):
    session = start(name, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process = session.process
    session.run("import os; os.write(1, b'out '), os.write(2, b'err ')")
    session.run("import sys; print('more', file=sys.__stdout__)")
    session.client.execute("exit()")
    out, err = process.stdout.read(), process.stderr.read()
    assert b"out" in out and b"more" in out
    assert b"err" in err
    assert b"out" not in err and b"err" not in out


@pytest.mark.parametrize("name", KINDS)
def test_stderr_can_go_with_stdout_into_a_file(start, name, tmp_path):
    with (tmp_path / "log").open("wb") as log:
        session = start(name, stdout=log, stderr=subprocess.STDOUT)
    session.run("import os; os.write(1, b'out '), os.write(2, b'err ')")
    assert wait_until(lambda: b"err" in (tmp_path / "log").read_bytes())
    assert b"out" in (tmp_path / "log").read_bytes()


@pytest.mark.parametrize("name", KINDS)
def test_a_kernel_starts_where_it_is_told_with_what_it_is_told(start, name, tmp_path):
    env = {**os.environ, "CAMPAIGN": "quit", "TZ": "Asia/Tokyo"}
    session = start(name, cwd=str(tmp_path), env=env)
    told = session.text(
        "import os, time; print(os.getcwd(), os.environ['CAMPAIGN'], time.tzname[0])"
    )
    assert told == f"{tmp_path.resolve()} quit JST"


@pytest.mark.parametrize("name", KINDS)
def test_a_missing_folder_is_told(name, tmp_path):
    manager = KernelManager(
        kernel_name=name, kernel_spec_manager=kernels.WarmKernelSpecManager()
    )
    with pytest.raises(FileNotFoundError, match="nowhere"):
        manager.start_kernel(cwd=str(tmp_path / "nowhere"), extra_arguments=QUIET)
    manager.cleanup_resources()
