"""The console on a port of its own, showing what a test plants."""

import gc
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fastapi import FastAPI

from app.assembly.channels import DIRECTORY
from app.assembly.operations_http import OpsServer, show
from tests.monitor.console.snapshots import Planted
from tests.support.ports import free_port


@contextmanager
def serving(planted: Planted) -> Iterator[str]:
    """Serve until the block ends, or until `planted.stopping` is set; gives the address."""
    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False)
    show(app, planted.watching, DIRECTORY)
    port = free_port()
    server = OpsServer(app, "127.0.0.1", port, planted.stopping)
    thread = threading.Thread(target=server.run, name="console")
    thread.start()
    while not listens(port):
        threading.Event().wait(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        planted.stopping.set()
        thread.join(20)
        assert not thread.is_alive()
        # A client that took nothing leaves its transport to the garbage collector, in whichever test that comes by.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def listens(port: int) -> bool:
    """Whether anybody does; before the first look the console answers 503."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
