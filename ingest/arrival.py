"""An HTTP request that arrived at a door."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """An HTTP request with its complete body. Header names are in lower case.

    `target` is the path with its query. `address` is the client's address, as far as the trusted proxies in front of
    the service name it.
    """

    target: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    address: str = ""
