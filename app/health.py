"""Asks this host's service if it lives, and ends with 0 or 1: `python -m app.health`, for an engine of containers.

It imports nothing of ours, so that a question every ten seconds costs little.
"""

import os
import sys
from collections.abc import Mapping
from urllib.error import URLError
from urllib.request import urlopen

# Operations' port of `satupintu run` where nothing is set: two behind the doors' port (`config/settings.py`).
_DOORS_PORT = 1708
_OFFSET = 2
_TIMEOUT = 3.0


def live_address(environment: Mapping[str, str]) -> str:
    """Return the address of `/live` of the process that these settings start."""
    doors_port = int(environment.get("SATUPINTU_PORT") or _DOORS_PORT)
    port = int(environment.get("SATUPINTU_OPS_PORT") or doors_port + _OFFSET)
    host = environment.get("SATUPINTU_OPS_HOST") or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the wildcard is replaced
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/live"


def is_alive(address: str) -> bool:
    """Ask once."""
    try:
        with urlopen(address, timeout=_TIMEOUT) as response:  # noqa: S310 - an http address of this host
            return bool(response.status == 200)  # noqa: PLR2004 - OK
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(live_address(os.environ)) else 1)
