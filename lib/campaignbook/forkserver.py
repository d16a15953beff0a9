"""The process that kernels are forked from: it imports once, then forks on request."""

import atexit
import gc
import importlib
import io
import os
import pkgutil
import selectors
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

import campaignbook
from campaignbook.forked_kernel import become_kernel
from campaignbook.memory import ModuleFiles, fill_gaps, fill_heap, give_back

GOODBYE = struct.Struct("i")
"""Its exit code, as in `subprocess`: minus the signal that ended it."""

PRELOAD = (
    # what a kernel imports while it starts: without these its private memory doubles;
    # first, since the strings and functions it uses then lie closer together
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "pdb",
    "sqlite3",
    "tornado.platform.asyncio",
    # what people import
    "ipywidgets",
    "anywidget",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "pandas",
    "statsmodels.api",
    "statsmodels.formula.api",
    # what a kernel imports too, and uses little of
    "debugpy",
    "ipykernel.debugger",
    "jedi",
)
OURS = (
    "added_value", "answers", "audience_pictures", "behaviour_choice", "beliefs",
    "book", "class_choice", "class_prediction", "class_profiles", "forms",
    "influencer_figures", "kpi_files", "numeric_segments", "partner_choice",
    "perceptual_map", "quiz", "reach_choice", "relevance", "sections", "series",
    "targeting",
)  # fmt: skip
"""What notebooks import, beside the lessons; with these comes nearly all the rest.

Not `report`: a fifth of all modules would come with it, for one button.
"""
INLINE = "module://matplotlib_inline.backend_inline"
LOOK_FOR_SERVER = 1.0
"""Seconds between looks whether the server is still there."""


def preload() -> dict[str, str]:
    """Do the imports, draw one figure, and return the variables that imports set.

    Raises
    ------
    SystemExit
        The server ended meanwhile.
    """
    before, server = dict(os.environ), os.getppid()
    # as a kernel finds them when it does these imports itself
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    os.environ["MPLBACKEND"] = before.get("MPLBACKEND") or INLINE
    there = [module.name for module in pkgutil.iter_modules(campaignbook.__path__)]
    ours = [name for name in there if name in OURS or name.startswith("lesson_")]
    for name in (*PRELOAD, *(f"campaignbook.{name}" for name in ours)):
        if os.getppid() != server:
            sys.exit()
        with suppress(ImportError):
            importlib.import_module(name)
    _read_once()
    _draw_once()
    given = {"JPY_PARENT_PID", "MPLBACKEND", *before}
    return {k: v for k, v in os.environ.items() if k not in given}


def _read_once() -> None:
    """Read what the lessons ask and cite; it is kept, and cannot be changed.

    The shipped plans are read for what their checks keep, such as patterns of words.
    """
    from campaignbook import files
    from campaignbook.markup import shown

    files.read_questions(), files.read_cases(), files.read_benchmarks()
    for plan in files.DATA.glob("plans/*.yml"):
        files.read_plan(plan)
    shown("")


def _draw_once() -> None:
    """Draw and drop a figure: the fonts are then found, and the code is all there.

    No formulas: their cache would keep font files open, and forks share the place in an
    open file that is read next.
    """
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_subplot(title="figure", xlabel="x")
    axes.plot([1, 2], label="line")
    axes.legend()
    for form in ("png", "svg"):
        figure.savefig(io.BytesIO(), format=form, bbox_inches="tight")


def serve(control: socket.socket) -> socket.socket | None:
    """Fork a kernel for every request until the server is gone.

    Parameters
    ----------
    control : socket
        Each message brings four open files: the kernel's own connection to whoever
        asked for it, and its stdin, stdout and stderr.

    Returns
    -------
    socket or None
        In a kernel, the connection its request is read from; None in this process,
        when nobody can ask any more.
    """
    server = os.getppid()
    running: dict[int, socket.socket] = {}
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while os.getppid() == server:
            ready = [key.fileobj for key, _ in selector.select(LOOK_FOR_SERVER)]
            if woken in ready:
                with suppress(BlockingIOError):
                    woken.recv(4096)
                _tell_ended(running)
            if control not in ready:
                continue
            message, files, _, _ = socket.recv_fds(control, 1, 4)
            if not message:
                break
            connection = socket.socket(fileno=files[0])
            pid = _fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for mine in (control, woken, waker, *running.values()):
                    mine.close()
                _take_streams(files[1:])
                return connection
            for file in files[1:]:
                os.close(file)
            if pid is None:
                connection.close()
            else:
                running[pid] = connection
    return None


def _fork() -> int | None:
    """Return what `os.fork` does, or None where there may be no more processes."""
    try:
        return os.fork()
    except OSError:
        return None


def _tell_ended(running: dict[int, socket.socket]) -> None:
    """Reap the kernels that ended, and tell those who asked for them."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with running.pop(pid) as connection, suppress(OSError):
            connection.send(GOODBYE.pack(os.waitstatus_to_exitcode(status)))


def _take_streams(files: list[int]) -> None:
    """Make the three files stdin, stdout and stderr."""
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())


class _Ending:
    """Ends this process at once when all else is done, with the right exit code.

    The interpreter would take the shared modules apart first, and copy them for that.
    """

    def __init__(self) -> None:
        self.code = 0
        atexit.register(self._leave)  # the first to be registered is the last to run

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> None:
        if isinstance(error, SystemExit):
            code = error.code
            self.code = code & 0xFF if isinstance(code, int) else int(code is not None)
        elif error is not None:
            self.code = 1

    def _leave(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(self.code)


def main(control: int) -> None:
    """Import, then serve; in a fork, run its kernel.

    Parameters
    ----------
    control : int
        File descriptor of the socket on which kernels are asked for.
    """
    with _Ending():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.disable()
        variables, files = preload(), ModuleFiles()
        os.chdir("/")
        gc.collect()
        give_back()
        filled = fill_gaps()  # noqa: F841
        fill_heap()
        gc.freeze()  # the collector then leaves the shared pages alone
        connection = serve(socket.socket(fileno=control))
        if connection is not None:
            become_kernel(connection, variables, files)
