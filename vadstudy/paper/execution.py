"""Notebooks, executed headlessly by papermill in this interpreter's own kernel, and written whole or not at all."""

import logging
import tempfile
import time
from pathlib import Path

import nbformat
import papermill
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from vadstudy import recipes
from vadstudy.disk import files
from vadstudy.errors import NotebookError, first_line

#: What the kernel does not take over from the environment around it: figures belong into the notebook.
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


class OwnKernel(AsyncKernelManager):
    """The kernel of the interpreter that executes, whatever is installed as ``python3`` elsewhere on the machine."""

    #: By files, which no other user can read; by TCP, the kernel warns that they could.
    transport = "ipc"

    def __init__(self, **options):
        super().__init__(**options)
        self._folder = tempfile.TemporaryDirectory()
        # A name of its own: two kernels that begin at once in one folder would take the same.
        self.ip = str(Path(self._folder.name) / "kernel")

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification that ipykernel gives for this interpreter, without the user's own IPython profile."""
        if self._kernel_spec is None:
            self._kernel_spec = KernelSpec(**get_kernel_dict(), env=INLINE | {"IPYTHONDIR": self._folder.name})
        return self._kernel_spec


def execute(notebook: Path, output: Path, parameters: dict) -> None:
    """Execute a notebook and write what comes out, dated by the execution's beginning.

    Parameters
    ----------
    parameters : dict
        Values of the notebook's parameters, by name.

    Raises
    ------
    NotebookError
        If it is no notebook, has no such parameter, or a cell fails, which is named; nothing is written then.
    WriteError
        If the output cannot be written.
    """
    logging.getLogger("papermill").setLevel(logging.WARNING)
    try:
        node = nbformat.read(notebook, as_version=4)
        known = papermill.inspect_notebook(str(notebook))
    except Exception as error:  # whatever nbformat stumbles over
        raise NotebookError(f"{notebook} is no notebook that can be read ({error}); restore it from git") from error
    for name, value in parameters.items():
        if name not in known:
            raise NotebookError(f"{notebook} has no parameter {name!r}; it has {', '.join(known)}")
        if name == "profile" and value not in recipes.EXECUTABLE:
            known = value in recipes.PROFILES
            what = f"profile {value!r} has no notebooks of its own" if known else f"unknown profile {value!r}"
            raise NotebookError(f"{what}; expected one of {', '.join(recipes.EXECUTABLE)}")
    # A value that is the notebook's own default needs no injected cell.
    given = {key: value for key, value in parameters.items() if repr(value) != known[key]["default"].replace('"', "'")}
    files.check(output.parent)
    output.parent.mkdir(parents=True, exist_ok=True)
    started = time.time()
    try:
        executed = papermill.execute_notebook(
            node,
            None,
            given,
            kernel_name="python3",
            progress_bar=False,
            kernel_manager_class=OwnKernel,
            shutdown_kernel="immediate",
        )
    except PapermillExecutionError as error:
        raise NotebookError(f"{notebook}, cell {error.exec_count}: {error.ename}: {error.evalue}") from error
    except DeadKernelError as error:
        raise NotebookError(f"{notebook}: its kernel died, for want of memory perhaps; execute it alone") from error
    except RuntimeError as error:  # a kernel that does not answer
        raise NotebookError(f"{notebook}: {first_line(error)}; execute it alone") from error
    for part in (executed, *executed.cells):
        for key in ("papermill", "execution"):
            part.metadata.pop(key, None)
    # What changed while it ran may not be in it, and what it wrote is newer.
    files.write(output, (nbformat.writes(executed).rstrip("\n") + "\n").encode(), mtime=started)
