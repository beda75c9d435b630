"""What all tests share: no network, progress bars or windows, one thread, a build folder of their own; stores."""

import gc
import os
import shutil
import sys
import tempfile
import types

# Before anything imports a library that reads them; child processes get them too.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
# Tests run side by side: more threads than processors wait for each other, ten times as long as they work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
#: Made by the process that starts the workers, which share it, and removed by that one; one that is named is kept.
OWN_BUILD = "VADSTUDY_BUILD" not in os.environ
if OWN_BUILD:
    os.environ["VADSTUDY_BUILD"] = tempfile.mkdtemp(prefix="vadstudy-tests-")

from functools import cache, partial  # noqa: E402
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer  # noqa: E402
from pathlib import Path  # noqa: E402
from threading import Thread  # noqa: E402

import matplotlib  # noqa: E402
import nbformat  # noqa: E402
import pytest  # noqa: E402

from vadstudy import bootstrap, profiles, recipes  # noqa: E402
from vadstudy.runs import TEXTS, RunStore  # noqa: E402

#: The study's number of resamples; tests, which read no interval's last digit, take a hundredth of it.
RESAMPLES, bootstrap.RESAMPLES = bootstrap.RESAMPLES, bootstrap.RESAMPLES // 100

# Not by the variable MPLBACKEND: notebooks that a test executes show their figures inline.
matplotlib.use("Agg")


#: Once a process: to ask how much is frozen is to count it, which takes as long as a test.
freeze = cache(gc.freeze)


@pytest.fixture(autouse=True)
def _libraries_are_no_garbage():
    """The Trainer collects garbage at its end, for a second where it looks through all of the libraries."""
    if "vadstudy.training" in sys.modules:
        freeze()


@pytest.fixture
def resamples():
    """How many resamples an interval of the study rests on."""
    return RESAMPLES


def pytest_unconfigure():
    """Remove the build folder, if it was made here."""
    if OWN_BUILD:
        shutil.rmtree(os.environ["VADSTUDY_BUILD"], ignore_errors=True)


@pytest.fixture(scope="session")
def data_folder():
    """Folder of the corpora, from ``VADSTUDY_DATA``; tests that need one are skipped where it is not set."""
    named = os.environ.get("VADSTUDY_DATA")
    if not named:
        pytest.skip("VADSTUDY_DATA is not set: no corpora to test with")
    assert Path(named).is_dir(), f"VADSTUDY_DATA names {named!r}, which is not a folder"
    return Path(named)


@pytest.fixture
def served():
    """Serves a folder on this machine alone: a function from the folder to its address."""
    servers = []

    def serve(folder):
        handler = partial(SimpleHTTPRequestHandler, directory=folder)
        handler.log_message = lambda *args: None
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def notebook(path):
    """The notebook at a module's own fixture ``path``."""
    return nbformat.read(path, as_version=4)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """IPython in this process, where the libraries are imported already; what notebooks set is set back.

    Cells run, and are not read. With all resamples, nbval runs the notebooks.
    """
    # Here, because few tests need them, and all wait for what is imported above.
    import matplotlib.pyplot as plt
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.delenv("VADSTUDY_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    InteractiveShell.clear_instance()
    found = InteractiveShell.instance(ipython_dir=str(tmp_path), user_module=types.ModuleType("executed_notebook"))
    with plt.rc_context(), pd.option_context("display.max_colwidth", pd.get_option("display.max_colwidth")):
        yield found
    found.history_manager.end_session()
    found.restore_sys_module_state()
    InteractiveShell.clear_instance()


@pytest.fixture
def store(tmp_path):
    """An empty store of the smoke profile, of this test alone."""
    found = RunStore("smoke", tmp_path / "runs")
    found.scratch = tmp_path / "scratch"
    return found


@pytest.fixture
def lend(store):
    """Copies runs that all tests share, made once, into this test's own store, with those they are computed from."""
    shared = RunStore("smoke")

    def copied(*names):
        for name in names:
            copied(*getattr(shared.recipes[name], "sources", ()))
            shutil.copytree(shared.get(name).path.parent, store.folder / name, dirs_exist_ok=True)
            shutil.copytree(shared.folder / TEXTS, store.folder / TEXTS, dirs_exist_ok=True)
        return store

    return copied


@pytest.fixture
def plan(monkeypatch):
    """Replaces the plan by some recipes, of the first seed."""

    def wanted(*names):
        monkeypatch.setattr(profiles, "plan", lambda profile: [(name, recipes.SEED) for name in names])

    return wanted
