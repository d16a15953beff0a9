"""Kernels as processes forked from the forkserver, with the face of Popen."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

import campaignbook
from campaignbook.forked_kernel import HELLO
from campaignbook.forkserver import GOODBYE

POSSIBLE = hasattr(os, "fork") and sys.platform != "darwin"
"""Whether this system forks safely: macOS's own libraries do not survive it."""

PATIENCE = 120.0
"""Seconds to wait for the forkserver's imports before the ordinary start."""

READ_AT_START = (
    "HOME", "LANG", "LC_", "LD_", "MALLOC_", "MKL_", "MPL", "NUMEXPR_", "OMP_",
    "OPENBLAS_", "PYTHON", "XDG_",
)  # fmt: skip
"""Variables that interpreters and libraries read once: a fork cannot change them."""

_START = (
    # the working folder's files never take the place of a library
    "import sys; sys.path[:] = [p for p in sys.path if p]; "
    "from campaignbook.forkserver import main; main({})"
)


class Forkserver:
    """The process that has done the imports, seen from the server that needs it.

    It ends when this object is gone or when the process that made it is.
    """

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._environment = _read_at_start(os.environ)
        self._made_from = _made_from()
        self._owner = os.getpid()
        self.has_forked = False
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START.format(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                # a kernel's many threads need no stores of their own
                env={"MALLOC_ARENA_MAX": "1", **os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        weakref.finalize(self, _end, self._process, self._ours, self._owner)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    def is_current(self) -> bool:
        """Tell whether it is ours and the code it imported is still what is there."""
        return self._owner == os.getpid() and self._made_from == _made_from()

    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        return self._process.poll() is None

    def fits(self, env: Mapping[str, str]) -> bool:
        """Tell whether a kernel with this environment can be forked from it."""
        return _read_at_start(env) == self._environment

    def send(self, files: Sequence[int]) -> None:
        """Ask for a kernel; `files` are its connection, stdin, stdout and stderr."""
        socket.send_fds(self._ours, [b"k"], list(files))


def _end(process: subprocess.Popen[bytes], ours: socket.socket, owner: int) -> None:
    """End a forkserver, unless we are only a fork of the server it belongs to."""
    ours.close()
    if owner == os.getpid():
        process.kill()
        process.wait()


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in env.items() if k.startswith(READ_AT_START)}


def _made_from() -> tuple[int, ...]:
    """Return when our code and data, and what is installed beside, last changed."""
    folder = Path(campaignbook.__file__).parent
    ours = [*folder.rglob("*.py"), *folder.parents[1].glob("data/*.yml")]
    installed = Path(sysconfig.get_path("purelib"))
    times = [path.stat().st_mtime_ns for path in sorted(ours)]
    return (installed.stat().st_mtime_ns, *times)


_lock = threading.Lock()
_forkserver: Forkserver | None = None


def forkserver() -> Forkserver | None:
    """Return this process's forkserver, started when needed; None if it cannot be."""
    global _forkserver
    if not POSSIBLE:
        return None
    with _lock:
        known = _forkserver
        if known is None or not known.is_current():
            known = _start()
        elif not known.is_running():
            # one that could not do the imports will not do them the next time either
            known = _start() if known.has_forked else None
        if known is not None:
            _forkserver = known
        return known


def _start() -> Forkserver | None:
    try:
        return Forkserver()
    except OSError:
        return None


class ForkedProcess:
    """A kernel's process, with as much of `subprocess.Popen` as jupyter_client uses.

    Attributes
    ----------
    pid : int
        The kernel's process id; it leads a session and a group of its own.
    stdin, stdout, stderr : file or None
        Our ends of the pipes that were asked for.
    returncode : int or None
        None while it runs; minus the signal that ended it, as in `subprocess`.
    """

    def __init__(self, parent: Forkserver, connection: socket.socket, pid: int) -> None:
        # as long as a kernel runs, what it was forked from does
        self._parent = parent
        self._connection = connection
        self.pid = pid
        self.stdin = self.stdout = self.stderr = None
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._hear(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            It still runs after `timeout` seconds.
        """
        code = self._hear(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """End it with SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _hear(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                heard = self._connection.recv(GOODBYE.size)
            except (TimeoutError, BlockingIOError):
                return None
            except OSError:
                heard = b""
            self._connection.close()
            self.returncode = GOODBYE.unpack(heard)[0] if heard else self._orphaned()
        return self.returncode

    def _orphaned(self) -> int:
        """End the kernel of a forkserver that is gone: nobody would tell its end."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return -signal.SIGKILL


async def fork_kernel(
    parent: Forkserver,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
    stdin: int | IO[Any] | None = None,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
) -> ForkedProcess | None:
    """Return a kernel forked from the forkserver, or None if that gave none.

    Parameters
    ----------
    parent : Forkserver
        Where it is forked from; it may still be importing.
    argv : sequence of str
        The kernel's own arguments, its program first.
    env, cwd, stdin, stdout, stderr
        As in `subprocess.Popen`; without `stdin`, the kernel has an empty one.

    Raises
    ------
    OSError
        There is no such working folder, as from `subprocess.Popen`.
    ChildProcessError
        The kernel ended before it listened: most often, somebody has taken its port.
    """
    where = os.fspath(cwd or os.getcwd())
    request = {"argv": list(argv), "env": dict(env), "cwd": where}
    with ExitStack() as after:
        pipes, files = _streams(stdin, stdout, stderr, after)
        ours, theirs = socket.socketpair()
        on_failure = after.enter_context(ExitStack())
        for opened in (ours, *filter(None, pipes)):
            on_failure.callback(opened.close)
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            with theirs:
                parent.send([theirs.fileno(), *files])
            line = json.dumps(request).encode() + b"\n"
            await loop.sock_sendall(ours, line)
            said = await asyncio.wait_for(loop.sock_recv(ours, HELLO.size), PATIENCE)
        except OSError:  # a timeout is one, too
            return None
        if len(said) < HELLO.size:
            raise ChildProcessError("the kernel ended before it listened")
        pid, error = HELLO.unpack(said)
        if error:
            raise OSError(error, os.strerror(error), where)
        on_failure.pop_all()
    parent.has_forked = True
    process = ForkedProcess(parent, ours, pid)
    process.stdin, process.stdout, process.stderr = pipes
    return process


def _streams(
    stdin: Any, stdout: Any, stderr: Any, after: ExitStack
) -> tuple[list[IO[Any] | None], list[int]]:
    """Return our ends of pipes, and the kernel's three files; `after` closes those."""
    pipes: list[IO[Any] | None] = []
    files: list[int] = []
    asked = [subprocess.DEVNULL if stdin is None else stdin, stdout, stderr]
    for number, what in enumerate(asked):
        pipe = None
        if what == subprocess.PIPE:
            read, write = os.pipe()
            theirs, mine = (read, write) if number == 0 else (write, read)
            after.callback(os.close, theirs)
            pipe = open(mine, "wb" if number == 0 else "rb")
        elif what == subprocess.DEVNULL:
            theirs = os.open(os.devnull, os.O_RDWR)
            after.callback(os.close, theirs)
        elif what == subprocess.STDOUT and number == 2:
            theirs = files[1]
        elif what is None:
            theirs = number
        else:
            theirs = what if isinstance(what, int) else what.fileno()
        pipes.append(pipe)
        files.append(theirs)
    return pipes, files
