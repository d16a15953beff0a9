"""What a fork does to become the kernel that was asked for."""

import gc
import json
import os
import random
import signal
import socket
import struct
import sys
import time
import traceback
from typing import Any

from campaignbook.memory import ModuleFiles

HELLO = struct.Struct("ii")
"""A kernel's first words: its process id, and 0 or the error number of its start."""


def become_kernel(
    connection: socket.socket, variables: dict[str, str], files: ModuleFiles
) -> None:
    """Turn this fork into the kernel that was asked for, and run it to its end.

    The request is read from `connection`: one JSON object with ``argv``, ``env``,
    ``cwd``. `variables` are those that imports set, kept where the request has none;
    `files` are those of the modules that are there.
    """
    try:
        with connection:
            app = _initialised(connection, variables, files)
    except BaseException as error:
        # an ordinary end would wait for sockets that nobody reads
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    app.start()


def _initialised(
    connection: socket.socket, variables: dict[str, str], files: ModuleFiles
) -> Any:
    """Return the kernel's application, whose sockets are there, and say that it is."""
    with connection.makefile("rb") as lines:
        request = json.loads(lines.readline())
    if error := _settle(request, variables):
        connection.sendall(HELLO.pack(os.getpid(), error))
        sys.exit(1)
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = request["argv"]
    app = IPKernelApp.instance()
    with files.listed():
        app.initialize()
    if "ipywidgets" in sys.modules:
        # it does this on import, where there is a kernel
        sys.modules["ipywidgets"].register_comm_target()
    # only now: who connects before there is a socket waits for the next try
    connection.sendall(HELLO.pack(os.getpid(), 0))
    return app


def _settle(request: dict[str, Any], variables: dict[str, str]) -> int:
    """Give this fork what a new process has of its own; return 0 or an error number."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update({**variables, **request["env"]})
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    time.tzset()
    random.seed()
    if "numpy" in sys.modules:
        # the legacy generator has no other door; forks would share its state
        sys.modules["numpy"].random.seed()
    gc.enable()
    try:
        os.chdir(request["cwd"])
    except OSError as error:
        return error.errno or 1
    return 0
