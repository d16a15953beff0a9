"""Cells run by an IPython shell of this process, for a notebook without a kernel.

A kernel is a second process with five sockets; where the process that runs a report is
its own already, its cells can run in it. The executed notebook is the same.
"""

import io
import os
import sys
from functools import cache
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets import Type
from traitlets.config import Config

ENGINE = "campaignbook-shell"
"""Name of the engine for ``papermill.execute_notebook``."""
KERNELS = {"python3", "python", "campaignbook"}
"""Kernels whose cells this shell runs; others are of another language or place."""


class _Publisher(DisplayPublisher):
    """Keeps what cells display, as a kernel's front end would."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        name = (transient or {}).get("display_id")
        if update:
            for output in self.shell.named.get(name, ()):
                output.update(data=data, metadata=metadata or {})
            return
        output = new_output("display_data", data=data, metadata=metadata or {})
        self.shell.add(output)
        if name:
            self.shell.named.setdefault(name, []).append(output)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.clear(wait)


class _Hook(DisplayHook):
    """Keeps the value of a cell's last line."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        self.shell.add(
            new_output(
                "execute_result",
                data=format_dict,
                metadata=md_dict or {},
                execution_count=self.prompt_count,
            )
        )

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Stream(io.TextIOBase):
    """Keeps what cells print."""

    encoding = "utf-8"

    def __init__(self, shell: "NotebookShell", name: str) -> None:
        self._shell, self.name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        last = self._shell.outputs[-1] if self._shell.outputs else {}
        if last.get("name") == self.name and not self._shell.clearing:
            last["text"] += text
        elif text:
            self._shell.add(new_output("stream", name=self.name, text=text))
        return len(text)


class NotebookShell(InteractiveShell):
    """An IPython shell whose cells leave notebook outputs.

    Attributes
    ----------
    outputs : list of NotebookNode
        Those of the cell that runs now.
    named : dict of str to list
        Outputs that a later ``update_display`` may change, by their id.
    clearing : bool
        Whether the next output takes the place of those before it.
    """

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)

    def __init__(self, **options: Any) -> None:
        self.outputs: list[NotebookNode] = []
        self.named: dict[str, list[NotebookNode]] = {}
        self.clearing = False
        super().__init__(**options)

    def add(self, output: NotebookNode) -> None:
        """Take an output of the cell that runs now."""
        if self.clearing:
            self.outputs, self.clearing = [], False
        self.outputs.append(output)

    def clear(self, wait: bool) -> None:
        """Forget the outputs of the cell, or do so when the next one comes."""
        self.clearing = wait
        if not wait:
            self.outputs = []

    def _showtraceback(self, etype: type, evalue: Exception, stb: list[str]) -> None:
        self.add(
            new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)
        )

    def run(self, cell: NotebookNode) -> bool:
        """Run a code cell and give it its outputs; return whether it went well."""
        self.outputs, self.clearing = [], False
        kept = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")
        cell.execution_count = self.execution_count
        try:
            result = self.run_cell(cell.source, store_history=True)
        finally:
            sys.stdout, sys.stderr = kept
            cell.outputs, self.outputs = self.outputs, []
        return result.success


@cache
def shell() -> NotebookShell:
    """Return the shell of this process; nothing has run in it when it is made."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    config = Config()
    config.HistoryManager.enabled = False
    return NotebookShell.instance(config=config)


class ShellEngine(Engine):
    """Papermill's engine without a kernel."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **_: Any
    ) -> None:
        """Run all cells, up to the first that fails."""
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            tags = cell.metadata.get("tags", [])
            runs = cell.cell_type == "code" and "skip-execution" not in tags
            went_well = not (runs and cell.source.strip()) or shell().run(cell)
            if not went_well and "raises-exception" not in tags:
                nb_man.cell_exception(cell, cell_index=index)
            nb_man.cell_complete(cell, cell_index=index)
            if cell.metadata.papermill["exception"]:
                break
        nb_man.nb.metadata["language_info"] = {
            "name": "python",
            "version": ".".join(map(str, sys.version_info[:3])),
            "mimetype": "text/x-python",
            "codemirror_mode": {"name": "ipython", "version": 3},
            "pygments_lexer": "ipython3",
            "nbconvert_exporter": "python",
            "file_extension": ".py",
        }


papermill_engines.register(ENGINE, ShellEngine)
