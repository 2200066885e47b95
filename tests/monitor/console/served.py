"""Serves the console of a planted monitor on a free port."""

import gc
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fastapi import FastAPI

from app.assembly.channels import DIRECTORY
from app.assembly.operations_http import OpsServer
from app.assembly.stages.console import add_console
from app.clock import utc_now
from app.randomness import system_randomness
from app.threads import system_threads
from tests.monitor.console.snapshots import PlantedMonitor
from tests.support.ports import free_port

_PATIENCE_SECONDS = 60.0
DESK_ADDRESS = "https://meja.example"


@contextmanager
def serving(planted: PlantedMonitor) -> Iterator[str]:
    """Serve until the block ends, or until `planted.stopping` is set; yield the address."""
    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False)
    add_console(app, planted.loop, DIRECTORY, DESK_ADDRESS, utc_now, system_randomness())
    port = free_port()
    server = OpsServer(app, "127.0.0.1", port, planted.stopping, system_threads().start_background)
    thread = threading.Thread(target=server.run, name="console")
    thread.start()
    while not is_listening(port):
        threading.Event().wait(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        planted.stopping.set()
        thread.join(_PATIENCE_SECONDS)
        assert not thread.is_alive()
        # The garbage collector closes the transport of a client that read nothing. It would warn in a later test.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def is_listening(port: int) -> bool:
    """Return True if a server listens on the port. Before the first snapshot the console answers 503."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
