"""The explorer as a page: where it is served; that it answers, ``test_browser.py`` tests."""

import socket

import pytest
from click.testing import CliRunner

from vadstudy.cli import main
from vadstudy.errors import ServerError
from vadstudy.use.app import address


@pytest.fixture
def port():
    """A port that is taken while the test runs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_port_that_is_taken_is_one_clear_line(port):
    found = CliRunner().invoke(main, ["app", "--port", str(port)])
    assert found.exit_code == 1 and found.output.count("\n") == 1
    assert f"port {port}: Address already in use; name another, as in `make app PORT={port + 1}`" in found.output


def test_the_address_is_this_machines_alone_and_looking_for_it_keeps_no_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert address(port) == address(port) == f"http://127.0.0.1:{port}/"
    with pytest.raises(ServerError), socket.create_server(("127.0.0.1", port)):
        address(port)
