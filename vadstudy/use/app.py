"""The explorer as a page of its own: voila serves notebook 00 to this machine alone; the page asks no other host."""

import logging
import os
import socket

from vadstudy.errors import ServerError
from vadstudy.paths import PACKAGED, ROOT

#: This machine's own address: nobody else's browser gets an answer.
HOST = "127.0.0.1"
#: Seconds after which the kernel of a page that was closed, and did not say so, is ended.
IDLE = 300
#: What draws widgets; others that are installed would be loaded by the page, Plotly's with 4.8 MB.
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8")


def address(port: int) -> str:
    """Where the page will be; a ``ServerError`` if the port is taken, or not ours to take."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will: a port just left is free
        try:
            trial.bind((HOST, port))
        except OSError as error:
            raise ServerError(
                f"port {port}: {error.strerror}; name another, as in `make app PORT={port + 1}`"
            ) from error
    return f"http://{HOST}:{port}/"


def serve(port: int) -> None:
    """Serve the page until Ctrl-C; each one that is opened has a kernel and a model of its own."""
    from voila.app import Voila

    logging.getLogger("tornado").setLevel(logging.ERROR)
    server = Voila.instance()
    server.initialize(
        [
            str(ROOT / "notebooks" / "00_explore.ipynb"),
            f"--Voila.ip={HOST}",
            f"--Voila.port={port}",
            "--Voila.port_retries=0",
            "--Voila.open_browser=False",
            "--Voila.log_level=ERROR",
            "--VoilaConfiguration.template=lab",
            "--VoilaConfiguration.allow_template_override=NO",
            "--VoilaConfiguration.show_tracebacks=True",
            f"--MappingKernelManager.cull_idle_timeout={IDLE}",
            *(f"--VoilaConfiguration.extension_allowlist={name}" for name in EXTENSIONS),
            "--KernelManager.transport_encryption=auto",
            "--MappingKernelManager.cull_interval=60",
        ]
    )
    # Ours extends voila's, and is found before it.
    server.template_paths.insert(0, os.fspath(PACKAGED / "app"))
    server.start()
