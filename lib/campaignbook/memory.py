"""Memory: given back when it is free, and shared by forks as long as it can be."""

import ctypes
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


def give_back() -> None:
    """Return free memory to the system; the allocator would keep it for later."""
    with suppress(AttributeError, OSError, TypeError):  # elsewhere than on Linux
        ctypes.CDLL(None).malloc_trim(0)


def fill_gaps() -> list[bytes]:
    """Return small objects that fill the gaps between those that are there.

    Python puts new objects into gaps first. In a fork each of them would copy a shared
    page; without gaps they lie together on pages of their own.
    """
    with tempfile.TemporaryFile("w+") as told:
        kept = os.dup(2)
        os.dup2(told.fileno(), 2)
        try:
            sys._debugmallocstats()  # it says this nowhere else
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        told.seek(0)
        # class, size, pools, blocks in use, blocks free
        rows = re.findall(r"^ +\d+ +(\d+) +\d+ +\d+ +(\d+)$", told.read(), re.MULTILINE)
    head = sys.getsizeof(b"")
    return [
        bytes(int(size) - head)
        for size, free in rows
        if int(size) > head
        for _ in range(int(free))
    ]


def fill_heap() -> None:
    """Fill the gaps between the system allocator's blocks likewise, for good."""
    with suppress(AttributeError, OSError, TypeError):  # elsewhere than on Linux
        system = ctypes.CDLL(None)
        system.mallinfo2.restype = _Heap
        system.malloc.restype = system.sbrk.restype = ctypes.c_void_p
        system.malloc.argtypes = [ctypes.c_size_t]
        system.sbrk.argtypes = [ctypes.c_ssize_t]
        system.free.argtypes = [ctypes.c_void_p]
        for size in _SIZES:
            last = system.sbrk(0) - system.mallinfo2().keepcost - size
            while (block := system.malloc(size)) and block <= last:
                pass
            system.free(block)  # no gap was left that is as large


_SIZES = (120_000, 30_000, 8_000, 2_000, 1_000, 760, 632, 536, 408, 280, 152, 88, 24)
"""Bytes to ask for: what is left of a gap is filled with smaller blocks."""


class _Heap(ctypes.Structure):
    """The allocator's own account of its memory, ``struct mallinfo2``."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks",
            "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


class ModuleFiles:
    """The names and files of all modules, side by side in memory.

    A kernel that starts lists both, for its debugger and for ``%reset``. That counts a
    reference to each of thousands of strings and modules, and so copies the page of
    shared memory where each of them lies: 22 MB a kernel, where lists fill few pages.
    """

    def __init__(self) -> None:
        modules = {_copy(name): module for name, module in sys.modules.items()}
        sys.modules.clear()
        sys.modules.update(modules)
        files = (getattr(module, "__file__", None) for module in modules.values())
        self._modules = dict(enumerate(_Module(_copy(file)) for file in files if file))

    @contextmanager
    def listed(self) -> Iterator[None]:
        """Let kernels that start meanwhile read this list and not the modules."""
        from ipykernel import ipkernel

        ipkernel.sys = _Interpreter(self._modules)
        try:
            yield
        finally:
            ipkernel.sys = sys


def _copy(text: str) -> str:
    return text.encode().decode()


class _Module:
    """Stands for a module of which only the file is asked."""

    __slots__ = ("__file__",)

    def __init__(self, file: str) -> None:
        self.__file__ = file


class _Interpreter:
    """Stands for `sys`, but for the modules."""

    def __init__(self, modules: dict[int, _Module]) -> None:
        self.modules = modules

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)
