"""Kernels that start at once: forked from a process that has done the imports."""

import os
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import ipykernel_launcher
from jupyter_client.connect import (
    KernelConnectionInfo,
    LocalPortCache,
    port_names,
)
from jupyter_client.kernelspec import (
    NATIVE_KERNEL_NAME,
    KernelSpecManager,
    NoSuchKernel,
)
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import default

from campaignbook.forked_process import (
    ForkedProcess,
    Forkserver,
    fork_kernel,
    forkserver,
)

NAME = "campaignbook"
PROVISIONER = "campaignbook-provisioner"
SPECS = Path(__file__).resolve().parents[1] / "share" / "jupyter" / "kernels"
UNDERSTOOD = {"cwd", "env", "stdin", "stdout", "stderr"}
"""What a fork can be given; with any other option of Popen the start is ordinary."""

TRIES = 3
"""Forks to try: between the choice of a port and its use, another may take it."""


def warm() -> bool:
    """Start the process that kernels are forked from, and do not wait for it.

    Returns
    -------
    bool
        Whether there is one. Where there is none, kernels start in the ordinary way.
    """
    return forkserver() is not None


def execution_options() -> dict[str, Any]:
    """Return the options with which papermill and nbclient use this kernel.

    Where it cannot be found, they name the ordinary one.

    Examples
    --------
    >>> execution_options()["kernel_name"]
    'campaignbook'
    """
    try:
        WarmKernelSpecManager().get_kernel_spec(NAME)
    except NoSuchKernel:
        return {"kernel_name": NATIVE_KERNEL_NAME}
    return {"kernel_name": NAME, "kernel_manager_class": WarmKernelManager}


class WarmProvisioner(LocalProvisioner):
    """Start kernels as forks of the process that has done the imports.

    All but the start is jupyter_client's own: the fork has the face of the process that
    it would have started. Where a fork cannot be what an ordinary start would give
    (another interpreter, other variables that libraries read once), or cannot be had at
    all, the start is ordinary.
    """

    _has_started = False

    async def launch_kernel(
        self, cmd: list[str], **kwargs: Any
    ) -> KernelConnectionInfo:
        """Launch a kernel with a command, as `LocalProvisioner` does."""
        process = await self._fork(cmd, self._scrub_kwargs(kwargs))
        if process is None:
            connection = await super().launch_kernel(cmd, **kwargs)
        else:
            self.process = process
            self.pid = self.pgid = process.pid
            self.cwd = kwargs.get("cwd", Path.cwd())
            connection = self.connection_info
        self._has_started = True
        return connection

    async def _fork(
        self, cmd: list[str], options: dict[str, Any]
    ) -> ForkedProcess | None:
        parent = self._parent_for(cmd, options)
        argv = [ipykernel_launcher.__file__, *cmd[3:]]
        for _ in range(TRIES if parent else 0):
            try:
                return await fork_kernel(parent, argv, **options)
            except ChildProcessError:
                self._choose_other_ports(options["env"].get("JPY_SESSION_NAME", ""))
        return None

    def _choose_other_ports(self, session: str) -> None:
        """Let the kernel listen elsewhere, unless clients know where it listens."""
        manager, cache = self.parent, LocalPortCache.instance()
        if self._has_started or not self.ports_cached:
            return
        for name in port_names:
            cache.return_port(getattr(manager, name))
            setattr(manager, name, cache.find_available_port(manager.ip))
        manager.cleanup_connection_file()
        manager.write_connection_file(jupyter_session=session)
        self.connection_info = manager.get_connection_info()

    def _parent_for(self, cmd: list[str], options: dict[str, Any]) -> Forkserver | None:
        program = [sys.executable, "-m", "ipykernel_launcher"]
        independent = options.pop("independent", False)
        if cmd[:3] != program or independent or options.keys() - UNDERSTOOD:
            return None
        options["env"] = dict(options.get("env") or os.environ)
        parent = forkserver()
        if parent is None or not parent.fits(options["env"]):
            return None
        # matplotlib looks for this once, when it is imported
        if Path(options.get("cwd") or ".", "matplotlibrc").exists():
            return None
        return parent


class WarmKernelSpecManager(KernelSpecManager):
    """Find our kernel even where the package is on the path and not installed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = KernelProvisionerFactory.instance().provisioners
        place = f"{WarmProvisioner.__module__}:{WarmProvisioner.__name__}"
        group = KernelProvisionerFactory.GROUP_NAME
        known.setdefault(PROVISIONER, EntryPoint(PROVISIONER, place, group))

    @default("kernel_dirs")
    def _ours_last(self) -> list[str]:
        return [*self._kernel_dirs_default(), str(SPECS)]


class WarmKernelManager(AsyncKernelManager):
    """Manage our kernel even where the package is on the path and not installed."""

    @default("kernel_spec_manager")
    def _with_ours(self) -> KernelSpecManager:
        return WarmKernelSpecManager(data_dir=self.data_dir)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "campaignbook.kernels"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Warm up with the server, so that the first kernel is as quick as the others."""
    warm()
